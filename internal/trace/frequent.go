// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"math"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// decoder reads lines into events. Those that come with every packet, frame, feedback
// or timer are read without allocation into events of the decoder's own, which are valid
// until the next call, where they have the form that the writer gives them; every other
// line goes through encoding/json.
type decoder struct {
	sent     bwe.SentPacket
	feedback bwe.Feedback
	timer    bwe.Timer
	update   bwe.Update
	frame    ratecontrol.Frame
	pacer    ratecontrol.PacerState
	decision ratecontrol.Decision
	verdict  ratecontrol.Verdict

	results []bwe.PacketResult
	probes  []bwe.Probe
}

// frequent reads a line that comes often. It returns nil where the line is of another
// kind, has another form, or is not as it should be.
func (d *decoder) frequent(l *Line) bwe.Event {
	s := scanner{rest: l.Text[l.prefix:]}
	at := bwe.Time(s.integer(`,"t":`))
	if s.failed || at < -timeLimit || at > timeLimit {
		return nil
	}
	var ev bwe.Event
	switch l.Class {
	case Input:
		ev = d.frequentInput(&s, l.Name, at)
	case Decision:
		ev = d.frequentDecision(&s, l.Name, at)
	case Other:
	}
	if !s.end() {
		return nil
	}

	return ev
}

func (d *decoder) frequentInput(s *scanner, name string, at bwe.Time) bwe.Event {
	switch name {
	case "sent":
		return d.scanSent(s, at)
	case "feedback":
		return d.scanFeedback(s, at)
	case "timer":
		d.timer = bwe.Timer{At: at}

		return &d.timer
	case "frame":
		return d.scanFrame(s, at)
	case "pacer":
		d.pacer = ratecontrol.PacerState{At: at, Delay: time.Duration(s.integer(`,"queue_ns":`)), Bytes: s.integer(`,"queue_bytes":`)}

		return &d.pacer
	default:
		return nil
	}
}

func (d *decoder) frequentDecision(s *scanner, name string, at bwe.Time) bwe.Event {
	switch name {
	case "estimate":
		return d.scanUpdate(s, at)
	case "decision":
		return d.scanDecision(s, at)
	case "verdict":
		return d.scanVerdict(s, at)
	default:
		return nil
	}
}

func (d *decoder) scanSent(s *scanner, at bwe.Time) bwe.Event {
	d.sent = bwe.SentPacket{At: at, Seq: s.integer(`,"seq":`), Size: int(s.integer(`,"size":`))}
	d.sent.Kind = scanName(s, `,"kind":`, bwe.PacketFEC)
	if s.optional(`,"probe":`) {
		d.sent.ProbeCluster = int(s.number())
	}
	s.failed = s.failed || checkSize(d.sent.Size) != nil

	return &d.sent
}

func (d *decoder) scanFeedback(s *scanner, at bwe.Time) bwe.Event {
	d.results = d.results[:0]
	s.take(`,"results":[`)
	for run := 0; !s.failed && !s.optional("]"); run++ {
		if run > 0 {
			s.take(",")
		}
		s.take("[")
		d.scanRun(s, s.number())
	}
	d.feedback = bwe.Feedback{At: at, Results: d.results}

	return &d.feedback
}

// scanRun reads the receive times of the packets from seq on, at least one.
func (d *decoder) scanRun(s *scanner, seq int64) {
	for packets := 0; !s.failed && (packets == 0 || !s.optional("]")); packets++ {
		if seq > math.MaxInt64-2 {
			s.failed = true

			return
		}
		s.take(",")
		r := bwe.PacketResult{Seq: seq}
		if !s.optional("null") {
			r.Received, r.ReceivedAt = true, bwe.Time(s.number())
		}
		if r.ReceivedAt < -timeLimit || r.ReceivedAt > timeLimit {
			s.failed = true
		}
		d.results = append(d.results, r)
		seq++
	}
}

