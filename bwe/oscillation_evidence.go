// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "math"

const (
	// turnsJudged is the least number of turning points that say anything: two cycles.
	turnsJudged = 5
	// swingPhases is the number of points at which cycles are laid over one another.
	swingPhases = 16
	// confidenceBits is the evidence above the start threshold that halves the doubt.
	confidenceBits = 4
)

// Floors of the spreads below, so that a clean series does not count as endless
// evidence.
const (
	// spreadSlots is a variance of intervals, in slots squared.
	spreadSlots = 0.1
	// spreadFalling is a deviation of the falling part of the cycle.
	spreadFalling = 0.02
	// spreadShape is a part of the variance that the mean cycle leaves.
	spreadShape = 0.02
	// spreadRate is a relative deviation of climbs and falls.
	spreadRate = 0.05
)

// The kinds of evidence. A spread enters as its negative logarithm times the number of
// values that it is taken over, which is how chance falls with their number.
const (
	evidenceConstant = iota
	// evidenceInterval: peaks follow peaks, and troughs troughs, at the same distance.
	evidenceInterval
	// evidenceFalling: the same part of each cycle falls.
	evidenceFalling
	// evidenceAsymmetry: falls and climbs differ in length, as in a sawtooth.
	evidenceAsymmetry
	// evidencePeriod: among swings of so few cycles, chance makes more fast ones.
	evidencePeriod
	// evidenceShape, evidenceShapeWorse: the cycles, cut at the peaks or at the troughs,
	// lie on one another, in the better and the worse of the two ways to cut.
	evidenceShape
	evidenceShapeWorse
	// evidenceRoughness: the way from peak to trough and back has detours.
	evidenceRoughness
	// evidenceClimb: it climbs at the same rate each time, as an estimator's increase
	// does even where overuse comes at odd times.
	evidenceClimb
	// evidenceFall: it falls by the same share each time, as by a decrease factor.
	evidenceFall
	evidenceKinds
)

// swingWeights turn the kinds of evidence into bits, the binary logarithm of the odds
// for a swing up to a constant. They are a logistic regression on the training seed of
// the corpus in the tests, where one test with a flag fits them anew.
var swingWeights = [evidenceKinds]float64{
	evidenceConstant:   -23.5,
	evidenceInterval:   0.129,
	evidenceFalling:    0.03,
	evidenceAsymmetry:  5.7,
	evidencePeriod:     3.36,
	evidenceShape:      0.338,
	evidenceRoughness:  -0.373,
	evidenceShapeWorse: 0.344,
	evidenceClimb:      0.348,
	evidenceFall:       0.14,
}

// swing is what a run of turning points says.
type swing struct {
	bits float64
	// period is in slots, depth a fraction of the peak.
	period, depth float64
	// first and last are the slots of the run's ends.
	first, last int32
	turns       int
	evidence    [evidenceKinds]float64
	// overlaid tells that the way between the turning points has been looked at.
	overlaid bool
}

// noSwing is less evidence than any.
var noSwing = swing{bits: math.Inf(-1)}

// running is a mean and spread that grows by one value at a time.
type running struct{ n, sum, squares float64 }

func (r *running) add(x float64) {
	r.n++
	r.sum += x
	r.squares += float64(x * x)
}

func (r *running) mean() float64 { return r.sum / r.n }

func (r *running) variance() float64 {
	m := r.mean()

	return max(0, r.squares/r.n-float64(m*m))
}

