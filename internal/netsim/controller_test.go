// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestACongestionWindowBoundsWhatIsInFlight(t *testing.T) {
	const window = 20_000
	bounded := ControllerChoice("window", func(l Limits, v PathView) Controller {
		return &windowed{steady: steady{rate: 5 * bwe.Mbps}, window: window}
	})
	s := selected(t, "steady-8m")
	s.Forward[0].Outages = []Window{{From: 30 * second, To: 33 * second}}
	r, err := Run(context.Background(), s, Options{Flows: []Choice{bounded}, Seed: 1})
	require.NoError(t, err)
	// A window a round trip of 40 ms, and up to 50 until the report.
	require.Less(t, float64(r.Delivered), window*8/0.04)
	require.Greater(t, float64(r.Delivered), window*8/0.12)
	// All of it was lost in the outage, and no feedback came.
	late := r.Series.Flows[0].Delivered[340:]
	require.Greater(t, float64(meanRate(late)), window*8/0.12)
}

type windowed struct {
	steady

	window int64
}

func (c *windowed) Start(now bwe.Time) (bwe.Update, error) { return c.OnTimer(now) }

func (c *windowed) OnFeedback(f bwe.Feedback) (bwe.Update, error) { return c.OnTimer(f.At) }

func (c *windowed) OnTimer(now bwe.Time) (bwe.Update, error) {
	u, err := c.steady.OnTimer(now)
	u.CongestionWindow = c.window

	return u, err
}

var errBroken = errors.New("broken")

// broken fails at one of its calls.
type broken struct {
	steady

	at string
}

func (c *broken) fail(at string) error {
	if c.at == at {
		return errBroken
	}

	return nil
}

func (c *broken) Start(now bwe.Time) (bwe.Update, error) {
	u, _ := c.steady.Start(now)

	return u, c.fail("start")
}
func (c *broken) OnSent(bwe.SentPacket) error { return c.fail("sent") }

func (c *broken) OnFeedback(f bwe.Feedback) (bwe.Update, error) {
	u, _ := c.OnTimer(f.At)

	return u, c.fail("feedback")
}
func (c *broken) Close() error { return c.fail("close") }

func TestAControllersErrorEndsTheRun(t *testing.T) {
	for _, call := range []string{"start", "sent", "feedback", "close"} {
		choice := ControllerChoice("mine", func(Limits, PathView) Controller { return &broken{steady: steady{rate: bwe.Mbps}, at: call} })
		_, err := Run(context.Background(), selected(t, "steady-2m"), Options{Flows: []Choice{choice}})
		require.ErrorIs(t, err, errBroken, call)
		require.ErrorContains(t, err, "steady-2m")
	}
}

func TestWildAnswersAreTamed(t *testing.T) {
	wild := ControllerChoice("wild", func(Limits, PathView) Controller {
		return &answering{update: bwe.Update{
			Estimate: 1 << 60, PacingRate: 1 << 60, PaddingRate: 1 << 60,
			Probes: []bwe.Probe{{ID: 1, Bitrate: 1 << 60, MinPackets: 10_000, MinDuration: time.Second}, {ID: 2, Bitrate: -5}},
		}}
	})
	s := selected(t, "steady-2m")
	s.Duration = 2 * second
	r, err := Run(context.Background(), s, Options{Flows: []Choice{wild}})
	require.NoError(t, err)
	require.InDelta(t, 1, r.Utilisation, 0.01)
	none := ControllerChoice("none", func(Limits, PathView) Controller { return &answering{update: bwe.Update{Estimate: -1, PacingRate: -1}} })
	r, err = Run(context.Background(), s, Options{Flows: []Choice{none}})
	require.NoError(t, err)
	require.Zero(t, r.Flows[0].PacketsSent)
}

type answering struct {
	steady

	update bwe.Update
}

func (c *answering) Start(bwe.Time) (bwe.Update, error)          { return c.update, nil }
func (c *answering) OnFeedback(bwe.Feedback) (bwe.Update, error) { return c.update, nil }

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	choice := ControllerChoice("mine", func(Limits, PathView) Controller {
		return &counting{steady: steady{rate: bwe.Mbps}, call: func() {
			if calls++; calls == 100 {
				cancel()
			}
		}}
	})
	s := selected(t, "steady-2m")
	s.Duration = maxDuration
	_, err := Run(ctx, s, Options{Flows: []Choice{choice}})
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, calls, 100+checkEvery)
}

type counting struct {
	steady

	call func()
}

func (c *counting) OnFeedback(f bwe.Feedback) (bwe.Update, error) {
	c.call()

	return c.steady.OnFeedback(f)
}
