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
