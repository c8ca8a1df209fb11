// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// put sets as many bins from one on.
func put(s timeline.Signal, from, bins int, v float64) { copy(s[from:], constant(bins, v)) }

func mark(kind timeline.MarkKind, from, to time.Duration) timeline.Mark {
	return timeline.Mark{Kind: kind, At: bwe.Time(from), To: bwe.Time(to), Count: 1}
}

func TestEpisodes(t *testing.T) {
	stalls := func(e *session.Episodes) session.Episode { return e.SendingStalls }
	pictures := func(e *session.Episodes) session.Episode { return e.FrozenPictures }
	queues := func(e *session.Episodes) session.Episode { return e.StandingQueues }
	losses := func(e *session.Episodes) session.Episode { return e.LossBursts }
	none := session.Episode{Count: new(int64(0))}
	for name, c := range map[string]struct {
		change func(*timeline.Timeline)
		of     func(*session.Episodes) session.Episode
		want   session.Episode
	}{
		"nothing sent":         {func(l *timeline.Timeline) { put(l.Sent, 100, 5, 0) }, stalls, episode(1, 0.5, 0.5, 10)},
		"next to nothing sent": {func(l *timeline.Timeline) { put(l.Sent, 100, 50, 0.03*2e6) }, stalls, episode(1, 5, 5, 10)},
		"little sent":          {func(l *timeline.Timeline) { put(l.Sent, 100, 50, 0.04*2e6) }, stalls, none},
		"a short pause":        {func(l *timeline.Timeline) { put(l.Sent, 100, 4, 0) }, stalls, none},
		"before the start":     {func(l *timeline.Timeline) { put(l.Sent, 0, 100, 0) }, stalls, none},
		"after the end":        {func(l *timeline.Timeline) { put(l.Sent, 500, 100, 0) }, stalls, none},
		"a stall that the sender tells of": {
			func(l *timeline.Timeline) {
				l.Marks = []timeline.Mark{mark(timeline.Stall, 20*time.Second, 21*time.Second), mark(timeline.Stall, 30*time.Second, 30*time.Second+499*time.Millisecond)}
			},
			stalls, episode(1, 1, 1, 20),
		},
		"a stall that is seen and told of": {
			func(l *timeline.Timeline) {
				put(l.Sent, 205, 10, 0)
				put(l.Sent, 400, 20, 0)
				l.Marks = []timeline.Mark{mark(timeline.Stall, 20*time.Second, 21*time.Second)}
			},
			stalls, episode(2, 3.5, 2, 40),
		},
		"a queue in a window": {func(l *timeline.Timeline) { l.Start = bwe.Time(25 * time.Second); put(l.Delay, 100, 10, 0.1) }, queues, episode(1, 1, 1, 35)},
		"a stall in a window": {
			func(l *timeline.Timeline) {
				l.Start = bwe.Time(25 * time.Second)
				put(l.Sent, 105, 10, 0)
				l.Marks = []timeline.Mark{mark(timeline.Stall, 35*time.Second, 36*time.Second)}
			},
			stalls, episode(1, 1.5, 1.5, 35),
		},
		"no watcher": {func(*timeline.Timeline) {}, pictures, session.Episode{}},
		"a watcher":  {func(l *timeline.Timeline) { l.FreezesKnown = true }, pictures, none},
		"a freeze": {
			func(l *timeline.Timeline) {
				l.Marks = []timeline.Mark{mark(timeline.Freeze, -time.Second, 2*time.Second), mark(timeline.Freeze, 30*time.Second, 34600*time.Millisecond)}
			},
			pictures, episode(2, 6.6, 4.6, 30),
		},
		"a queue":                 {func(l *timeline.Timeline) { put(l.Delay, 100, 10, 0.1) }, queues, episode(1, 1, 1, 10)},
		"a short queue":           {func(l *timeline.Timeline) { put(l.Delay, 100, 9, 0.5) }, queues, none},
		"a small queue":           {func(l *timeline.Timeline) { put(l.Delay, 100, 90, 0.099) }, queues, none},
		"a queue that loses all":  {func(l *timeline.Timeline) { put(l.Delay, 100, 20, 0.3); put(l.Delay, 105, 5, math.NaN()) }, queues, episode(1, 2, 2, 10)},
		"a queue that nobody saw": {func(l *timeline.Timeline) { put(l.Delay, 100, 20, 0.3); put(l.Delay, 105, 6, math.NaN()) }, queues, none},
		"a burst of loss":         {func(l *timeline.Timeline) { put(l.Loss, 100, 10, 0.5) }, losses, episode(1, 1, 1, 10)},
		"few packets lost":        {func(l *timeline.Timeline) { put(l.Loss, 100, 1, 0.45) }, losses, none},
		"a burst in usual loss": {
			func(l *timeline.Timeline) {
				put(l.Loss, 0, 600, 0.2)
				put(l.Loss, 100, 10, 0.45)
				put(l.Loss, 300, 10, 0.9)
			},
			losses, episode(1, 1, 1, 30),
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := calm(600)
			c.change(l)
			s := session.Analyze(l, session.Default())
			require.Empty(t, s.Error)
			require.Equal(t, c.want, c.of(&s.Episodes))
			require.Equal(t, c.want.There(), s.Episodes.Any())
			require.True(t, s.Healthy(), "an episode is none of the problems")
		})
	}
}

func TestEpisodesHaveTheirFigures(t *testing.T) {
	l := calm(600)
	put(l.Delay, 100, 30, 0.25)
	put(l.Delay, 110, 2, 0.4)
	put(l.Loss, 100, 5, 0.6)
	put(l.Sent, 100, 5, 1e6)
	e := session.Analyze(l, session.Default()).Episodes
	require.InDelta(t, 400, *e.QueueDelay, 1e-9)
	require.InDelta(t, 0.6, *e.BurstLoss, 1e-9)
	e = session.Analyze(calm(600), session.Default()).Episodes
	require.Nil(t, e.QueueDelay)
	require.Nil(t, e.BurstLoss)
	require.False(t, e.Any())
}
