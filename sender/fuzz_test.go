// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/rtmcc/rtmcc/bwe"
)

// fuzzOwner is an owner with packets of two streams behind it, driven without a
// goroutine.
func fuzzOwner(tb testing.TB) *owner {
	tb.Helper()
	o, err := newOptions([]Option{WithLoggerFactory(quiet())})
	if err != nil {
		tb.Fatal(err)
	}
	s, err := newSender(o)
	if err != nil {
		tb.Fatal(err)
	}
	s.running = true
	own := s.owner
	for _, info := range []*streamInfo{videoInfo(), audioInfo()} {
		own.addStream(newStream(info, discard{}, 0))
	}
	own.indexed = true
	for i := range uint16(50) {
		for _, st := range own.streams {
			p := mustCapture(tb, st, i)
			own.sendFirst(departure{item: item{p: p}, lane: laneVideo}, own.tick(bwe.Time(i)*bwe.Time(time.Millisecond)))
		}
	}

	return own
}

func FuzzRTCP(f *testing.F) {
	f.Add([]byte{})
	f.Add(buildTWCC(1, 10, 0, 0, lost, ms))
	f.Add(nack(videoSSRC, 1, 2, 17))
	f.Add(rrtr(videoSSRC, 1<<40))
	for _, p := range []rtcp.Packet{
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e6, SSRCs: []uint32{videoSSRC}},
		&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: videoSSRC, LastSenderReport: 5}}},
		&rtcp.CCFeedbackReport{ReportBlocks: []rtcp.CCFeedbackReportBlock{{
			MediaSSRC: videoSSRC, MetricBlocks: []rtcp.CCFeedbackMetricBlock{{Received: true}, {}},
		}}},
		&rtcp.PictureLossIndication{MediaSSRC: videoSSRC},
	} {
		if b, err := p.Marshal(); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o := fuzzOwner(t)
		observed := 0
		at := bwe.Time(time.Second)
		for i := range 3 {
			o.onRTCP(b, o.tick(at.Add(time.Duration(i)*time.Second)))
			o.answerReferences()
			observed++
		}
		if o.sent.next != firstTransportSeq+100 {
			t.Fatal("RTCP alone made packets leave")
		}
		for _, r := range o.feedback.results {
			if r.Seq < firstTransportSeq || r.Seq >= o.sent.next {
				t.Fatalf("result for packet %d that was never sent", r.Seq)
			}
		}
	})
}

// What both accept, pion's parser and ours read alike.
func FuzzFeedbackTWCC(f *testing.F) {
	f.Add(buildTWCC(1, 10, 0, 0, lost, ms, 2*ms))
	f.Add(buildTWCC(65530, 1<<23, 255, -5*ms, 8000*ms, lost, lost, lost, lost, lost, lost, lost, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		var ours twccFeedback
		if ours.parse(b) != nil {
			return
		}
		if len(ours.packets) == 0 || len(ours.packets) > maxSentRecords {
			t.Fatalf("%d packets", len(ours.packets))
		}
		var theirs rtcp.TransportLayerCC
		if theirs.Unmarshal(b) != nil || theirs.MarshalSize() < len(b)-maxPadding {
			return
		}
		received := 0
		var at, last time.Duration
		for _, p := range ours.packets {
			if p.received {
				received++
				last = p.at
			}
		}
		for _, d := range theirs.RecvDeltas {
			at += time.Duration(d.Delta) * time.Microsecond
		}
		if received < len(theirs.RecvDeltas) {
			t.Fatalf("%d received, pion says %d", received, len(theirs.RecvDeltas))
		}
		if received == len(theirs.RecvDeltas) && at != last {
			t.Fatalf("last arrival at %v, pion says %v", last, at)
		}
		if theirs.BaseSequenceNumber != ours.base || theirs.ReferenceTime != ours.refTime || theirs.FbPktCount != ours.count {
			t.Fatal("the heads differ")
		}
	})
}

func FuzzFeedbackRFC8888(f *testing.F) {
	b, _ := (&rtcp.CCFeedbackReport{ReportTimestamp: 7, ReportBlocks: []rtcp.CCFeedbackReportBlock{
		{MediaSSRC: 1, BeginSequence: 65535, MetricBlocks: make([]rtcp.CCFeedbackMetricBlock, 3)},
	}}).Marshal()
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var ours ccfbFeedback
		if ours.parse(b) != nil {
			return
		}
		if 2*len(ours.reports) > len(b) {
			t.Fatalf("%d reports out of %d bytes", len(ours.reports), len(b))
		}
		var theirs rtcp.CCFeedbackReport
		if b[0]>>6 != 2 || b[1] != 205 || theirs.Unmarshal(b) != nil {
			return
		}
		n := 0
		for _, block := range theirs.ReportBlocks {
			for i, m := range block.MetricBlocks {
				if n >= len(ours.reports) {
					return
				}
				r := ours.reports[n]
				if r.ssrc != block.MediaSSRC || r.seq != block.BeginSequence+uint16(i) || r.received != m.Received {
					t.Fatalf("report %d: %+v, pion says %+v", n, r, m)
				}
				n++
			}
		}
	})
}
