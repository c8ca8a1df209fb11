// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// JitterKind names a process of extra delay.
type JitterKind string

// The kinds of jitter.
const (
	// JitterGaussian is RFC 8868's: a normal deviate of Deviation, clipped at three
	// of it and shifted so that it is never negative.
	JitterGaussian JitterKind = "gaussian"
	// JitterUniform is uniform from zero to Amplitude.
	JitterUniform JitterKind = "uniform"
	// JitterOU is an Ornstein-Uhlenbeck process: Mean, Deviation, and the time
	// constant Period over which it forgets.
	JitterOU JitterKind = "ou"
	// JitterSine swings from zero to Amplitude with Period.
	JitterSine JitterKind = "sine"
	// JitterSawtooth rises from zero to Amplitude over Rise, then falls to zero until
	// Period is over.
	JitterSawtooth JitterKind = "sawtooth"
	// JitterStall holds packets back as a busy Wi-Fi channel does: after exponential
	// times of mean Period comes a stall, uniform from Mean to Amplitude, at whose end
	// everything held is released. Between stalls up to Deviation, uniform.
	JitterStall JitterKind = "stall"
	// JitterBatch releases packets on a grid of Period, as the scheduler of a
	// cellular uplink does.
	JitterBatch JitterKind = "batch"
)

// Jitter is a process of extra delay after the queue.
type Jitter struct {
	Kind      JitterKind `json:"kind"`
	Mean      Duration   `json:"mean,omitzero"`
	Deviation Duration   `json:"deviation,omitzero"`
	Amplitude Duration   `json:"amplitude,omitzero"`
	Period    Duration   `json:"period,omitzero"`
	Rise      Duration   `json:"rise,omitzero"`
	// Reorder lets packets overtake each other. Otherwise a packet waits for those
	// before it.
	Reorder bool `json:"reorder,omitzero"`
}

// jitter is a Jitter at work.
type jitter struct {
	Jitter

	rng *rand.Rand
	// last is when the process was last asked; value is its state then.
	last  bwe.Time
	value float64
	// stallFrom and stallTo bound the present or coming stall.
	stallFrom, stallTo bwe.Time
}

func newJitter(cfg *Jitter, rng *rand.Rand) *jitter {
	if cfg == nil {
		return nil
	}
	j := &jitter{Jitter: *cfg, rng: rng, value: float64(cfg.Mean)}
	if j.Kind == JitterStall {
		j.nextStall(0)
	}

	return j
}

// draw returns the extra delay of a packet that leaves the queue at now. Times
// must not fall.
func (j *jitter) draw(now bwe.Time) time.Duration {
	switch j.Kind {
	case JitterGaussian:
		x := min(max(j.rng.NormFloat64(), -3), 3)

		return time.Duration((3 + x) * float64(j.Deviation))
	case JitterUniform:
		return time.Duration(j.rng.Float64() * float64(j.Amplitude))
	case JitterOU:
		return j.drift(now)
	case JitterSine:
		phase := 2 * math.Pi * float64(now) / float64(j.Period)

		return time.Duration(float64(j.Amplitude) / 2 * (1 + math.Sin(phase)))
	case JitterSawtooth:
		t := now % j.Period.time()
		if t > j.Rise.time() {
			return 0
		}

		return time.Duration(float64(j.Amplitude) * float64(t) / float64(j.Rise))
	case JitterStall:
		return j.stall(now)
	case JitterBatch:
		return time.Duration(j.Period.time() - now%j.Period.time())
	default:
		return 0
	}
}

func (j *jitter) drift(now bwe.Time) time.Duration {
	keep := math.Exp(-float64(now-j.last) / float64(j.Period))
	j.last = now
	mean := float64(j.Mean)
	j.value = mean + (j.value-mean)*keep + float64(j.Deviation)*math.Sqrt(1-keep*keep)*j.rng.NormFloat64()

	return time.Duration(max(0, j.value))
}

func (j *jitter) stall(now bwe.Time) time.Duration {
	for now >= j.stallTo {
		j.nextStall(j.stallTo)
	}
	base := time.Duration(j.rng.Float64() * float64(j.Deviation))
	if now >= j.stallFrom {
		return j.stallTo.Sub(now) + base
	}

	return base
}

func (j *jitter) nextStall(after bwe.Time) {
	j.stallFrom = after.Add(time.Duration(j.rng.ExpFloat64() * float64(j.Period)))
	length := float64(j.Mean) + j.rng.Float64()*float64(j.Amplitude-j.Mean)
	j.stallTo = j.stallFrom.Add(max(time.Millisecond, time.Duration(length)))
}
