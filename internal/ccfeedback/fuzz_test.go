// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ccfeedback_test

import (
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/rtmcc/rtmcc/internal/ccfeedback"
	"github.com/rtmcc/rtmcc/internal/ccfeedback/feedbacktest"
)

// What both accept, pion's parser and ours read alike.
func FuzzFeedbackTWCC(f *testing.F) {
	f.Add(feedbacktest.TransportWide(1, 10, 0, 0, feedbacktest.Lost, time.Millisecond, 2*time.Millisecond))
	f.Add(feedbacktest.TransportWide(65530, 1<<23, 255, -5*time.Millisecond, 8*time.Second, feedbacktest.Lost, feedbacktest.Lost, feedbacktest.Lost, feedbacktest.Lost, feedbacktest.Lost, feedbacktest.Lost, feedbacktest.Lost, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		var ours ccfeedback.TransportWide
		if ours.Parse(b) != nil {
			return
		}
		if len(ours.Packets) == 0 || len(ours.Packets) > ccfeedback.MaxPackets {
			t.Fatalf("%d packets", len(ours.Packets))
		}
		var theirs rtcp.TransportLayerCC
		if theirs.Unmarshal(b) != nil || theirs.MarshalSize() < len(b)-3 {
			return
		}
		received := 0
		var at, last time.Duration
		for _, p := range ours.Packets {
			if p.Received {
				received++
				last = p.At
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
		if theirs.BaseSequenceNumber != ours.Base || theirs.ReferenceTime != ours.Reference || theirs.FbPktCount != ours.Count {
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
		var ours ccfeedback.RFC8888
		if ours.Parse(b) != nil {
			return
		}
		if 2*len(ours.Reports) > len(b) {
			t.Fatalf("%d reports out of %d bytes", len(ours.Reports), len(b))
		}
		var theirs rtcp.CCFeedbackReport
		if b[0]>>6 != 2 || b[1] != 205 || theirs.Unmarshal(b) != nil {
			return
		}
		n := 0
		for _, block := range theirs.ReportBlocks {
			for i, m := range block.MetricBlocks {
				if n >= len(ours.Reports) {
					return
				}
				r := ours.Reports[n]
				if r.SSRC != block.MediaSSRC || r.Seq != block.BeginSequence+uint16(i) || r.Received != m.Received {
					t.Fatalf("report %d: %+v, pion says %+v", n, r, m)
				}
				n++
			}
		}
	})
}
