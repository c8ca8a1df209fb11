// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"time"

	"github.com/rtmcc/rtmcc/internal/histogram"
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
		out.Queue50, out.Queue99 = milliseconds(k.queue.Quantile(0.5)), milliseconds(k.queue.Quantile(0.99))
		out.Late50, out.Late99 = microseconds(k.lateness.Quantile(0.5)), microseconds(k.lateness.Quantile(0.99))
		out.LateMax = microseconds(k.lateness.Most())
	}

	return s
}

// delays are distributions of one direction.
type delays struct{ queue, lateness histogram.Durations }

func newDelays() delays {
	d := delays{queue: histogram.New(100*time.Microsecond, 50_000), lateness: histogram.New(time.Microsecond, 50_000)}
	// Growing would hold up packets.
	d.queue.Reserve()
	d.lateness.Reserve()

	return d
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
