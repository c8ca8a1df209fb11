// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package metrics turns the event stream of a push into Prometheus metrics
// (docs/metrics.md). It knows nothing but the events.
package metrics

import (
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender/session"
)

// Metrics holds the metrics of one push. Its methods are safe for concurrent use.
type Metrics struct {
	set

	estimate, target, targetAudio, targetVideo prometheus.Gauge
	pacingRate, paddingRate, acked, remb       prometheus.Gauge
	rtt, loss, queueDelay, window              prometheus.Gauge
	overhead                                   prometheus.Gauge
	queue, queueBytes, backlog                 prometheus.Gauge
	oscillating, oscillationPeriod             prometheus.Gauge
	oscillationDepth                           prometheus.Gauge
	states                                     []prometheus.Gauge
	confidence, tier, probeWanted              prometheus.Gauge
	stallTime                                  prometheus.Counter
	limits, ceilings, smoothings               []prometheus.Gauge
	tierSwitches, stalls                       prometheus.Counter

	packetsSent, bytesSent []prometheus.Counter
	packetsReported        []prometheus.Counter
	frames, framesDropped  []prometheus.Counter
	feedbacks, rembs       prometheus.Counter
	probes, keysWanted     prometheus.Counter
	loops, configs         prometheus.Counter
	oscillations           prometheus.Counter

	around *around
	// keyWanted: the last decision asked for a key frame.
	keyWanted atomic.Bool
}

// The label values, in the order in which the slices of Metrics hold them.
var (
	packetKinds = []bwe.PacketKind{bwe.PacketVideo, bwe.PacketAudio, bwe.PacketRetransmission, bwe.PacketPadding, bwe.PacketFEC}
	states      = []bwe.State{
		bwe.StateNormal, bwe.StateOveruse, bwe.StateUnderuse, bwe.StateLossLimited, bwe.StateBlind, bwe.StateNoFeedback,
	}
	limits = []ratecontrol.Limit{
		ratecontrol.LimitPath, ratecontrol.LimitMin, ratecontrol.LimitMax, ratecontrol.LimitTier, ratecontrol.LimitCap,
		ratecontrol.LimitBudget, ratecontrol.LimitSmoothing,
	}
	ceilings = []ratecontrol.CeilingState{
		ratecontrol.CeilingClosed, ratecontrol.CeilingWaiting, ratecontrol.CeilingProbing, ratecontrol.CeilingRaised,
	}
	smoothings = []ratecontrol.SmoothingState{
		ratecontrol.SmoothingFollowing, ratecontrol.SmoothingHolding, ratecontrol.SmoothingYielding,
		ratecontrol.SmoothingEmergency, ratecontrol.SmoothingSwing,
	}
	mediaKinds = []ratecontrol.MediaKind{ratecontrol.Video, ratecontrol.Audio}
	outcomes   = []string{"received", "lost"}
)

