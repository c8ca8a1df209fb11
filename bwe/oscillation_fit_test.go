// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"flag"
	"math"
	"testing"
	"time"
)

var fitOscillation = flag.Bool("fit-oscillation", false, "fit the oscillation detector's weights anew and print them")

// TestFitOscillationWeights fits swingWeights on the training seed. A window's surest
// run of turning points depends on the weights, so that fitting and choosing take
// turns.
func TestFitOscillationWeights(t *testing.T) {
	if !*fitOscillation {
		t.Skip("run with -fit-oscillation")
	}
	old := swingWeights
	defer func() { swingWeights = old }()
	windows := corpus(trainSeed, 400, func(corpusClass) bool { return true })
	var seen []window
	var runs []swing
	for range 8 {
		for _, w := range windows {
			if s := surestOf(w); s.turns > 0 {
				seen, runs = append(seen, w), append(runs, s)
			}
		}
		swingWeights = logisticRegression(seen, runs)
		t.Logf("%.3f", swingWeights)
	}
}

// surestOf returns the run with the most evidence that any judgement of w saw.
func surestOf(w window) swing {
	d, err := NewOscillationDetector(DefaultOscillation())
	if err != nil {
		panic(err)
	}
	best := noSwing
	for i, x := range w.samples {
		d.OnEstimate(Time(i)*Time(time.Second/corpusHz), Bitrate(x))
		if s := d.surest(); s.bits > best.bits {
			best = s
		}
	}

	return best
}

// logisticRegression is gradient descent with momentum and a little shrinkage on
// standardised evidence. A window without a swing counts three times: a false alarm
// costs more than a miss.
func logisticRegression(windows []window, runs []swing) [evidenceKinds]float64 {
	var mean, spread [evidenceKinds]float64
	n := float64(len(runs))
	for _, s := range runs {
		for k, v := range s.evidence {
			mean[k] += v / n
			spread[k] += v * v / n
		}
	}
	for k := range mean {
		spread[k] = math.Sqrt(spread[k]-mean[k]*mean[k]) + 1e-9
	}
	mean[evidenceConstant], spread[evidenceConstant] = 0, 1
	var w, velocity [evidenceKinds]float64
	for range 4000 {
		var gradient [evidenceKinds]float64
		for i, s := range runs {
			z := 0.0
			for k, v := range s.evidence {
				z += w[k] * (v - mean[k]) / spread[k]
			}
			truth, cost := 0.0, 3.0
			if windows[i].swings {
				truth, cost = 1, 1
			}
			miss := cost * (truth - 1/(1+math.Exp(-z)))
			for k, v := range s.evidence {
				gradient[k] += miss * (v - mean[k]) / spread[k]
			}
		}
		for k := range w {
			velocity[k] = 0.9*velocity[k] + 0.05*(10*gradient[k]/n-0.02*w[k])
			w[k] += velocity[k]
		}
	}
	out := [evidenceKinds]float64{evidenceConstant: w[evidenceConstant]}
	for k := 1; k < evidenceKinds; k++ {
		out[k] = w[k] / spread[k]
		out[evidenceConstant] -= out[k] * mean[k]
	}
	for k := range out {
		out[k] /= math.Ln2
	}

	return out
}
