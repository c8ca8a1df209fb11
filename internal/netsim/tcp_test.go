// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

// tcpOnly plays TCP over a link, beside a media flow that hardly sends.
func tcpOnly(t *testing.T, link Link, length Duration, competitors ...TCP) *Result {
	t.Helper()
	s := &Scenario{Name: "tcp", Duration: length, Forward: []Link{link}, TCP: competitors, Flows: []Flow{{Start: length - second}}}
	r, err := Run(context.Background(), s, Options{Flows: []Choice{fixed(t, "fixed:30kbps")}, Seed: 1})
	require.NoError(t, err)

	return r
}

func fixed(t *testing.T, name string) Choice {
	t.Helper()
	c, err := ParseChoice(name)
	require.NoError(t, err)

	return c
}

func TestTCPFillsALink(t *testing.T) {
	for _, kind := range []TCPKind{TCPCubic, TCPReno} {
		for name, link := range map[string]Link{
			"slow":       {Capacity: Constant(500 * kbps), Delay: 20 * millisecond},
			"common":     {Capacity: Constant(4 * mbps), Delay: 50 * millisecond},
			"fast":       {Capacity: Constant(50 * mbps), Delay: 20 * millisecond},
			"short tail": {Capacity: Constant(4 * mbps), Delay: 20 * millisecond, Queue: 50 * millisecond},
		} {
			t.Run(string(kind)+" "+name, func(t *testing.T) {
				r := tcpOnly(t, link, 60*second, TCP{Kind: kind})
				require.Greater(t, float64(r.TCP)/float64(link.Capacity.Constant), 0.95)
				require.LessOrEqual(t, r.TCP, link.Capacity.Constant.Bitrate())
			})
		}
	}
}

func TestTCPIsSlowUnderLoss(t *testing.T) {
	// Mathis: about 1.22 segments a round trip over the square root of the loss.
	link := Link{Capacity: Constant(50 * mbps), Delay: 50 * millisecond, Loss: &Loss{Rate: 0.01}}
	r := tcpOnly(t, link, 120*second, TCP{Kind: TCPReno})
	require.InEpsilon(t, 1.22*segmentSize*8/0.1/0.1, float64(r.TCP), 0.35)
}

func TestTCPsShareALink(t *testing.T) {
	s := &Scenario{Name: "shared", Duration: 120 * second, Forward: []Link{{Capacity: Constant(4 * mbps), Delay: 30 * millisecond}}, TCP: []TCP{{Count: 3}}}
	d := s.withDefaults()
	run := &simulation{scenario: d}
	require.NoError(t, run.build(Options{Flows: []Choice{fixed(t, "fixed:30kbps")}, Seed: 1}))
	require.NoError(t, run.play(context.Background()))
	var sum, squares float64
	for _, f := range run.tcp {
		sum += float64(f.delivered)
		squares += float64(f.delivered) * float64(f.delivered)
	}
	require.Greater(t, sum*sum/(3*squares), 0.9)
}

func TestTCPComesBackFromAnOutage(t *testing.T) {
	link := Link{Capacity: Constant(4 * mbps), Delay: 30 * millisecond, Outages: []Window{{From: 20 * second, To: 24 * second}}}
	r := tcpOnly(t, link, 60*second, TCP{})
	late := r.Series.TCP[400:]
	require.Greater(t, float64(meanRate(late)), 3.8e6)
	require.Less(t, float64(meanRate(r.Series.TCP[210:240])), 0.2e6, "back-off while everything is lost")
}

func TestShortTransfers(t *testing.T) {
	// Ten connections of 40 KB on average, 10 s and a transfer apart.
	r := tcpOnly(t, Link{Capacity: Constant(20 * mbps), Delay: 10 * millisecond}, 600*second, TCP{Count: 10, ShortMin: 30_000, ShortMax: 50_000, Idle: 10 * second})
	require.InEpsilon(t, 10*40_750*8/10.1, float64(r.TCP), 0.15)
}

func TestCubicWindow(t *testing.T) {
	w := newTCPWindowAt(100)
	w.reduce()
	require.InDelta(t, 70, w.size, 1e-9)
	// It is back at its peak after K = cbrt(0.3·100/0.4) = 4.2 s, by RFC 9438, one round
	// trip earlier as it looks ahead.
	rtt := 100 * time.Millisecond
	var reached bwe.Time
	for now := bwe.Time(0); reached == 0 && now < at(20*time.Second); now = now.Add(rtt) {
		for range w.segments() {
			w.grow(now, rtt)
		}
		if w.size >= 99.5 {
			reached = now
		}
	}
	require.InDelta(t, 4.2, time.Duration(reached).Seconds(), 1)
	w.collapse()
	require.InDelta(t, 1, w.size, 1e-9)
}

func newTCPWindowAt(size float64) tcpWindow {
	w := newWindow(TCPCubic)
	w.size, w.threshold = size, size

	return w
}
