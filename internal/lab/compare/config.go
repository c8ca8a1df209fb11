// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compare

import (
	"errors"
	"fmt"
	"math"
)

// ErrConfig is wrapped by what [Config.Validate] returns.
var ErrConfig = errors.New("compare: invalid config")

// Config bounds what counts as a difference.
type Config struct {
	// Confidence is that of the intervals, 0.5 to 0.999; 1 less it is the share of false
	// alarms that the verdicts of one report together may have.
	Confidence float64 `json:"confidence"`
	// Resamples is the number of bootstrap samples, 999 to 1,000,000 (Davison and Hinkley,
	// Bootstrap Methods and their Application, 1997).
	Resamples int `json:"resamples"`
	// LeastScenarios is how many scenarios a family must have for them to be taken for a
	// sample of all paths like them, 3 to 1000. With fewer, the interval is over the seeds
	// of these very scenarios. Below six, intervals over scenarios are too narrow.
	LeastScenarios int `json:"least_scenarios"`
	// Least are the smallest differences worth a word in a verdict.
	Least Least `json:"least"`
}

// Least are the smallest differences that count, each 0 to the bound that is named.
type Least struct {
	// Utilisation is a share of the capacity, at most 1.
	Utilisation float64 `json:"utilisation"`
	// Queue is in milliseconds, at most 10,000; QueueShare a share of the longer one of the
	// two queues, at most 1. The larger of the two counts.
	Queue      float64 `json:"queue_p95_ms"`
	QueueShare float64 `json:"queue_p95_share"`
	// QueueTraded takes Queue's place where utilisation differs, 0 to 10,000: who uses
	// more of a path stands in its queue more often, and a viewer notices that only once
	// it takes from the player's store.
	QueueTraded float64 `json:"queue_p95_traded_ms"`
	// Loss is a share of the packets, at most 1.
	Loss float64 `json:"loss"`
	// Stalls is a number a minute, at most 60.
	Stalls float64 `json:"stalls_per_min"`
	// Jain is a difference of Jain's index of fairness, at most 1.
	Jain float64 `json:"jain"`
}

// Default returns the recommended bounds: differences that a viewer or an operator might
// notice.
func Default() Config {
	return Config{
		Confidence: 0.95, Resamples: 9999, LeastScenarios: 6,
		Least: Least{Utilisation: 0.02, Queue: 5, QueueShare: 0.05, QueueTraded: 20, Loss: 0.005, Stalls: 0.2, Jain: 0.02},
	}
}

// Validate returns an error that wraps [ErrConfig] and names the first value that is out
// of its bounds.
func (c *Config) Validate() error {
	for _, b := range []struct {
		name             string
		value, low, high float64
	}{
		{"confidence", c.Confidence, 0.5, 0.999},
		{"resamples", float64(c.Resamples), 999, 1_000_000},
		{"least_scenarios", float64(c.LeastScenarios), 3, 1000},
		{"least.utilisation", c.Least.Utilisation, 0, 1},
		{"least.queue_p95_ms", c.Least.Queue, 0, 10_000},
		{"least.queue_p95_share", c.Least.QueueShare, 0, 1},
		{"least.queue_p95_traded_ms", c.Least.QueueTraded, 0, 10_000},
		{"least.loss", c.Least.Loss, 0, 1},
		{"least.stalls_per_min", c.Least.Stalls, 0, 60},
		{"least.jain", c.Least.Jain, 0, 1},
	} {
		if math.IsNaN(b.value) || b.value < b.low || b.value > b.high {
			return fmt.Errorf("%w: %s is %v, want %v to %v", ErrConfig, b.name, b.value, b.low, b.high)
		}
	}

	return nil
}

// least returns what the difference of a metric must reach to count. traded tells that
// utilisation differs as well.
func (c *Config) least(m Metric, d *Difference, traded bool) float64 {
	switch m {
	case Utilisation:
		return c.Least.Utilisation
	case Queue:
		least := c.Least.Queue
		if traded {
			least = c.Least.QueueTraded
		}

		return max(least, c.Least.QueueShare*max(d.Controller, d.Baseline))
	case Loss:
		return c.Least.Loss
	case Stalls:
		return c.Least.Stalls
	case Jain:
		return c.Least.Jain
	default:
		return 0
	}
}