// New returns metrics with a registry of their own.
func New() *Metrics {
	m := &Metrics{set: set{registry: prometheus.NewRegistry()}}
	m.estimate = m.gauge("rtmcc_estimate_bits_per_second", "Bandwidth that the path is held to carry.")
	m.target = m.gauge("rtmcc_target_bits_per_second", "What audio and video encoders together should produce.")
	m.targetAudio = m.gauge("rtmcc_target_audio_bits_per_second", "The part of the target that is set aside for audio.")
	m.targetVideo = m.gauge("rtmcc_target_video_bits_per_second", "The part of the target that is left to video.")
	m.pacingRate = m.gauge("rtmcc_pacing_rate_bits_per_second", "Rate at which the pacer drains its queue.")
	m.paddingRate = m.gauge("rtmcc_padding_rate_bits_per_second", "Rate up to which padding fills up short media.")
	m.acked = m.gauge("rtmcc_acked_bits_per_second", "Acknowledged throughput; zero while unknown.")
	m.remb = m.gauge("rtmcc_remb_bits_per_second", "The receiver's own estimate, as last heard.")
	m.rtt = m.gauge("rtmcc_rtt_seconds", "Smoothed round-trip time of acknowledged packets; zero while unknown.")
	m.loss = m.gauge("rtmcc_loss_ratio", "Loss of the path over the recent past, from 0 to 1.")
	m.overhead = m.gauge("rtmcc_overhead_ratio", "What headers, repeats and forward error correction take of what is sent, where it is more than is set aside.")
	m.queueDelay = m.gauge("rtmcc_queue_delay_seconds", "Standing queueing delay that is held to be on the path.")
	m.window = m.gauge("rtmcc_congestion_window_bytes", "Bound of the bytes in flight; zero for none.")
	m.queue = m.gauge("rtmcc_pacer_queue_seconds", "How long the pacer's queue takes to drain at the pacing rate.")
	m.queueBytes = m.gauge("rtmcc_pacer_queue_bytes", "What waits in the pacer.")
	m.backlog = m.gauge("rtmcc_backlog_seconds", "How long the path takes to carry the frames that were admitted.")
	m.states = m.gauges("rtmcc_state", "1 for what the path is held to be, 0 for the other states.", "state", names(states))

	m.confidence = m.gauge("rtmcc_estimate_confidence_ratio", "How sure the estimate is, from 0 to 1.")
	m.tier = m.gauge("rtmcc_tier", "Index of the ladder's tier that is wanted; 0 without a ladder.")
	m.probeWanted = m.gauge("rtmcc_probe_wanted_bits_per_second", "Rate that the controller wants shown before it goes further above the ceiling; zero for none.")
	m.limits = m.gauges("rtmcc_target_limit", "1 for what holds the target where it is, 0 for the others.", "limit", names(limits))
	m.ceilings = m.gauges("rtmcc_ceiling", "1 for where the way above the tier's maximum stands, 0 for the others.", "state", names(ceilings))
	m.smoothings = m.gauges("rtmcc_target_smoothing", "1 for what the smoothing of the target does, 0 for the others.", "state", names(smoothings))

	m.oscillating = m.gauge("rtmcc_oscillating", "1 while the estimate swings periodically, else 0.")
	m.oscillationPeriod = m.gauge("rtmcc_oscillation_period_seconds", "Time from peak to peak of the last such swing.")
	m.oscillationDepth = m.gauge("rtmcc_oscillation_depth_ratio", "Fall from peak to trough of the last such swing, as a part of the peak.")

	m.packetsSent = m.counters("rtmcc_packets_sent_total", "Packets that left for the wire.", "kind", names(packetKinds))
	m.bytesSent = m.counters("rtmcc_bytes_sent_total", "Bytes of those packets, RTP headers included.", "kind", names(packetKinds))
	m.packetsReported = m.counters("rtmcc_packets_reported_total", "Packets that transport feedback told of.", "outcome", outcomes)
	m.frames = m.counters("rtmcc_frames_offered_total", "Access units that the source offered for sending.", "kind", names(mediaKinds))
	m.framesDropped = m.counters("rtmcc_frames_dropped_total", "Access units that were not sent.", "reason", texts(frameDrops))
	m.feedbacks = m.counter("rtmcc_feedbacks_total", "Transport feedback messages.")
	m.rembs = m.counter("rtmcc_rembs_total", "REMB messages.")
	m.probes = m.counter("rtmcc_probes_total", "Probes that the estimator asked for.")
	m.keysWanted = m.counter("rtmcc_key_frames_wanted_total", "Times that the controller began to ask the encoder for a key frame.")
	m.loops = m.counter("rtmcc_connections_total", "Connections, each with a control loop of its own.")
	m.oscillations = m.counter("rtmcc_oscillations_total", "Periodic swings of the estimate that were recognised.")
	m.configs = m.counter("rtmcc_config_changes_total", "Replacements of the configuration while running.")
	m.tierSwitches = m.counter("rtmcc_tier_switches_total", "Changes of the tier that is wanted.")
	m.stalls = m.counter("rtmcc_stalls_total", "Times that no video packet was sent for longer than the configured time, once over.")
	m.stallTime = m.counter("rtmcc_stall_seconds_total", "How long those lasted in all.")
	m.around = newAround(&m.set)

	return m
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Observe takes in one event; it is a [bwe.Observer]. Events that no metric tells
// of are ignored.
func (m *Metrics) Observe(ev bwe.Event) {
	switch e := ev.(type) {
	case *bwe.SentPacket:
		count(m.packetsSent, int(e.Kind), 1)
		count(m.bytesSent, int(e.Kind), float64(e.Size))
	case *bwe.Feedback:
		m.observeFeedback(e)
	case *bwe.REMB:
		m.rembs.Inc()
		m.remb.Set(float64(e.Bitrate))
	case *bwe.Update:
		m.observeUpdate(e)
	case *ratecontrol.Overhead:
		m.overhead.Set(e.Share)
	case *ratecontrol.Frame:
		count(m.frames, int(e.Kind), 1)
	case *ratecontrol.PacerState:
		m.queue.Set(e.Delay.Seconds())
		m.queueBytes.Set(float64(e.Bytes))
	case *ratecontrol.Decision:
		m.observeDecision(e)
	case *ratecontrol.Verdict:
		m.backlog.Set(e.Backlog.Seconds())
		count(m.framesDropped, slices.Index(frameDrops, e.Drop), 1)
	case *session.FrameDrop:
		// What a verdict dropped has been counted with it.
		if e.Reason != ratecontrol.DropDisposable && e.Reason != ratecontrol.DropUntilKey {
			count(m.framesDropped, slices.Index(frameDrops, e.Reason), 1)
		}
	case *bwe.Oscillation:
		m.observeOscillation(e)
	case *ratecontrol.TierChange:
		m.tierSwitches.Inc()
	case *ratecontrol.Stall:
		if e.Over {
			m.stalls.Inc()
			m.stallTime.Add(max(0, e.Duration.Seconds()))
		}
	case *control.Started:
		m.loops.Inc()
	case *control.ConfigChanged:
		m.configs.Inc()
	default:
		m.around.observe(ev)
	}
}

func (m *Metrics) observeFeedback(f *bwe.Feedback) {
	received := 0
	for i := range f.Results {
		if f.Results[i].Received {
			received++
		}
	}
	m.feedbacks.Inc()
	m.packetsReported[0].Add(float64(received))
	m.packetsReported[1].Add(float64(len(f.Results) - received))
}

func (m *Metrics) observeUpdate(u *bwe.Update) {
	m.estimate.Set(float64(u.Estimate))
	m.pacingRate.Set(float64(u.PacingRate))
	m.paddingRate.Set(float64(u.PaddingRate))
	m.acked.Set(float64(u.Acked))
	m.rtt.Set(u.RTT.Seconds())
	m.loss.Set(u.Loss)
	m.queueDelay.Set(u.QueueDelay.Seconds())
	m.window.Set(float64(u.CongestionWindow))
	m.confidence.Set(u.Confidence)
	m.probes.Add(float64(len(u.Probes)))
	for i, s := range states {
		m.states[i].Set(indicator(s == u.State))
	}
}

func (m *Metrics) observeOscillation(o *bwe.Oscillation) {
	if o.Phase == bwe.OscillationStarted {
		m.oscillations.Inc()
	}
	m.oscillating.Set(indicator(o.Active))
	m.oscillationPeriod.Set(o.Period.Seconds())
	m.oscillationDepth.Set(o.Depth)
}

func (m *Metrics) observeDecision(d *ratecontrol.Decision) {
	m.target.Set(float64(d.Target))
	m.targetAudio.Set(float64(d.Audio))
	m.targetVideo.Set(float64(d.Video))
	m.tier.Set(float64(d.Tier))
	m.probeWanted.Set(float64(d.Probe))
	for i, l := range limits {
		m.limits[i].Set(indicator(l == d.Limit))
	}
	for i, s := range ceilings {
		m.ceilings[i].Set(indicator(s == d.Ceiling))
	}
	for i, s := range smoothings {
		m.smoothings[i].Set(indicator(s == d.Smoothing))
	}
	if before := m.keyWanted.Swap(d.KeyFrame); d.KeyFrame && !before {
		m.keysWanted.Inc()
	}
}

// count ignores values outside the known labels.
func count(counters []prometheus.Counter, i int, by float64) {
	if i >= 0 && i < len(counters) && by >= 0 {
		counters[i].Add(by)
	}
}
