// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"time"

	"github.com/pion/interceptor/pkg/cc"

	"github.com/rtmcc/rtmcc/bwe"
)

var _ cc.BandwidthEstimator = (*Sender)(nil)

// GetTargetBitrate returns what the encoders together should produce, in bits per
// second. It implements cc.BandwidthEstimator.
func (s *Sender) GetTargetBitrate() int { return int(s.target.Load()) }

// OnTargetBitrateChange calls f whenever the target changes, in order and from one
// goroutine; where f is slow it gets the latest. It implements cc.BandwidthEstimator.
func (s *Sender) OnTargetBitrateChange(f func(bitrate int)) { s.notify.onTarget(f) }

// GetStats returns [Sender.Stats] as a map, for cc.BandwidthEstimator. The keys are
// the JSON names of the fields of [Stats] for: estimate_bps, target_bps,
// pacing_rate_bps, acked_bps, sent_bps (int); rtt_ns, queue_ns, queue_delay_ns
// (int64); loss (float64); queue_bytes (int64); state, feedback_kind (string);
// packets_sent, bytes_sent, packets_retransmitted, padding_packets, packets_dropped
// and packets_unsent (uint64).
func (s *Sender) GetStats() map[string]any {
	st := s.Stats()

	return map[string]any{
		"estimate_bps":          int(st.Estimate),
		"target_bps":            int(st.Target),
		"pacing_rate_bps":       int(st.PacingRate),
		"acked_bps":             int(st.Acked),
		"sent_bps":              int(st.SentBitrate),
		"rtt_ns":                int64(st.RTT),
		"queue_ns":              int64(st.Queue),
		"queue_delay_ns":        int64(st.QueueDelay),
		"loss":                  st.Loss,
		"queue_bytes":           st.QueueBytes,
		"late_p99_ns":           int64(st.Late99),
		"state":                 st.State.String(),
		"feedback_kind":         st.FeedbackKind,
		"packets_sent":          st.PacketsSent,
		"bytes_sent":            st.BytesSent,
		"packets_retransmitted": st.PacketsRetransmitted,
		"padding_packets":       st.PaddingPackets,
		"packets_dropped":       st.PacketsDropped,
		"packets_unsent":        st.PacketsUnsent,
	}
}

// snapshot collects the statistics. It changes nothing.
func (o *owner) snapshot() Stats {
	st := o.stats
	u, d := o.loop.Update(), o.loop.Decision()
	st.Estimate, st.Target, st.PacingRate = u.Estimate, d.Target, u.PacingRate
	st.Acked, st.SentBitrate = u.Acked, o.meter.rate(o.s.now())
	st.RTT, st.QueueDelay, st.Loss = o.rtt(0), u.QueueDelay, u.Loss
	st.Queue, st.QueueBytes, st.Late99 = o.pacer.delay(), o.pacer.bytes, o.late.quantile(0.99)
	st.State, st.FeedbackKind = u.State, o.feedback.kind
	st.Frames = o.loop.Stats()
	if o.feedbackMissing {
		st.State = bwe.StateNoFeedback
	}

	return st
}

// rateMeter measures the bitrate over the last second, in tenths.
type rateMeter struct {
	slots [meterSlots]meterSlot
}

const (
	meterSlots = 10
	meterSlice = 100 * time.Millisecond
)

type meterSlot struct {
	number int64
	bytes  int64
}

func (m *rateMeter) add(now bwe.Time, size int) {
	n := int64(now) / int64(meterSlice)
	s := &m.slots[n%meterSlots]
	if s.number != n {
		*s = meterSlot{number: n}
	}
	s.bytes += int64(size)
}

func (m *rateMeter) rate(now bwe.Time) bwe.Bitrate {
	n := int64(now) / int64(meterSlice)
	var sum int64
	for _, s := range m.slots {
		if n-s.number < meterSlots {
			sum += s.bytes
		}
	}

	// The present slot is not full yet.
	return bwe.RateOf(sum, (meterSlots-1)*meterSlice+time.Duration(now)%meterSlice)
}
