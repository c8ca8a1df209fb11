// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compare

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
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

// group is what the runs of one scenario came to, and under which seeds, which count from
// zero.
type group struct {
	seeds  []int
	values []float64
	// step is by how much a value changes at the least where it counts something, else zero.
	step float64
}

func (g *group) add(seed int, value float64) {
	g.seeds, g.values = append(g.seeds, seed), append(g.values, value)
}

// acrossSeeds returns the mean of the groups' means with an interval over the seeds, and the
// probability of a mean as far from zero where the true one is zero: Student's t. The groups
// themselves are taken as given. As a seed draws the same random numbers in all scenarios,
// what it does to one it may do to the others: the variance is that of the seeds' shares of
// the mean, which is where the seeds are clusters (Liang and Zeger 1986), and not the sum of
// the groups'. The degrees of freedom are those of the group with the fewest values. Nothing
// but the mean is known where that is one.
//
// Counts may come out the same under a few seeds and yet be chance: a mean that is not zero
// is held for no surer than one count more in one run would leave it. Where nothing varies,
// the probability is the least that the test of signs knows.
func acrossSeeds(groups []group, confidence float64) (i Interval, p float64) {
	mean, most, count := 0.0, 0.0, 0.0
	// shares are what each seed adds to the mean beside what is expected.
	var shares []float64
	fewest := len(groups[0].values)
	for _, g := range groups {
		m, sd := deviation(g.values)
		weight := 1 / float64(len(groups))
		mean += m * weight
		fewest = min(fewest, len(g.values))
		count = max(count, g.step*weight/float64(len(g.values)))
		for n, seed := range g.seeds {
			most = max(most, math.Abs(g.values[n]))
			shares = append(shares, make([]float64, max(0, seed+1-len(shares)))...)
			if sd > 0 {
				shares[seed] += (g.values[n] - m) * weight / float64(len(g.values))
			}
		}
	}
	freedom := float64(fewest - 1)
	standardError := math.Sqrt((freedom+1)/max(freedom, 1)) * floats.Norm(shares, 2)
	if standardError <= noise*most {
		standardError = 0
	}
	if mean != 0 {
		standardError = max(standardError, count)
	}
	switch {
	case fewest < 2:
		return Interval{Mean: mean}, 1
	case standardError == 0 && mean == 0:
		return Interval{Over: Seeds}, 1
	case standardError == 0:
		return Interval{Mean: mean, Low: mean, High: mean, Over: Seeds}, math.Exp2(-freedom)
	}
	t := distuv.StudentsT{Sigma: 1, Nu: freedom}
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
