// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"math"
	"slices"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

const (
	// overBy is by how much an estimate must be above the capacity to count as over it.
	overBy = 0.05
	// sentWindow is over how many bins the sent rate is averaged before an estimate is
	// compared with it.
	sentWindow = 10
	// sentBy is the factor from which an estimate counts as above or below the sent rate.
	sentBy = 1.25
)

// Comparison is one estimate over a session against what else is known of it. Figures are
// over the bins of [timeline.Bin] that have both sides.
type Comparison struct {
	Controller string `json:"controller"`
	// Error says why the controller failed, empty where it did not; what follows is of the
	// time before.
	Error string `json:"error,omitempty"`
	// Mean is the mean estimate, nil where there is none.
	Mean *bwe.Bitrate `json:"estimate_mean_bps,omitempty"`
	// Capacity is nil where the recording does not know it, or the path carried nothing.
	Capacity *AgainstCapacity `json:"capacity,omitempty"`
	// Recorder compares the estimate with the recorder's, RecorderDelayBased the estimates
	// by delay alone; each is nil where the recording does not have it.
	Recorder           *Difference `json:"recorder,omitempty"`
	RecorderDelayBased *Difference `json:"recorder_delay_based,omitempty"`
	// AboveSent and BelowSent are the shares of the time in which the estimate is above
	// 1.25 times the rate that was sent over the second before, or that above 1.25 times
	// the estimate: in the first the media tests nothing of what the estimate promises, in
	// the second it goes on at more than the estimate asks for. Both are nil where there is no
	// estimate, or the recording does not have what was sent.
	AboveSent *float64 `json:"above_sent,omitempty"`
	BelowSent *float64 `json:"below_sent,omitempty"`
}

// AgainstCapacity compares an estimate with what the path carried.
type AgainstCapacity struct {
	// ShareOver is the share of the time with an estimate more than 5 % above the capacity.
	ShareOver float64 `json:"share_over"`
	// Over and Under are the mean distances above and below it as shares of it. What is
	// above counts as zero for Under, and the reverse.
	Over  float64 `json:"over"`
	Under float64 `json:"under"`
	// Falls and Rises are how the estimate followed the capacity.
	Falls Reactions `json:"falls"`
	Rises Reactions `json:"rises"`
}

// Difference is how far two estimates are apart.
type Difference struct {
	// Median and P95 are quantiles of the absolute difference as a share of the recorder's.
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	// Correlation is Pearson's, nil where either does not move.
	Correlation *float64 `json:"correlation,omitempty"`
}

// Compare compares one track of a timeline.
func Compare(t *timeline.Timeline, track *timeline.Track) Comparison {
	c := Comparison{Controller: track.Name, Capacity: againstCapacity(track.Estimate, t.Capacity)}
	if r := t.Recorded; r != nil && r != track {
		c.Recorder = difference(track.Estimate, r.Estimate)
		c.RecorderDelayBased = difference(track.DelayBased, r.DelayBased)
	}
	if slices.ContainsFunc(track.Estimate, known) {
		m := bwe.Bitrate(mean(track.Estimate))
		c.Mean = &m
		if t.Totals.PacketsSent > 0 {
			c.AboveSent, c.BelowSent = againstSent(track.Estimate, t.Sent)
		}
	}

	return c
}

func againstCapacity(estimate, capacity timeline.Signal) *AgainstCapacity {
	a := &AgainstCapacity{}
	bins, over := 0, 0
	for i, e := range estimate {
		c := capacity.At(i)
		if !(e >= 0) || !(c > 0) {
			continue
		}
		bins++
		ratio := e / c
		if ratio > 1+overBy {
			over++
		}
		a.Over += max(0, ratio-1)
		a.Under += max(0, 1-ratio)
	}
	if bins == 0 {
		return nil
	}
	n := float64(bins)
	a.ShareOver, a.Over, a.Under = float64(over)/n, a.Over/n, a.Under/n
	a.Falls, a.Rises = reactions(estimate, capacity)

	return a
}

func difference(estimate, recorded timeline.Signal) *Difference {
	var x, y, apart []float64
	for i, e := range estimate {
		if r := recorded.At(i); e >= 0 && r > 0 {
			x, y = append(x, e), append(y, r)
			apart = append(apart, math.Abs(e-r)/r)
		}
	}
	if len(x) == 0 {
		return nil
	}
	slices.Sort(apart)

	return &Difference{Median: quantile(apart, 0.5), P95: quantile(apart, 0.95), Correlation: correlation(x, y)}
}

// quantile returns the nearest rank of what is sorted.
func quantile(sorted []float64, q float64) float64 {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func correlation(x, y []float64) *float64 {
	mx, my := mean(x), mean(y)
	var xx, yy, xy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xx += dx * dx
		yy += dy * dy
		xy += dx * dy
	}
	if xx == 0 || yy == 0 {
		return nil
	}
	// Rounding may lead a little beyond the ends.
	r := min(max(xy/math.Sqrt(xx*yy), -1), 1)

	return &r
}

// mean returns the mean of what is known, zero where nothing is.
func mean(values []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range values {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	if n == 0 {
		return 0
	}

	return sum / float64(n)
}

func againstSent(estimate, sent timeline.Signal) (above, below *float64) {
	sum, bins, over, under := 0.0, 0, 0.0, 0.0
	for i := range sent {
		sum += sent[i]
		if i >= sentWindow {
			sum -= sent[i-sentWindow]
		}
		e := estimate.At(i)
		if !(e >= 0) {
			continue
		}
		bins++
		switch rate := sum / float64(min(i+1, sentWindow)); {
		case e > sentBy*rate:
			over++
		case rate > sentBy*e:
			under++
		}
	}
	if bins == 0 {
		return nil, nil
	}
	over /= float64(bins)
	under /= float64(bins)

	return &over, &under
}

// tracks are the recorder's, where there is one, and those of the controllers.
func tracks(t *timeline.Timeline) []*timeline.Track {
	if t.Recorded == nil || t.Recorded.Estimate == nil {
		return t.Replayed
	}

	return append([]*timeline.Track{t.Recorded}, t.Replayed...)
}
