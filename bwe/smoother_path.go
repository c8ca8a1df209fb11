// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

const (
	floorBuckets = 8
	// jitterBin and jitterBins span the delays that jitter is learnt over, 256 ms.
	jitterBin  = 4 * time.Millisecond
	jitterBins = 64
	// jitterMemory is the number of samples after which the weight of the older ones
	// is halved: about a minute of feedback.
	jitterMemory = 1200
	// jitterLeast is the number of samples before the path's jitter counts as known.
	jitterLeast = 60
	// jitterEvery is the number of samples from one look at the quantiles to the next.
	jitterEvery = 8
	// The path's own jitter explains delays up to its 97 % quantile and a part of the
	// way from the median to there more, for rarer ones than were seen.
	jitterShare  = 0.97
	jitterBeyond = 0.6
	// doubtedJitter divides the weight of what was learnt before a step back, and
	// jitterSettled is the number of samples that then count as enough.
	doubtedJitter = 8
	jitterSettled = 100
	// usualLossTime is the time constant of the path's usual loss, and usualLossSpread
	// the multiple of it that chance explains.
	usualLossTime   = 10 * time.Second
	usualLossSpread = 1.5
)

// floorWindows are the spans over which the least queueing delay is taken. Jitter is
// high over short spans and gone over long ones; a queue of our own stays.
var floorWindows = [...]time.Duration{0, 200 * time.Millisecond, 800 * time.Millisecond, 3200 * time.Millisecond}

// The floors that some rules start from.
const (
	floorNow = iota
	floorShort
	floorMiddle
	floorLong
)

// floor is the least of a signal over a sliding window.
type floor struct {
	buckets [floorBuckets]time.Duration
	since   Time
	current int
	filled  int
}

func (f *floor) add(now Time, v, window time.Duration) time.Duration {
	width := window / (floorBuckets - 1)
	if width == 0 || f.filled == 0 || now < f.since || now.Sub(f.since) > window {
		f.current, f.filled, f.since = 0, 1, now
		f.buckets[0] = v

		return v
	}
	for now.Sub(f.since) >= width {
		f.since = f.since.Add(width)
		f.current = (f.current + 1) % floorBuckets
		f.filled = min(f.filled+1, floorBuckets)
		f.buckets[f.current] = v
	}
	f.buckets[f.current] = min(f.buckets[f.current], v)
	for _, b := range f.buckets[:f.filled] {
		v = min(v, b)
	}

	return v
}

// jitter learns how high a floor lies on a path without a queue of our own.
type jitter struct {
	counts [jitterBins]uint16
	total  int
	// limit is the highest delay that the path's own jitter explains.
	limit time.Duration
	// settled is the number of samples from which on the limit may fall again.
	settled int
}

func (j *jitter) learn(v time.Duration) {
	j.counts[min(max(v/jitterBin, 0), jitterBins-1)]++
	j.total++
	if j.total >= jitterMemory {
		j.forget(2)
	}
	if j.total%jitterEvery != 0 {
		return
	}
	half, high := j.quantile(0.5), j.quantile(jitterShare)
	limit := high + time.Duration(jitterBeyond*float64(high-half))
	if j.total >= j.settled {
		j.settled, j.limit = 0, limit
	}
	j.limit = max(j.limit, limit)
}

// doubt makes what is learnt from now on count for more than what was learnt before.
func (j *jitter) doubt() {
	j.forget(doubtedJitter)
	j.settled = j.total + jitterSettled
}

// forget leaves what was learnt an n-th of its weight.
func (j *jitter) forget(n uint16) {
	j.total = 0
	for i := range j.counts {
		j.counts[i] /= n
		j.total += int(j.counts[i])
	}
}

func (j *jitter) quantile(share float64) time.Duration {
	below, most := 0, int(share*float64(j.total))
	for i, n := range j.counts {
		if below += int(n); below > most {
			return time.Duration(i+1) * jitterBin
		}
	}

	return jitterBins * jitterBin
}

// pathHealth tells what the path does by itself, jitter and random loss, from what
// our own rate does to it.
type pathHealth struct {
	floors [len(floorWindows)]floor
	// least is the delay's floor over each window now, usual the path's own.
	least [len(floorWindows)]time.Duration
	usual [len(floorWindows)]jitter

	loss      float64
	usualLoss float64
	begun     bool
}

// observe takes in a feedback's figures. It learns from them where the rate is not
// held to be the cause of what they show.
func (p *pathHealth) observe(in *SmootherInput, elapsed time.Duration, learn bool) {
	p.loss = 0
	if in.Loss >= 0 {
		p.loss = min(in.Loss, 1)
	}
	if !p.begun {
		p.begun, p.usualLoss = true, p.loss
	}
	if learn {
		p.usualLoss += float64(float64(elapsed) / float64(elapsed+usualLossTime) * (p.loss - p.usualLoss))
	}
	delay := in.QueueDelay
	if delay < 0 {
		delay = max(0, in.RTT-in.MinRTT)
	}
	for i, w := range floorWindows {
		p.least[i] = p.floors[i].add(in.At, delay, w)
		if learn {
			p.usual[i].learn(p.least[i])
		}
	}
}

// excess returns by how much delay exceeds the path's own jitter over the windows
// from the given one on.
func (p *pathHealth) excess(from int) time.Duration {
	most := p.least[from] - p.usual[from].limit
	for i := from + 1; i < len(floorWindows); i++ {
		most = max(most, p.least[i]-p.usual[i].limit)
	}

	return most
}

// lossRise returns by how much loss exceeds what the path's usual loss explains.
func (p *pathHealth) lossRise() float64 { return p.loss - float64(usualLossSpread*p.usualLoss) }

// known tells whether the path has been seen for long enough to know its jitter.
func (p *pathHealth) known() bool { return p.usual[floorNow].total >= jitterLeast }