// measure returns the run of z's newest turning points that is the
// surest evidence of a swing as far as the turning points themselves tell.
func (d *OscillationDetector) measure(z *zigzag) swing {
	best := noSwing
	least, most := float64(d.cfg.MinPeriod/oscillationSlot), float64(d.cfg.MaxPeriod/oscillationSlot)
	var interval, falling, climb, fall running
	// Of peaks and of troughs.
	var level [2]running
	for i := range z.held() {
		t := z.back(i)
		if t.slot <= d.slot-oscillationSlots {
			break
		}
		kind := i % 2
		if z.rising {
			kind = 1 - kind
		}
		level[kind].add(float64(t.level))
		if i >= 1 {
			after := z.back(i - 1)
			if kind == 0 {
				fall.add(1 - float64(after.level)/float64(t.level))
			} else {
				climb.add(log2(float64(after.level)/float64(t.level)) / float64(after.slot-t.slot))
			}
		}
		if i >= 2 {
			mid, after := z.back(i-1), z.back(i-2)
			length := float64(after.slot - t.slot)
			interval.add(length)
			if kind == 0 {
				falling.add(float64(mid.slot-t.slot) / length)
			} else {
				falling.add(float64(after.slot-mid.slot) / length)
			}
		}
		if i < turnsJudged-1 {
			continue
		}
		period, peak, trough := interval.mean(), level[0].mean(), level[1].mean()
		if period > most {
			break
		}
		depth := 1 - trough/peak
		if period < least || depth < d.cfg.MinDepth {
			continue
		}
		evidence := [evidenceKinds]float64{
			evidenceConstant:  1,
			evidenceInterval:  interval.n * log2(period/math.Sqrt(interval.variance()+spreadSlots)),
			evidenceFalling:   falling.n * -log2(math.Sqrt(falling.variance()+spreadFalling*spreadFalling)),
			evidenceAsymmetry: math.Abs(2*falling.mean() - 1),
			evidencePeriod:    log2(period),
			evidenceClimb:     climb.n * -log2(math.Sqrt(climb.variance())/climb.mean()+spreadRate),
			evidenceFall:      fall.n * -log2(math.Sqrt(fall.variance())/fall.mean()+spreadRate),
		}
		if bits := weigh(&evidence); bits > best.bits {
			best = swing{
				bits: bits, period: period, depth: depth, first: t.slot, last: z.back(0).slot,
				turns: i + 1, evidence: evidence,
			}
		}
	}

	return best
}

func weigh(evidence *[evidenceKinds]float64) float64 {
	bits := 0.0
	for k, w := range swingWeights {
		bits += float64(w * evidence[k])
	}

	return bits
}

// overlay adds the evidence of the way between the turning points of z's swing.
func (d *OscillationDetector) overlay(z *zigzag) {
	s := &z.swing
	travel, level := 0.0, 0.0
	for i := s.first + 1; i <= s.last; i++ {
		x := d.slotLevel(i)
		travel += math.Abs(x - d.slotLevel(i-1))
		level += x
	}
	level /= float64(s.last - s.first)
	cycles, repeats := float64(s.turns-1)/2, float64(s.turns-3)/2
	near, far := d.cyclesApart(z, s, 0), d.cyclesApart(z, s, 1)
	s.evidence[evidenceShape] = repeats * -log2(min(near, far)+spreadShape)
	s.evidence[evidenceShapeWorse] = repeats * -log2(max(near, far)+spreadShape)
	s.evidence[evidenceRoughness] = log2(travel / cycles / (2 * s.depth * level))
	s.bits, s.overlaid = weigh(&s.evidence), true
}

// cyclesApart lays the cycles of s that begin and end at every second turning point
// over one another, each stretched to the same length, and returns the variance
// between them as a part of the variance of their mean: near 0 for a limit cycle.
func (d *OscillationDetector) cyclesApart(z *zigzag, s *swing, from int) float64 {
	var phase [swingPhases]running
	cycles := 0.0
	for i := from; i+2 < s.turns; i += 2 {
		a, b := float64(z.back(i+2).slot), float64(z.back(i).slot)
		var cycle [swingPhases]float64
		sum := 0.0
		for k := range cycle {
			cycle[k] = d.levelAt(a + float64((b-a)*(float64(k)/swingPhases)))
			sum += cycle[k]
		}
		for k := range phase {
			phase[k].add(cycle[k] * swingPhases / sum)
		}
		cycles++
	}
	if cycles < 2 {
		return 1
	}
	var mean running
	between := 0.0
	for k := range phase {
		mean.add(phase[k].mean())
		between += phase[k].variance()
	}
	between *= cycles / (cycles - 1) / swingPhases
	// A swing whose mean cycle is flat is none.
	if within := mean.variance(); within > 0 {
		return min(1, between/within)
	}

	return 1
}

func (d *OscillationDetector) slotLevel(slot int32) float64 {
	return float64(d.ring[slot%oscillationSlots])
}

// levelAt interpolates between slots.
func (d *OscillationDetector) levelAt(slot float64) float64 {
	i := int32(slot)
	a, b := d.slotLevel(i), d.slotLevel(min(i+1, d.slot-1))

	return a + float64((b-a)*(slot-float64(i)))
}

// log2 approximates the binary logarithm of a positive finite x to within 0.01. The
// standard library's differs between architectures, and the same inputs must give
// the same events everywhere.
func log2(x float64) float64 {
	const fraction = 1<<52 - 1
	bits := math.Float64bits(x)
	exponent := float64(int64(bits>>52) - 1023)
	m := math.Float64frombits(bits&fraction | 1023<<52)

	return exponent + float64(m*(2-float64(m/3))) - 5.0/3
}
