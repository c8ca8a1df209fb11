// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func TestPacketsOfProbes(t *testing.T) {
	type packet struct {
		ms, size int
		padding  bool
		want     int
	}
	// Two probes, of 900 kbps (rounds of 225 bytes) and 1.8 Mbps (450 bytes).
	two := []*recording.ProbeStarted{
		{ID: 1, Bitrate: 900 * bwe.Kbps, MinPackets: 3, MinBytes: 1688}, {ID: 2, Bitrate: 1800 * bwe.Kbps, MinPackets: 3, MinBytes: 2000},
	}
	for name, c := range map[string]struct {
		started []*recording.ProbeStarted
		packets []packet
	}{
		"one after the other": {two, []packet{
			{10, 275, true, 1}, {12, 900, false, 1}, {20, 900, false, 1},
			{25, 275, true, 2}, {25, 1000, false, 2}, {30, 1000, false, 2}, {35, 60, false, 2}, {36, 1000, false, 0},
		}},
		"small packets do not begin one": {two[:1], []packet{
			{10, 199, false, 0}, {11, 199, true, 0}, {12, 200, false, 1}, {12, 100, false, 1},
		}},
		"but may leave with the first": {two[:1], []packet{{10, 40, false, 1}, {10, 40, false, 1}, {10, 900, false, 1}}},
		"what waited is no part of it": {two[:1], []packet{
			{0, 900, false, 0}, {3, 900, false, 0}, {3, 275, true, 1}, {3, 900, false, 1},
		}},
		"it begins after what waited": {two[:1], []packet{{3, 900, false, 0}, {4, 900, false, 1}}},
		"bytes are missing": {two[:1], []packet{
			{10, 200, false, 1}, {11, 200, false, 1}, {12, 200, false, 1}, {13, 976, false, 1}, {14, 900, false, 0},
		}},
		"one byte is missing": {two[:1], []packet{
			{10, 200, false, 1}, {11, 200, false, 1}, {12, 200, false, 1}, {13, 975, false, 1}, {14, 900, false, 1}, {15, 900, false, 0},
		}},
		"packets are missing": {two[:1], []packet{{10, 1000, false, 1}, {20, 1000, false, 1}, {21, 100, false, 1}, {22, 100, false, 0}}},
		"what leaves at once counts as one": {two[:1], []packet{
			{10, 100, false, 1}, {10, 1000, false, 1}, {11, 100, false, 1}, {11, 60, false, 1}, {11, 1000, false, 1}, {12, 900, false, 1}, {13, 900, false, 0},
		}},
		"unless it is more than a round": {two[:1], []packet{
			{10, 1000, false, 1}, {10, 1000, false, 1}, {10, 1000, false, 1}, {10, 1000, false, 0},
		}},
		"in time":  {two[:1], []packet{{5000, 900, false, 1}}},
		"too late": {two[:1], []packet{{5001, 900, false, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			var p probes
			for _, s := range c.started {
				p.start(0, s)
			}
			var entries []*entry
			for _, k := range c.packets {
				entries = append(entries, &entry{at: time.Duration(k.ms) * ms, size: uint32(k.size), padding: k.padding, class: classSent})
			}
			for i, e := range entries {
				require.Equal(t, c.packets[i].want, p.sent(e, entries[i+1:]), i)
			}
		})
	}
}

// Where the log names the packets of probes, nothing is guessed.
func TestNamedProbes(t *testing.T) {
	var p probes
	p.start(0, &recording.ProbeStarted{ID: 1, Bitrate: bwe.Mbps, MinPackets: 5, MinBytes: 2000})
	require.Equal(t, 1, p.sent(&entry{at: 10 * ms, size: 1000, cluster: 1}, nil))
	require.Zero(t, p.sent(&entry{at: 11 * ms, size: 1000}, nil))
	for range 3 * maxWaiting {
		p.start(0, &recording.ProbeStarted{ID: 2})
	}
	require.Len(t, p.waiting, maxWaiting)
}
