// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"math"
	"time"

	"github.com/rtmcc/rtmcc/internal/netsim"
)

// counts are what became of the packets of one direction.
type counts struct {
	// Packets and Bytes entered the path.
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
	// Delivered is what left it through a port.
	Delivered      uint64 `json:"delivered"`
	DeliveredBytes uint64 `json:"delivered_bytes"`
	// The others are packets that did not: taken by a full queue, by the loss process,
	// by an outage, refused by the port, and still on the path at the end.
	DroppedQueue  uint64 `json:"dropped_queue"`
	DroppedLoss   uint64 `json:"dropped_loss"`
	DroppedOutage uint64 `json:"dropped_outage"`
	Refused       uint64 `json:"refused"`
	Unfinished    uint64 `json:"unfinished"`
}

// DirectionSummary is the figures of one direction. Packets is the sum of Delivered,
// the dropped ones, Refused, Unfinished and, while it runs, those on their way.
type DirectionSummary struct {
	counts

	// Overrun is packets that came while too many were on the path (65,536 or 256 MiB
	// of buffers), and never entered it.
	Overrun uint64 `json:"overrun"`
	// Queue50 and Queue99 are quantiles of the time in queues of the packets that
	// crossed the path, in milliseconds.
	Queue50 float64 `json:"queue_p50_ms"`
	Queue99 float64 `json:"queue_p99_ms"`
	// Late50, Late99 and LateMax say how much later than due packets left, in
	// microseconds.
	Late50  float64 `json:"late_p50_us"`
	Late99  float64 `json:"late_p99_us"`
	LateMax float64 `json:"late_max_us"`
}

// Summary is the figures of an emulation.
type Summary struct {
	Scenario string `json:"scenario"`
	Seed     uint64 `json:"seed"`
	// DurationSeconds is the scenario's time.
	DurationSeconds float64          `json:"duration_s"`
	Forward         DirectionSummary `json:"forward"`
	Backward        DirectionSummary `json:"backward"`
	// LogRowsLost is rows that the log left out because its writer was too slow.
	LogRowsLost uint64 `json:"log_rows_lost"`
}

// Summary returns the figures so far. Those of delays are filled in after
// [Emulator.Run] has returned.
func (e *Emulator) Summary() Summary {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := Summary{
		Scenario: e.cfg.Scenario.Name, Seed: e.cfg.Seed, DurationSeconds: time.Duration(e.ended).Seconds(),
		LogRowsLost: e.log.rowsLost(),
	}
	if e.running && !e.closed {
		s.DurationSeconds = (time.Since(e.created) - e.start).Seconds()
	}
	for d, out := range map[netsim.Direction]*DirectionSummary{netsim.Forward: &s.Forward, netsim.Backward: &s.Backward} {
		out.counts, out.Overrun = e.published[d], e.overrun[d]
		if !e.closed {
			continue
		}
		k := &e.delays[d]
		out.Queue50, out.Queue99 = k.queue.quantile(0.5)/1e6, k.queue.quantile(0.99)/1e6
		out.Late50, out.Late99 = k.lateness.quantile(0.5)/1e3, k.lateness.quantile(0.99)/1e3
		out.LateMax = float64(k.lateness.most) / 1e3
	}

	return s
}

// delays are distributions of one direction.
type delays struct{ queue, lateness histogram }

func newDelays() delays {
	return delays{queue: newHistogram(100*time.Microsecond, 50_000), lateness: newHistogram(time.Microsecond, 50_000)}
}

// histogram counts durations in steps; what is beyond the last step is known by the
// largest alone.
type histogram struct {
	step  time.Duration
	bins  []uint64
	total uint64
	most  time.Duration
}

func newHistogram(step time.Duration, bins int) histogram {
	return histogram{step: step, bins: make([]uint64, bins)}
}

func (h *histogram) add(d time.Duration) {
	d = max(0, d)
	h.most = max(h.most, d)
	h.total++
	if i := int(d / h.step); i < len(h.bins) {
		h.bins[i]++
	}
}

// quantile returns the upper end of the step that the quantile q is in, in
// nanoseconds, zero where nothing was counted.
func (h *histogram) quantile(q float64) float64 {
	if h.total == 0 {
		return 0
	}
	rank := max(1, uint64(math.Ceil(q*float64(h.total))))
	sum := uint64(0)
	for i, n := range h.bins {
		if sum += n; sum >= rank {
			return float64(min(h.most, time.Duration(i+1)*h.step))
		}
	}

	return float64(h.most)
}
