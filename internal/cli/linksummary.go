// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/link"
)

// linkSummary is what "rtmcc link" prints at the end.
type linkSummary struct {
	link.Summary

	Relay  *link.RelaySummary  `json:"relay,omitempty"`
	Tunnel *link.TunnelSummary `json:"tunnel,omitempty"`
}

const (
	// lateAfter is what a link may be late by before its figures mean little.
	lateAfter = 2 * time.Millisecond
	// enoughPackets is how many it takes to tell.
	enoughPackets = 100
)

func (l *linkSummary) print(s Streams) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-9s %s, seed %d, %.1f s\n", "path", l.Scenario, l.Seed, l.DurationSeconds)
	late := 0.0
	for _, d := range []struct {
		name string
		of   *link.DirectionSummary
	}{{"forward", &l.Forward}, {"backward", &l.Backward}} {
		fmt.Fprintf(&b, "%-9s %d packets, %s, %d delivered%s\n", d.name, d.of.Packets, megabytes(d.of.Bytes), d.of.Delivered, linkDrops(d.of))
		if d.of.Delivered > 0 {
			fmt.Fprintf(&b, "%-9s queue %.1f ms (p50), %.1f ms (p99); late %.0f µs (p50), %.0f µs (p99), %.0f µs at most\n",
				"", d.of.Queue50, d.of.Queue99, d.of.Late50, d.of.Late99, d.of.LateMax)
		}
		if d.of.Delivered >= enoughPackets {
			late = max(late, d.of.Late99)
		}
	}
	if l.Relay != nil {
		fmt.Fprintf(&b, "%-9s %d served, %d datagrams found no place\n", "clients", l.Relay.Clients, l.Relay.ClientsRefused)
	}
	if l.Tunnel != nil && l.Tunnel.Bypassed > 0 {
		fmt.Fprintf(&b, "%-9s %d packets past the path\n", "TCP", l.Tunnel.Bypassed)
	}
	_, err := io.WriteString(s.Out, b.String())
	if limit := float64(lateAfter.Microseconds()); late > limit {
		Say(s.Err, "warning: one packet in a hundred left over %.0f ms late: the machine is busy, try --realtime\n", late/1000)
	}
	if l.LogRowsLost > 0 {
		Say(s.Err, "warning: the packet log lacks %d rows: the disk is too slow\n", l.LogRowsLost)
	}

	return err
}

// linkDrops lists what did not get through, and why.
func linkDrops(d *link.DirectionSummary) string {
	var b strings.Builder
	for _, part := range []struct {
		name string
		n    uint64
	}{
		{"dropped by the queue", d.DroppedQueue}, {"lost", d.DroppedLoss}, {"lost in outages", d.DroppedOutage},
		{"refused by the receiver", d.Refused}, {"on the way at the end", d.Unfinished}, {"never let in", d.Overrun},
	} {
		if part.n > 0 {
			fmt.Fprintf(&b, ", %d %s", part.n, part.name)
		}
	}

	return b.String()
}

// linkLine is what happened between two looks.
func linkLine(last, now *link.Summary, over time.Duration) string {
	direction := func(a, b *link.DirectionSummary) string {
		rate := bwe.RateOf(int64(b.DeliveredBytes-a.DeliveredBytes), over) //nolint:gosec // a difference of counters
		lost := func(d *link.DirectionSummary) uint64 { return d.DroppedQueue + d.DroppedLoss + d.DroppedOutage }
		packets := b.Packets - a.Packets
		share := 0.0
		if packets > 0 {
			share = float64(lost(b)-lost(a)) / float64(packets)
		}

		return fmt.Sprintf("%v, %s lost", rate, percent(share))
	}

	return fmt.Sprintf("%s  forward %s  backward %s", clock(now.DurationSeconds),
		direction(&last.Forward, &now.Forward), direction(&last.Backward, &now.Backward))
}
