// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

const (
	// quietShare is the share of the proven throughput below which the delays and
	// losses seen are the path's own.
	quietShare = 0.92
	// congestedLoss is the rise of loss, in loss margins, that disproves a throughput.
	congestedLoss = 3
	// congestedTimes is the number of feedbacks in a row that it takes.
	congestedTimes = 3
	// newJitter is how long congestion must last to count as the path's own.
	newJitter = 10 * time.Second
	// longestStep bounds the time that one feedback speaks for.
	longestStep = 250 * time.Millisecond
	// clockReset is how far the clock must go back for the smoother to start anew.
	clockReset = 5 * time.Second
)

// Smoother replaces a swinging estimate by what the path has proven to carry, for as
// long as delay and loss show a healthy path. It stands between any estimator and
// what uses its estimate, and hears nothing of the estimator but [SmootherInput].
//
// A swing of the estimate alone says nothing of its cause. The smoother learns how
// the path's delay behaves by itself while the rate is low: its quantiles over
// windows of no length, 0.2, 0.8 and 3.2 s, for jitter is high over short windows and
// gone over long ones. Delay above that is a queue, and a queue ends the smoothing.
//
// A Smoother allocates nothing after [NewSmoother] and is not safe for concurrent
// use.
type Smoother struct {
	cfg      SmootherConfig
	observe  Observer
	event    Smoothing
	detector *OscillationDetector

	path   pathHealth
	proven provenRate
	last   Time
	begun  bool
	// congested counts the feedbacks in a row, since congestedAt, that show congestion.
	congested   int
	congestedAt Time

	lead lead
	// waitUntil is when the smoother may take over again, wait how long it stays out
	// the next time that it lets go for congestion.
	waitUntil Time
	wait      time.Duration
}

// NewSmoother returns a smoother that has seen nothing. It fails where cfg is
// invalid.
func NewSmoother(cfg SmootherConfig) (*Smoother, error) {
	s := &Smoother{observe: func(Event) {}, detector: &OscillationDetector{observe: func(Event) {}}}
	if err := s.SetConfig(cfg); err != nil {
		return nil, err
	}

	return s, nil
}

// SetObserver sends the smoother's [Smoothing] and [Oscillation] events to o from
// now on; nil stops them.
func (s *Smoother) SetObserver(o Observer) {
	if o == nil {
		o = func(Event) {}
	}
	s.observe = o
	s.detector.SetObserver(o)
}

// SetConfig replaces the configuration; what was learnt stays. It fails, changing
// nothing, where cfg is invalid.
func (s *Smoother) SetConfig(cfg SmootherConfig) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	s.cfg, s.wait, s.lead.hold = cfg, cfg.Wait, cfg.Hold

	return s.detector.SetConfig(cfg.Oscillation)
}

// Oscillation returns the detector's last judgement.
func (s *Smoother) Oscillation() Oscillation { return s.detector.Latest() }

// Engaged tells whether the output is the smoother's rather than the estimator's.
func (s *Smoother) Engaged() bool { return s.lead.engaged }

// Proven returns the throughput that the path has lately carried without a queue or
// more loss than usual, zero while unknown.
func (s *Smoother) Proven() Bitrate { return Bitrate(s.proven.most()) }

// OnFeedback takes in what the estimator knows after a feedback and returns the
// estimate to use. An input without an estimate is answered with the last output, and
// so is one from the past, unless the clock went back by more than five seconds: then
// the smoother lets go and learns anew.
func (s *Smoother) OnFeedback(in SmootherInput) Bitrate {
	s.detector.OnEstimate(in.At, in.Estimate)
	if s.begun && in.At < s.last && s.last.Sub(in.At) > clockReset {
		s.restart(&in)
	}
	if in.Estimate <= 0 || s.begun && in.At < s.last {
		return s.output(in.Estimate)
	}
	gap := time.Duration(0)
	if s.begun {
		gap = in.At.Sub(s.last)
	}
	s.begun, s.last = true, in.At
	elapsed := min(gap, longestStep)
	s.path.observe(&in, elapsed, s.learning(in.At))
	s.proven.add(in.At, in.Acked, elapsed, s.healthy())
	s.disprove(in.At)
	switch {
	case s.lead.engaged && gap > s.cfg.Silence:
		s.release(&in, SmoothingBlind)
	case s.lead.engaged:
		s.steer(&in, elapsed)
	case s.cfg.Enabled:
		s.consider(&in)
	}

	return s.output(in.Estimate)
}

// OnTimer lets time pass and returns the estimate to use where estimate, the
// estimator's own, has come without a feedback. It lets go where feedback has been
// missing for too long.
func (s *Smoother) OnTimer(now Time, estimate Bitrate) Bitrate {
	if s.lead.engaged && now.Sub(s.last) > s.cfg.Silence {
		s.release(&SmootherInput{At: now, Estimate: estimate}, SmoothingBlind)
	}

	return s.output(estimate)
}

func (s *Smoother) output(estimate Bitrate) Bitrate {
	if s.lead.engaged {
		return Bitrate(s.lead.output)
	}

	return estimate
}

func (s *Smoother) restart(in *SmootherInput) {
	if s.lead.engaged {
		s.release(in, SmoothingBlind)
	}
	s.path, s.proven, s.begun, s.congested = pathHealth{}, provenRate{}, false, 0
	s.lead, s.waitUntil, s.wait = lead{hold: s.cfg.Hold}, in.At, s.cfg.Wait
}

func (s *Smoother) healthy() bool {
	return s.path.excess(floorShort) <= s.cfg.QueueMargin && s.path.lossRise() <= s.cfg.LossMargin
}

// learning tells whether delay and loss are the path's own: what is sent lies well
// below what the path has carried.
func (s *Smoother) learning(now Time) bool {
	switch l := &s.lead; {
	case s.congested > 0 && s.path.known() && now.Sub(s.congestedAt) < newJitter:
		return false
	case l.engaged:
		return l.ceiling > 0 && l.output <= nearCeiling*l.ceiling && l.drained && now.Sub(l.drainedAt) > time.Second
	default:
		return s.proven.acked < quietShare*s.proven.most()
	}
}

// disprove takes back what the path no longer carries: with a queue or loss that its
// own jitter and loss do not explain, it carries what is acknowledged.
func (s *Smoother) disprove(now Time) {
	if s.path.excess(floorMiddle) <= s.cfg.ReleaseQueue/2 && s.path.lossRise() <= congestedLoss*s.cfg.LossMargin {
		s.congested = 0

		return
	}
	if s.congested == 0 {
		s.congestedAt = now
	}
	s.congested++
	if s.congested >= congestedTimes && s.path.known() {
		s.proven.atMost(s.proven.acked)
	}
}
