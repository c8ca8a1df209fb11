// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package specimen

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/rtmcc/rtmcc/internal/netsim"
)

// draw is where a specimen's figures come from.
type draw struct{ *rand.Rand }

func (d *draw) uniform(low, high float64) float64 { return low + (high-low)*d.Float64() }

// ratio draws from low to high, all factors alike likely.
func (d *draw) ratio(low, high float64) float64 {
	return low * math.Pow(high/low, d.Float64())
}

func (d *draw) chance(p float64) bool { return d.Float64() < p }

func (d *draw) milliseconds(low, high float64) netsim.Duration {
	return netsim.Duration(d.uniform(low, high) * float64(time.Millisecond))
}

// length draws a session's, in seconds.
func (d *draw) length() float64 { return math.Round(d.uniform(60, 150)) }

func seconds(s float64) netsim.Duration { return netsim.Duration(s * float64(time.Second)) }

// jitter draws a jitter process that nobody would call healthy, and healthy ones.
func (d *draw) jitter() *netsim.Jitter {
	switch d.IntN(6) {
	case 0:
		return &netsim.Jitter{Kind: netsim.JitterUniform, Amplitude: d.milliseconds(80, 120)}
	case 1, 2:
		return &netsim.Jitter{
			Kind: netsim.JitterOU, Mean: d.milliseconds(25, 35), Deviation: d.milliseconds(16, 24), Period: d.milliseconds(150, 1000),
		}
	case 3:
		return &netsim.Jitter{Kind: netsim.JitterGaussian, Deviation: d.milliseconds(12, 17)}
	case 4:
		return &netsim.Jitter{
			Kind: netsim.JitterStall, Mean: 20 * netsim.Duration(time.Millisecond), Amplitude: d.milliseconds(100, 140),
			Deviation: d.milliseconds(2, 5), Period: d.milliseconds(500, 900),
		}
	default:
		return &netsim.Jitter{
			Kind: netsim.JitterSawtooth, Amplitude: d.milliseconds(50, 80), Rise: d.milliseconds(400, 800), Period: d.milliseconds(1200, 2500),
		}
	}
}

// calm is jitter as every path has.
func (d *draw) calm() *netsim.Jitter {
	return &netsim.Jitter{Kind: netsim.JitterGaussian, Deviation: d.milliseconds(0.2, 1.5)}
}
