// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compare

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is a mean and what is known of it.
type Interval struct {
	Mean float64
	// Low and High bound it with the confidence of the [Config]; they are only meant where
	// Over is not empty.
	Low, High float64
	Over      Sample
}

// Sample says what an interval generalises over.
type Sample string

// What intervals generalise over.
const (
	// Seeds: the same scenarios with other random numbers.
	Seeds Sample = "seeds"
	// Scenarios: other scenarios like these.
	Scenarios Sample = "scenarios"
)

// Excludes tells that the interval is known and does not hold the value.
func (i *Interval) Excludes(v float64) bool { return i.Over != "" && (v < i.Low || v > i.High) }

// acrossSeeds returns the mean of the groups' means with an interval over the values
// within them, and the probability of a mean as far from zero where the true one is zero:
// Student's t, with Welch's degrees of freedom by Satterthwaite where there are several
// groups. The groups themselves are taken as given. Nothing but the mean is known where
// one of them has a single value.
func acrossSeeds(groups [][]float64, confidence float64) (i Interval, p float64) {
	mean, variance := 0.0, 0.0
	// shares are the groups' of the variance of the mean.
	shares := make([]float64, len(groups))
	known := true
	k := float64(len(groups))
	for n, g := range groups {
		m, sd := deviation(g)
		mean += m / k
		if len(g) < 2 {
			known = false

			continue
		}
		shares[n] = sd * sd / float64(len(g)) / (k * k)
		variance += shares[n]
	}
	switch {
	case !known:
		return Interval{Mean: mean}, 1
	case variance == 0 && mean == 0:
		return Interval{Over: Seeds}, 1
	case variance == 0:
		return Interval{Mean: mean, Low: mean, High: mean, Over: Seeds}, 0
	}
	spread := 0.0
	for n, g := range groups {
		// Divided first, as squares of what is tiny would be zero.
		spread += (shares[n] / variance) * (shares[n] / variance) / float64(len(g)-1)
	}
	t := distuv.StudentsT{Sigma: 1, Nu: 1 / spread}
	standardError := math.Sqrt(variance)
	reach := t.Quantile(1-(1-confidence)/2) * standardError

	return Interval{Mean: mean, Low: mean - reach, High: mean + reach, Over: Seeds}, 2 * t.Survival(math.Abs(mean)/standardError)
}

// noise is what rounding makes of zero, as a share of the numbers that are added.
const noise = 1e-12

// deviation returns mean and standard deviation, the latter zero where it is nothing but
// rounding or there is one value.
func deviation(values []float64) (mean, sd float64) {
	if len(values) == 1 {
		return values[0], 0
	}
	mean, sd = stat.MeanStdDev(values, nil)
	most := 0.0
	for _, v := range values {
		most = max(most, math.Abs(v))
	}
	if sd <= noise*most {
		sd = 0
	}

	return mean, sd
}

// acrossScenarios returns the mean of the scenarios' means with an interval over the
// scenarios, of which there are at least two: a bootstrap, as effects differ from scenario to
// scenario in ways that are anything but normal. Whole scenarios are drawn, since the noise
// of their seeds is in their means already (Davison and Hinkley, section 3.8). The quantiles
// are those of Student's t and not the nominal ones, and the deviation is that of a sample,
// without which so few scenarios would make the interval too narrow (Hesterberg, What
// Teachers Should Know About the Bootstrap, 2015, section 5.3).
func acrossScenarios(means []float64, resamples int, confidence float64, random *rand.Rand) Interval {
	k := float64(len(means))
	drawn := make([]float64, resamples)
	for i := range drawn {
		for range means {
			drawn[i] += means[random.IntN(len(means))] / k
		}
	}
	slices.Sort(drawn)
	t := distuv.StudentsT{Sigma: 1, Nu: k - 1}.Quantile(1 - (1-confidence)/2)
	tail := distuv.UnitNormal.Survival(math.Sqrt(k/(k-1)) * t)
	place := min(max(0, int(math.Round(tail*float64(resamples+1)))-1), resamples-1)
	mean := stat.Mean(means, nil)

	// Rounding may put the mean of equal values beside them.
	return Interval{Mean: mean, Low: min(mean, drawn[place]), High: max(mean, drawn[resamples-1-place]), Over: Scenarios}
}

// holm corrects the probabilities of several tests so that the chance of any false alarm
// among them stays what it is for one (Holm 1979).
func holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	out := make([]float64, len(p))
	least := 0.0
	for rank, i := range order {
		least = max(least, min(1, p[i]*float64(len(p)-rank)))
		out[i] = least
	}

	return out
}
