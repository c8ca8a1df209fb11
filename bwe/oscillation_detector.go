// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"time"
)

// The detector's time base.
const (
	// oscillationSlot is the length of the means that the series is reduced to: five a
	// period at the fastest swing looked for.
	oscillationSlot = 200 * time.Millisecond
	// oscillationSlots is the length of the ring, 128 s: more than four swings of the
	// slowest.
	oscillationSlots = 640
	// oscillationEvery is the number of slots from one judgement to the next.
	oscillationEvery = 5
	// overlaysAtMost is the number of zigzags a judgement that are looked at in full.
	overlaysAtMost = 1
	// oscillationHold is how long a silent source's last estimate is held to go on.
	// After a longer silence the detector starts anew.
	oscillationHold = 5 * time.Second
	// oscillationFresh is how many periods after its last turning point a swing may
	// still be going on.
	oscillationFresh = 1.6
)

// OscillationDetector recognises online that an estimate swings periodically. It
// hears nothing but the estimate, so that it works on top of any estimator.
//
// The estimate is averaged into slots of 200 ms. A bank of zigzags with thresholds
// of 4 to 60 % reduces it to peaks and troughs. What tells a limit cycle from a link
// whose capacity varies is that it comes back: to the same peak and trough, after the
// same time, along the same way. Each is evidence that grows with every cycle, so
// that a fast swing is judged over seconds and a slow one over minutes.
//
// A detector takes 9 KiB, allocates nothing after [NewOscillationDetector] and is not
// safe for concurrent use.
type OscillationDetector struct {
	cfg     OscillationConfig
	observe Observer
	event   Oscillation
	latest  Oscillation
	// doubtful counts the judgements in a row that fell below the evidence for going on.
	doubtful   int
	reportedAt Time

	begun  bool
	origin Time
	last   Time
	// slot is the slot that is being filled; sum and count are its estimates, level the
	// last of them.
	slot  int32
	sum   float64
	count int32
	level float64

	ring [oscillationSlots]float32
	// bank holds two zigzags a threshold: one of the slots, one of means of a second.
	bank [2 * zigzagLevels]zigzag
}

// NewOscillationDetector returns a detector that has seen nothing. It fails where
// cfg is invalid.
func NewOscillationDetector(cfg OscillationConfig) (*OscillationDetector, error) {
	d := &OscillationDetector{observe: func(Event) {}}
	if err := d.SetConfig(cfg); err != nil {
		return nil, err
	}

	return d, nil
}

// SetObserver sends an [Oscillation] to o from now on whenever a swing starts, ends
// or changes; nil stops them.
func (d *OscillationDetector) SetObserver(o Observer) {
	if o == nil {
		o = func(Event) {}
	}
	d.observe = o
}

// SetConfig replaces the configuration; what was seen stays. It fails, changing
// nothing, where cfg is invalid.
func (d *OscillationDetector) SetConfig(cfg OscillationConfig) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	d.cfg = cfg

	return nil
}

// Latest returns the last judgement again.
func (d *OscillationDetector) Latest() Oscillation { return d.latest }

// OnEstimate takes in an estimate and returns the judgement as of now. Estimates may
// come at any times. One that is not above zero is ignored, and so is one from the
// past, unless the clock went back by more than five seconds: then the detector
// starts anew, as it does after five seconds of silence.
func (d *OscillationDetector) OnEstimate(now Time, estimate Bitrate) Oscillation {
	if estimate <= 0 {
		return d.latest
	}
	if d.begun && now < d.last && d.last.Sub(now) <= oscillationHold {
		return d.latest
	}
	// Below zero, the difference has overflowed.
	if since := now.Sub(d.last); !d.begun || since < 0 || since > oscillationHold {
		d.restart(now)
	}
	d.last = now
	for slot := int32(now.Sub(d.origin) / oscillationSlot); slot > d.slot; {
		d.closeSlot()
	}
	d.level = float64(estimate)
	d.sum += d.level
	d.count++

	return d.latest
}

func (d *OscillationDetector) restart(now Time) {
	if d.latest.Active {
		d.end(now)
	}
	d.begun, d.origin, d.slot, d.sum, d.count, d.doubtful = true, now, 0, 0, 0, 0
	for i := range d.bank {
		d.bank[i] = zigzag{swing: noSwing}
	}
}

