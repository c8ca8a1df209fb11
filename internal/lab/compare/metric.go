// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compare

import "github.com/rtmcc/rtmcc/internal/netsim"

// Metric is a figure of a run by which controllers are compared.
type Metric int

// The metrics, in the order of the table. Those up to [Jain] decide verdicts.
const (
	// Utilisation to Falls are as in [netsim.Result]. Utilisation is at most one: what is
	// above is nothing but repeated packets. TimeTo90 is the length of the run where 90 %
	// was never reached.
	Utilisation Metric = iota
	Queue
	Loss
	Stalls
	// Jain is compared only where several flows share a path.
	Jain
	TimeTo90
	Variation
	Falls
	metrics
)

// deciding is the number of metrics that decide verdicts, which are the first.
const deciding = Jain + 1

// about says how a metric is shown.
var about = [metrics]struct {
	// name is that of the field of [netsim.Result].
	name string
	// head and unit are those of its column, in which it is multiplied by scale and has so
	// many decimals.
	head, unit string
	scale      float64
	decimals   int
	// more tells that more of it is better.
	more bool
	// words are "more" and "less" of it.
	words [2]string
}{
	Utilisation: {"utilisation", "util", "%", 100, 1, true, [2]string{"% more utilisation", "% less utilisation"}},
	Queue:       {"queue_p95_ms", "q95", "ms", 1, 1, false, [2]string{"ms more queue", "ms less queue"}},
	Loss:        {"loss", "loss", "%", 100, 2, false, [2]string{"points more loss", "points less loss"}},
	Stalls:      {"stalls_per_min", "stalls", "/min", 1, 2, false, [2]string{"more stalls a minute", "fewer stalls a minute"}},
	Jain:        {"jain", "jain", "", 1, 3, true, [2]string{"more of Jain's index", "less of Jain's index"}},
	TimeTo90:    {"time_to_90_s", "t90", "s", 1, 1, false, [2]string{"s longer to 90 %", "s shorter to 90 %"}},
	Variation:   {"target_cv", "cv", "", 1, 3, false, [2]string{"more variation", "less variation"}},
	Falls:       {"falls_per_min", "falls", "/min", 1, 2, false, [2]string{"more falls a minute", "fewer falls a minute"}},
}

// String returns the name of the metric in JSON and CSV.
func (m Metric) String() string { return about[m].name }

// Figures are a run's metrics.
type Figures [metrics]float64

// figures picks the metrics out of a result.
func figures(r *netsim.Result) Figures {
	f := Figures{
		Utilisation: min(1, r.Utilisation), Queue: r.Queue95, Loss: r.Loss, Stalls: r.Stalls, Jain: r.Jain,
		TimeTo90: r.TimeTo90, Variation: r.TargetCV, Falls: r.Falls,
	}
	if r.TimeTo90 < 0 {
		f[TimeTo90] = r.Duration
	}

	return f
}
