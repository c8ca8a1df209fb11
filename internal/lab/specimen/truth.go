// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package specimen

import (
	"math"
	"strings"

	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// The rule by which the run of a real controller is labelled; see the package's
// documentation.
const (
	// settled is when the start is over, in bins.
	settled = 15 * binsPerSecond
	// deepFall is a fall that counts towards Yes, slightFall one that stands against No, as
	// shares of the peak.
	deepFall, slightFall = 0.18, 0.1
	// climbed is how much a rate must grow for its fall to be over, half of it apart.
	climbed = 1.2
	// apart is how long after a fall the next one counts, in bins: a target dips several
	// times within a second for one reason.
	apart = 3 * binsPerSecond / 2
	// oftenFalls a minute and at least leastFalls are a swing; seldomFalls a minute are
	// none.
	oftenFalls, leastFalls = 2.5, 4
	seldomFalls            = 1.0
	// fullQueue is a queue that explains a fall, emptyQueue one that does not, in seconds.
	fullQueue, emptyQueue = 0.045, 0.02
	// mostCauses is the share of the falls that must have one cause, else it is unclear.
	mostCauses = 0.75
	// farAbove and hardlyAbove are the ratios of estimate and target of a capped session.
	// which must hold in most of its bins.
	farAbove, hardlyAbove = 1.8, 1.25
	mostBins              = 0.7

	binsPerSecond = 10
)

// measure completes the label by what happened in the run.
func (s *Specimen) measure(run *netsim.Series) Label {
	l := s.label
	f := &run.Flows[0]
	capacity := floats(run.Capacity)
	estimate, target := floats(f.Estimate), floats(f.Target)
	varies := spread(capacity) > 0.02
	deep, slight := fallsOf(estimate, capacity, deepFall), fallsOf(estimate, capacity, slightFall)
	l.Estimate = often(deep, slight, len(estimate))
	if varies {
		// The path swings at random: the estimate is right to.
		l.Estimate = No
	}
	if l.Estimate == Yes && l.FeedbackTrouble == No {
		l.Cause = causeOf(deep, run, l.Lossy == Yes)
	}
	l.Target, l.TargetAlone = Unclear, Unclear
	// Without the rate controller the recording has a target that nothing follows.
	if strings.HasSuffix(s.Controller, "+rc") {
		l.Target = often(fallsOf(target, capacity, deepFall), fallsOf(target, capacity, slightFall), len(target))
		if l.Target == Yes && varies {
			// The path or the rate controller by itself; a matter of taste.
			l.Target = Unclear
		}
		if l.Target == No || l.Target == Yes && l.Estimate != Unclear {
			l.TargetAlone = answer(l.Target == Yes && l.Estimate == No)
		}
	}
	if len(s.Scenario.Flows[0].Source.Tiers) > 0 {
		l.Capped = cappedAnswer(estimate, target)
	}

	return l
}

// cappedAnswer judges media that a ladder bounds.
func cappedAnswer(estimate, target []float64) Answer {
	far, hardly := 0, 0
	for i := settled; i < len(estimate); i++ {
		if estimate[i] >= farAbove*target[i] {
			far++
		}
		if estimate[i] <= hardlyAbove*target[i] {
			hardly++
		}
	}
	switch n := float64(len(estimate) - settled); {
	case float64(far) >= mostBins*n:
		return Yes
	case float64(hardly) >= mostBins*n:
		return No
	default:
		return Unclear
	}
}

// fallsOf returns the bins at which falls begin that are at least as deep as least, as
// seen against the capacity: where the estimate keeps its share of that, it did not
// fall. Each is followed by a climb that makes half of it good, or is a fifth of what was
// left.
func fallsOf(rate, capacity []float64, least float64) []int {
	var falls []int
	highAt, lowAt := settled, settled
	share := func(i int) float64 { return rate[i] / max(capacity[i], 1) }
	falling := false
	for i := settled; i < len(rate); i++ {
		v := share(i)
		switch {
		case !falling && v >= share(highAt):
			highAt, lowAt = i, i
		case !falling && v <= share(highAt)*(1-least):
			falling, lowAt = true, i
		case falling && v < share(lowAt):
			lowAt = i
		case falling && v >= min((share(highAt)+share(lowAt))/2, share(lowAt)*climbed):
			if len(falls) == 0 || highAt-falls[len(falls)-1] >= apart {
				falls = append(falls, highAt)
			}
			falling, highAt = false, i
		}
	}

	return falls
}

// often judges by the falls of either depth in a run of so many bins.
func often(deep, slight []int, bins int) Answer {
	minutes := float64(bins-settled) / (60 * binsPerSecond)
	switch {
	case len(deep) >= leastFalls && float64(len(deep)) >= oftenFalls*minutes:
		return Yes
	case float64(len(slight)) <= seldomFalls*minutes:
		return No
	default:
		return Unclear
	}
}

// causeOf says what most falls have before them: a queue, loss or neither.
func causeOf(falls []int, run *netsim.Series, lossy bool) session.Cause {
	full, empty := 0, 0
	for _, at := range falls {
		most := 0.0
		for i := max(0, at-binsPerSecond); i < min(len(run.Queue), at+binsPerSecond); i++ {
			most = max(most, run.Queue[i].Seconds())
		}
		switch {
		case most >= fullQueue:
			full++
		case most <= emptyQueue:
			empty++
		}
	}
	all := float64(len(falls))
	switch {
	case float64(full) >= mostCauses*all:
		return session.Congestion
	case float64(empty) >= mostCauses*all && !lossy:
		return session.Overuse
	default:
		return session.NoCause
	}
}

// spread is the coefficient of variation after the start.
func spread(v []float64) float64 {
	v = v[min(settled, len(v)):]
	sum, squares := 0.0, 0.0
	for _, x := range v {
		sum += x
		squares += x * x
	}
	n := float64(len(v))
	mean := sum / n

	return math.Sqrt(max(0, squares/n-mean*mean)) / mean
}

func floats[T ~int64](v []T) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}

	return out
}