func (d *OscillationDetector) closeSlot() {
	x := d.level
	if d.count > 0 {
		x = d.sum / float64(d.count)
	}
	d.sum, d.count = 0, 0
	d.ring[d.slot%oscillationSlots] = float32(x)
	mean := x
	if d.slot >= zigzagStill {
		for i := int32(1); i < zigzagStill; i++ {
			mean += float64(d.ring[(d.slot-i)%oscillationSlots])
		}
		mean /= zigzagStill
	}
	for i, threshold := range zigzagThresholds {
		d.bank[2*i].push(d.slot, x, threshold)
		d.bank[2*i+1].push(d.slot, mean, threshold)
	}
	d.slot++
	if d.slot%oscillationEvery == 0 {
		d.judge(d.origin.Add(time.Duration(d.slot) * oscillationSlot))
	}
}

// surest returns the swing with the most evidence among those that may still be
// going on.
func (d *OscillationDetector) surest() swing {
	for i := range d.bank {
		z := &d.bank[i]
		if z.judged == z.sealed {
			continue
		}
		z.judged = z.sealed
		// A clear swing looks the same through most thresholds: once is enough.
		if i >= 2 && z.same(&d.bank[i-2]) {
			z.swing = noSwing
		} else {
			z.swing = d.measure(z)
		}
	}
	for range overlaysAtMost {
		if z := d.best(false); z != nil {
			d.overlay(z)
		}
	}
	if z := d.best(true); z != nil {
		return z.swing
	}

	return noSwing
}

// best returns the zigzag with the surest swing that may still be going on, among
// those that have been overlaid or those that have not.
func (d *OscillationDetector) best(overlaid bool) *zigzag {
	var best *zigzag
	for i := range d.bank {
		z := &d.bank[i]
		if z.swing.overlaid == overlaid && z.swing.turns > 0 && (best == nil || z.swing.bits > best.swing.bits) &&
			float64(d.slot-z.swing.last) < float64(oscillationFresh*z.swing.period) {
			best = z
		}
	}

	return best
}

func (d *OscillationDetector) judge(now Time) {
	top := d.surest()
	o := &d.latest
	o.At = now
	o.Confidence = d.confidence(top.bits)
	if !o.Active {
		if top.bits >= d.cfg.Start {
			*o = Oscillation{
				At: now, Phase: OscillationStarted, Active: true, Confidence: o.Confidence,
				Since: d.origin.Add(time.Duration(top.first) * oscillationSlot),
			}
			d.doubtful = 0
			d.report(top)
		}

		return
	}
	if top.bits < d.cfg.End {
		// One odd cycle spoils every run of turning points that contains it: a swing has
		// the length of one cycle to come back.
		d.doubtful++
		if time.Duration(d.doubtful*oscillationEvery)*oscillationSlot > o.Period {
			d.end(now)
		}

		return
	}
	d.doubtful = 0
	// Neighbouring zigzags see a swing a little differently, and the surest may take
	// turns: one report a period is enough.
	if now.Sub(d.reportedAt) < o.Period {
		return
	}
	if top.bits >= d.cfg.Start && (d.differs(top.period, float64(o.Period)/float64(oscillationSlot)) || d.differs(top.depth, o.Depth)) {
		o.Phase = OscillationChanged
		d.report(top)
	}
}

func (d *OscillationDetector) differs(a, b float64) bool {
	return math.Abs(a-b) > float64(d.cfg.Change*b)
}

func (d *OscillationDetector) report(s swing) {
	d.latest.Period = time.Duration(s.period * float64(oscillationSlot))
	d.latest.Depth = s.depth
	d.reportedAt = d.latest.At
	d.event = d.latest
	d.observe(&d.event)
}

func (d *OscillationDetector) end(now Time) {
	d.latest.At, d.latest.Phase, d.latest.Active = now, OscillationEnded, false
	d.event = d.latest
	d.observe(&d.event)
}

// confidence maps evidence to 0..1, with 0.5 at the start threshold.
func (d *OscillationDetector) confidence(bits float64) float64 {
	x := max(bits-d.cfg.Start, -1e9) / confidenceBits

	return 0.5 + float64(0.5*(x/(1+math.Abs(x))))
}