func (d *decoder) scanFrame(s *scanner, at bwe.Time) bwe.Event {
	d.frame = ratecontrol.Frame{At: at, Kind: scanName(s, `,"kind":`, ratecontrol.Audio), Size: int(s.integer(`,"size":`))}
	d.frame.Key = s.optional(`,"key":true`)
	d.frame.Disposable = s.optional(`,"disposable":true`)
	s.failed = s.failed || checkSize(d.frame.Size) != nil

	return &d.frame
}

func (d *decoder) scanUpdate(s *scanner, at bwe.Time) bwe.Event {
	u := &d.update
	*u = bwe.Update{At: at}
	u.Estimate = bwe.Bitrate(s.integer(`,"estimate_bps":`))
	u.PacingRate = bwe.Bitrate(s.integer(`,"pacing_bps":`))
	u.PaddingRate = bwe.Bitrate(s.integer(`,"padding_bps":`))
	u.CongestionWindow = s.integer(`,"cwnd_bytes":`)
	u.Unreported = s.integer(`,"unreported_bytes":`)
	u.State = scanName(s, `,"state":`, bwe.StateNoFeedback)
	u.RTT = time.Duration(s.integer(`,"rtt_ns":`))
	u.Loss = s.fraction(`,"loss":`)
	u.QueueDelay = time.Duration(s.integer(`,"queue_delay_ns":`))
	u.Acked = bwe.Bitrate(s.integer(`,"acked_bps":`))
	u.Confidence = s.fraction(`,"confidence":`)
	if s.optional(`,"swing":{`) {
		u.Swing.Period = time.Duration(s.integer(`"period_ns":`))
		u.Swing.Depth = s.fraction(`,"depth":`)
		u.Swing.Confidence = s.fraction(`,"confidence":`)
		s.take("}")
	}
	if s.optional(`,"probes":[`) {
		d.scanProbes(s)
		u.Probes = d.probes
	}

	return u
}

// scanProbes reads at least one probe up to the end of the list.
func (d *decoder) scanProbes(s *scanner) {
	d.probes = d.probes[:0]
	for more := true; more && !s.failed; more = s.optional(",") {
		s.take("{")
		d.probes = append(d.probes, bwe.Probe{
			ID: int(s.integer(`"id":`)), Bitrate: bwe.Bitrate(s.integer(`,"bps":`)),
			MinPackets: int(s.integer(`,"min_packets":`)), MinDuration: time.Duration(s.integer(`,"min_duration_ns":`)),
		})
		s.take("}")
	}
	s.take("]")
}

func (d *decoder) scanDecision(s *scanner, at bwe.Time) bwe.Event {
	e := &d.decision
	*e = ratecontrol.Decision{At: at}
	e.Target = bwe.Bitrate(s.integer(`,"target_bps":`))
	e.Audio = bwe.Bitrate(s.integer(`,"audio_bps":`))
	e.Video = bwe.Bitrate(s.integer(`,"video_bps":`))
	e.KeyFrame = s.optional(`,"key_frame":true`)
	e.Tier = int(s.integer(`,"tier":`))
	e.Switching = s.optional(`,"switching":true`)
	e.Limit = scanName(s, `,"limit":`, ratecontrol.LimitSmoothing)
	e.Ceiling = scanName(s, `,"ceiling":`, ratecontrol.CeilingRaised)
	e.Smoothing = scanName(s, `,"smoothing":`, ratecontrol.SmoothingSwing)
	if s.optional(`,"probe_bps":`) {
		e.Probe = bwe.Bitrate(s.number())
	}

	return e
}

func (d *decoder) scanVerdict(s *scanner, at bwe.Time) bwe.Event {
	d.verdict = ratecontrol.Verdict{At: at, Kind: scanName(s, `,"kind":`, ratecontrol.Audio)}
	switch w := s.word(`,"drop":`); string(w) {
	case string(ratecontrol.KeepFrame):
	case string(ratecontrol.DropDisposable):
		d.verdict.Drop = ratecontrol.DropDisposable
	case string(ratecontrol.DropUntilKey):
		d.verdict.Drop = ratecontrol.DropUntilKey
	default:
		s.failed = true
	}
	d.verdict.Backlog = time.Duration(s.integer(`,"backlog_ns":`))

	return &d.verdict
}
