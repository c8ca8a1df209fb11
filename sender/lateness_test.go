// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestLatenessQuantiles(t *testing.T) {
	var l lateness
	require.Zero(t, l.quantile(0.99))
	for range 98 {
		l.add(100 * time.Microsecond)
	}
	l.add(10 * time.Millisecond)
	l.add(time.Second)
	require.InEpsilon(t, float64(100*time.Microsecond), float64(l.quantile(0.5)), 0.25)
	require.InEpsilon(t, float64(100*time.Microsecond), float64(l.quantile(0.98)), 0.25)
	require.InEpsilon(t, float64(10*time.Millisecond), float64(l.quantile(0.99)), 0.25)
	require.InEpsilon(t, float64(time.Second), float64(l.quantile(1)), 0.25)
}

func TestLatenessStepsHoldWhatTheyCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(math.MinInt64, math.MaxInt64).Draw(t, "d"))
		var l lateness
		l.add(d)
		if d < 0 {
			d = 0
		}
		if d < time.Hour {
			end := l.quantile(1)
			require.Greater(t, end, d)
			require.LessOrEqual(t, end, d+d/4+time.Microsecond)
		}
	})
}

// What the pace or the window keeps back is not late.
func TestPacerTellsWhenAPacketWasDue(t *testing.T) {
	ms := func(n float64) bwe.Time { return bwe.Time(n * float64(time.Millisecond)) }
	cfg := Default().Pacer
	cfg.Burst, cfg.WakeInterval = time.Millisecond, time.Microsecond
	r := newPacerRig(cfg, 8*bwe.Mbps)
	r.now = ms(1005)
	for i := range 3 {
		r.push(laneVideo, uint16(i), uint32(i), 1000)
	}
	d, _, ok := r.p.next(ms(1007), r.gate)
	require.True(t, ok)
	require.Equal(t, ms(1005), d.due, "nothing kept it back")
	r.p.sent(ms(1007), 1000, 0)
	_, wake, ok := r.p.next(ms(1007.5), r.gate)
	require.False(t, ok)
	d, _, ok = r.p.next(ms(1009), r.gate)
	require.True(t, ok)
	require.Equal(t, wake, d.due, "the pace kept it back")
	r.p.sent(ms(1009), 1000, 0)
	_, _, ok = r.p.next(ms(1020), gate{room: 10})
	require.False(t, ok)
	d, _, ok = r.p.next(ms(1030), gate{room: 2000})
	require.True(t, ok)
	require.Equal(t, ms(1030), d.due, "the window kept it back")
}
