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
	From bwe.Time `json:"from"`
	To   bwe.Time `json:"to"`
	High Side     `json:"high"`
	Low  Side     `json:"low"`
	// Ratio is the geometric mean of the higher over the lower.
	Ratio float64 `json:"ratio"`
	// RTT is the mean round-trip time, in milliseconds, and Loss the mean share of packets
	// lost meanwhile; negative where nothing was reported.
	RTT  float64 `json:"rtt_ms"`
	Loss float64 `json:"loss"`
}

// weight is what disagreements are sorted by: their length times the doublings that lie
// between the two.
func (d *Disagreement) weight() float64 { return d.To.Sub(d.From).Seconds() * math.Log2(d.Ratio) }

// Disagreements lists where any two estimates of a timeline disagree, the most important
// first.
func Disagreements(t *timeline.Timeline) []Disagreement {
	tracks := t.Replayed
	if t.Recorded != nil && t.Recorded.Estimate != nil {
		tracks = append([]*timeline.Track{t.Recorded}, tracks...)
	}
	var out []Disagreement
	for i, a := range tracks {
		for _, b := range tracks[i+1:] {
			for _, s := range stretches(a.Estimate, b.Estimate) {
				out = append(out, s.describe(t, a, b))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Disagreement) int {
		return cmp.Or(cmp.Compare(b.weight(), a.weight()), cmp.Compare(a.From, b.From))
	})

	return out[:min(len(out), mostDisagreements)]
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
		From: bwe.Time(s.from) * bwe.Time(timeline.Bin), To: bwe.Time(s.to) * bwe.Time(timeline.Bin),
		RTT: -1, Loss: -1,
	}
	d.High, d.Low = s.side(a, &d), s.side(b, &d)
	doublings, n := 0.0, 0
	for bin := s.from; bin < s.to; bin++ {
		if high, low := a.Estimate[bin], b.Estimate[bin]; high >= 0 && low >= 0 {
			doublings += math.Log2(max(high, leastEstimate) / max(low, leastEstimate))
			n++
		}
	}
	d.Ratio = math.Exp2(doublings / float64(n))
	if rtt := t.RTT[s.from:s.to]; slices.ContainsFunc(rtt, known) {
		d.RTT = 1000 * mean(rtt)
	}
	if loss := t.Loss[s.from:s.to]; slices.ContainsFunc(loss, known) {
		d.Loss = mean(loss)
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
