// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package metrics

import (
	"slices"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/session"
)

// around holds the metrics of what happens around the control loop, in the sender
// and the session.
type around struct {
	connected              prometheus.Gauge
	fecRate, pathPoor      prometheus.Gauge
	feedbackKind           []prometheus.Gauge
	packetsDropped, nacked []prometheus.Counter
	ignored                []prometheus.Counter
	reconnects, keyAsked   prometheus.Counter
	warnings               prometheus.Counter

	// connection is the number of the latest connection.
	connection atomic.Int64
}

// The label values, in the order in which the slices of around hold them.
var (
	feedbackKinds = []string{sender.FeedbackNone, sender.FeedbackTransportCC, sender.FeedbackRFC8888, sender.FeedbackREMB}
	packetDrops   = []sender.DropReason{
		sender.DropQueueTime, sender.DropQueueBytes, sender.DropFrame, sender.DropStale, sender.DropClosed,
	}
	nackOutcomes   = []string{"accepted", "unknown", "too_soon", "over_budget", "repaired", "too_late", "disposable"}
	ignoredReasons = []sender.IgnoredReason{
		sender.IgnoredMalformed, sender.IgnoredDuplicate, sender.IgnoredUnknown, sender.IgnoredRepeated,
		sender.IgnoredClockStep, sender.IgnoredOverflow, sender.IgnoredStampLost,
	}
	frameDrops = []ratecontrol.DropReason{
		ratecontrol.DropDisposable, ratecontrol.DropUntilKey, session.DropOutage, session.DropWaitKey, session.DropBFrame, session.DropUnsent,
	}
)

func newAround(s *set) *around {
	return &around{
		connected:      s.gauge("rtmcc_connected", "1 while media flows to the server, else 0."),
		fecRate:        s.gauge("rtmcc_fec_ratio", "Forward error correction of reference frames, as a share of their bytes."),
		pathPoor:       s.gauge("rtmcc_path_poor", "1 while frames that nothing refers to are not repeated, else 0."),
		feedbackKind:   s.gauges("rtmcc_feedback_kind", "1 for the kind of feedback that the server sends, 0 for the others.", "kind", feedbackKinds),
		packetsDropped: s.counters("rtmcc_packets_dropped_total", "Packets that the pacer gave up.", "reason", texts(packetDrops)),
		nacked:         s.counters("rtmcc_packets_nacked_total", "Packets that the server asked for again, by what came of it.", "outcome", nackOutcomes),
		ignored:        s.counters("rtmcc_inputs_ignored_total", "RTCP and results in it that were not acted upon.", "reason", texts(ignoredReasons)),
		reconnects:     s.counter("rtmcc_reconnect_attempts_total", "Attempts to connect that failed and are made again."),
		keyAsked:       s.counter("rtmcc_key_frame_requests_total", "Key frames that the server asked for by PLI or FIR."),
		warnings:       s.counter("rtmcc_warnings_total", "Warnings to the user."),
	}
}

func (a *around) observe(ev bwe.Event) {
	switch e := ev.(type) {
	case *session.Connection:
		// The one before it may be closed only after a new one is there.
		if number := int64(e.Number); number >= a.connection.Load() {
			a.connection.Store(number)
			a.connected.Set(indicator(e.State == session.StateConnected))
		}
	case *session.Reconnect:
		a.reconnects.Inc()
	case *session.KeyFrameRequest:
		a.keyAsked.Inc()
	case *session.Warning:
		a.warnings.Inc()
	case *sender.FeedbackChanged:
		for i, kind := range feedbackKinds {
			a.feedbackKind[i].Set(indicator(kind == e.Kind))
		}
	case *sender.PacketDropped:
		count(a.packetsDropped, slices.Index(packetDrops, e.Reason), 1)
	case *sender.NACKReceived:
		for i, n := range []int{e.Accepted, e.Unknown, e.TooSoon, e.OverBudget, e.Repaired, e.TooLate, e.Disposable} {
			count(a.nacked, i, float64(n))
		}
	case *sender.ProtectionChanged:
		a.fecRate.Set(e.Rate)
		a.pathPoor.Set(indicator(e.Poor))
	case *sender.InputIgnored:
		count(a.ignored, slices.Index(ignoredReasons, e.Reason), float64(e.Count))
	}
}

func indicator(on bool) float64 {
	if on {
		return 1
	}

	return 0
}
