// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

const (
	// disagreeBy is the factor from which two estimates disagree.
	disagreeBy = 1.25
	// shortestDisagreement is the shortest stretch that is told of; stretches of the same
	// two estimates that are less than it apart are one.
	shortestDisagreement = time.Second
	// mostDisagreements bounds how many are told of.
	mostDisagreements = 20
	// sameTime is how much two disagreements must have in common, as a share of the time of
	// both, to be one.
	sameTime = 0.8
	// leastEstimate keeps estimates of about zero from weighing without end.
	leastEstimate = float64(bwe.Kbps)
)

// Side is one side of a disagreement.
type Side struct {
	Controller string `json:"controller"`
	// Estimate is the mean, and State what the path was held to be for the longest part.
	Estimate bwe.Bitrate `json:"estimate_bps"`
	State    bwe.State   `json:"state"`
}

// Disagreement is a stretch of time, of a second or more, in which one estimate is more
// than 25 % above another.
type Disagreement struct {
	// From and To are in nanoseconds of the recording.
	From bwe.Time `json:"from_ns"`
	To   bwe.Time `json:"to_ns"`
	// High and Low have one controller each, or several that are of one mind.
	High []Side `json:"high"`
	Low  []Side `json:"low"`
	// Ratio is the geometric mean of the higher over the lower, of the first on either side.
	Ratio float64 `json:"ratio"`
	// RTT is the mean round-trip time, in milliseconds, and Loss the mean share of packets
	// lost meanwhile; nil where nothing was reported.
	RTT  *float64 `json:"rtt_ms,omitempty"`
	Loss *float64 `json:"loss,omitempty"`
}

// weight is what disagreements are sorted by: their length times the doublings that lie
// between the two.
func (d *Disagreement) weight() float64 { return d.To.Sub(d.From).Seconds() * math.Log2(d.Ratio) }

// Disagreements lists where any two estimates of a timeline disagree, the most important
// first. Where several pairs disagree in the same way at nearly the same time, they are
// one disagreement.
func Disagreements(t *timeline.Timeline) []Disagreement {
	var out []Disagreement
	all := tracks(t)
	for i, a := range all {
		for _, b := range all[i+1:] {
			for _, s := range stretches(a.Estimate, b.Estimate) {
				out = append(out, s.describe(t, a, b))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Disagreement) int {
		return cmp.Or(cmp.Compare(b.weight(), a.weight()), cmp.Compare(a.From, b.From))
	})

	out = merge(out)

	return out[:min(len(out), mostDisagreements)]
}

// merge joins disagreements of several pairs. They come in order of importance, and the
// first of those that are joined stays with its times.
func merge(all []Disagreement) []Disagreement {
	var out []Disagreement
next:
	for _, d := range all {
		for i := range out {
			if out[i].join(&d) {
				continue next
			}
		}
		out = append(out, d)
	}

	return out
}

// join takes in another disagreement, of two controllers, if it is about the same: at the
// same time, with at least one of the two on its side already and none on the other's.
func (d *Disagreement) join(o *Disagreement) bool {
	common := min(d.To, o.To).Sub(max(d.From, o.From))
	whole := max(d.To, o.To).Sub(min(d.From, o.From))
	high, low := o.High[0].Controller, o.Low[0].Controller
	inHigh, inLow := has(d.High, high), has(d.Low, low)
	if common.Seconds() < sameTime*whole.Seconds() || !inHigh && !inLow || has(d.High, low) || has(d.Low, high) {
		return false
	}
	if !inHigh {
		d.High = append(d.High, o.High[0])
	}
	if !inLow {
		d.Low = append(d.Low, o.Low[0])
	}

	return true
}

func has(sides []Side, controller string) bool {
	return slices.ContainsFunc(sides, func(s Side) bool { return s.Controller == controller })
}

// stretch is a range of bins in which the first of two estimates is the higher, or the
// lower one all the time.
type stretch struct {
	from, to int
	higher   bool
}

func stretches(a, b timeline.Signal) []stretch {
	const least = int(shortestDisagreement / timeline.Bin)
	var out []stretch
	for bin := range min(len(a), len(b)) {
		higher, apart := disagree(a[bin], b[bin])
		if !apart {
			continue
		}
		if n := len(out); n > 0 && out[n-1].higher == higher && bin-out[n-1].to < least {
			out[n-1].to = bin + 1

			continue
		}
		out = append(out, stretch{from: bin, to: bin + 1, higher: higher})
	}

	return slices.DeleteFunc(out, func(s stretch) bool { return s.to-s.from < least })
}

// disagree tells whether two estimates disagree, and whether the first is the higher.
// Those that are unknown agree with everything.
func disagree(a, b float64) (higher, apart bool) {
	a, b = max(a, leastEstimate), max(b, leastEstimate)

	return a > b, a > disagreeBy*b || b > disagreeBy*a
}

func (s stretch) describe(t *timeline.Timeline, a, b *timeline.Track) Disagreement {
	if !s.higher {
		a, b = b, a
	}
	d := Disagreement{
		From: t.Start + bwe.Time(s.from)*bwe.Time(timeline.Bin), To: t.Start + bwe.Time(s.to)*bwe.Time(timeline.Bin),
	}
	d.High, d.Low = []Side{s.side(a, &d)}, []Side{s.side(b, &d)}
	doublings, n := 0.0, 0
	for bin := s.from; bin < s.to; bin++ {
		if high, low := a.Estimate[bin], b.Estimate[bin]; high >= 0 && low >= 0 {
			doublings += math.Log2(max(high, leastEstimate) / max(low, leastEstimate))
			n++
		}
	}
	d.Ratio = math.Exp2(doublings / float64(n))
	if rtt := t.RTT[s.from:s.to]; slices.ContainsFunc(rtt, known) {
		ms := 1000 * mean(rtt)
		d.RTT = &ms
	}
	if loss := t.Loss[s.from:s.to]; slices.ContainsFunc(loss, known) {
		share := mean(loss)
		d.Loss = &share
	}

	return d
}

func known(v float64) bool { return !math.IsNaN(v) }

func (s stretch) side(t *timeline.Track, d *Disagreement) Side {
	out := Side{Controller: t.Name, Estimate: bwe.Bitrate(mean(t.Estimate[s.from:s.to]))}
	var inState [bwe.StateNoFeedback + 1]time.Duration
	inState[bwe.StateNormal] = d.To.Sub(d.From)
	for _, band := range t.States {
		if took := min(band.To, d.To).Sub(max(band.From, d.From)); took > 0 && int(band.State) < len(inState) {
			inState[band.State] += took
			inState[bwe.StateNormal] -= took
		}
	}
	for state, took := range inState {
		if took > inState[out.State] {
			out.State = bwe.State(state)
		}
	}

	return out
}
