// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package specimen

import (
	"math"

	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// targetAlone swings the target below an estimate that stays.
func targetAlone(d *draw) Specimen {
	length, rate := d.length(), d.ratio(2e6, 5e6)
	s := Specimen{Scenario: d.path(rate, length), label: Label{Target: Yes, TargetAlone: Yes}}
	d.roughen(&s.Scenario, &s.label)
	estimate := d.drift(rate*d.uniform(0.6, 0.85), length)
	kind := shape(d.IntN(int(shapes)))
	target, _ := d.drawSwing(kind, rate*0.5, length).wave(d)
	target = target.noisy(d, d.ratio(0.002, 0.01), length)
	s.script = &script{media: target, estimate: estimate, target: target}

	return s
}

// cappedScripted holds the media at a ceiling far below the estimate. With told the
// recording says that the tier did it, otherwise it has no target.
func cappedScripted(told bool) func(*draw) Specimen {
	return func(d *draw) Specimen {
		length, rate := d.length(), d.ratio(4e6, 12e6)
		s := Specimen{Scenario: d.path(rate, length), label: Label{Capped: Yes}}
		d.roughen(&s.Scenario, &s.label)
		estimate := d.drift(rate*d.uniform(0.7, 0.9), length)
		ceiling := rate * 0.7 / d.ratio(1.9, 4)
		// The estimate takes some time to get there.
		start := d.uniform(1, 15)
		for i := range estimate {
			estimate[i].rate *= min(1, 0.1+0.9*estimate[i].at/start)
		}
		media := make(wave, len(estimate))
		for i, k := range estimate {
			media[i] = knot{k.at, min(k.rate, ceiling)}
		}
		s.script = &script{media: media, estimate: estimate}
		if told {
			s.script.target, s.script.limit = media, ratecontrol.LimitTier
		}

		return s
	}
}

// nearlyCapped is held by its tier while the estimate is hardly above.
func nearlyCapped(d *draw) Specimen {
	length, rate := d.length(), d.ratio(2e6, 5e6)
	s := Specimen{Scenario: d.path(rate, length)}
	d.roughen(&s.Scenario, &s.label)
	high := rate * d.uniform(0.7, 0.9)
	estimate := d.drift(high, length)
	media := level(high/d.uniform(1.05, 1.2)).noisy(d, 0.001, length)
	s.script = &script{media: media, estimate: estimate}
	if d.chance(0.5) {
		s.script.target, s.script.limit = media, ratecontrol.LimitTier
	}

	return s
}

// idleContent needs less than there is, now this and now that.
func idleContent(d *draw) Specimen {
	length, rate := d.length(), d.ratio(3e6, 6e6)
	s := Specimen{Scenario: d.path(rate, length)}
	estimate := d.drift(rate*0.85, length)
	var media wave
	x := 0.0
	keep := math.Exp(-1 / d.uniform(2, 8))
	for t := 0.0; t <= length; t++ {
		x = x*keep + math.Sqrt(1-keep*keep)*d.NormFloat64()
		media = append(media, knot{t, rate * 0.25 * math.Exp(0.45*x)})
	}
	s.script = &script{media: media, estimate: estimate}

	return s
}

// feedbackScripted holds its estimate while feedback fails.
func feedbackScripted(d *draw) Specimen {
	s := steady(d)
	d.spoilFeedback(&s.Scenario)
	s.label.FeedbackTrouble = Yes
	// Rare feedback leaves the rest open to whoever looks.
	s.label.Jittery = Unclear

	return s
}

// followsVarying follows a capacity that swings at random, a feedback late.
func followsVarying(d *draw) Specimen {
	s := Specimen{}
	varying(d, &s)
	share, memory := d.uniform(0.8, 0.95), d.uniform(0.3, 1)
	s.build = func(view netsim.PathView) netsim.Controller {
		return &reactive{reaction: &follower{share: share, memory: memory, view: view}}
	}

	return s
}

// lossReaction climbs until bursts of loss throw it back.
func lossReaction(d *draw) Specimen {
	length, rate := d.length(), d.ratio(2e6, 4e6)
	s := Specimen{Scenario: d.path(rate, length), label: Label{Estimate: Yes, Cause: session.Loss, Lossy: Unclear}}
	media := rate * 0.7
	period := d.ratio(4, min(20, length/8))
	reactor := lossReactor{most: media, rate: media * 0.8, fall: d.uniform(0.25, 0.5), climb: d.uniform(0.3, 0.5) / period}
	s.build = func(netsim.PathView) netsim.Controller {
		fresh := reactor

		return &reactive{reaction: &fresh}
	}
	// Bursts at exponential intervals would be no swing to speak of; on wireless links they
	// come with each scan or handover.
	for at := d.uniform(4, 8); at < length; at += period * min(max(1+0.25*d.NormFloat64(), 0.5), 1.6) {
		for k := range 4 {
			from := at + 0.12*float64(k)
			s.Scenario.Forward[0].Outages = append(s.Scenario.Forward[0].Outages, netsim.Window{From: seconds(from), To: seconds(from + 0.05)})
		}
	}

	return s
}
