// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// stream returns the random generator of one named process of a run. Streams of
// different names are independent, so that one more flow or model leaves what the
// others draw unchanged.
func stream(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))

	// Simulation wants repeatability, not secrecy.
	return rand.New(rand.NewPCG(seed, h.Sum64())) //nolint:gosec // see above
}

// poissonDraw draws a Poisson number by Knuth's product of uniforms, which suits
// the small means that capacities in Mbps have.
func poissonDraw(r *rand.Rand, mean float64) int {
	limit := math.Exp(-mean)
	n := 0
	for p := r.Float64(); p > limit; p *= r.Float64() {
		n++
	}

	return n
}
