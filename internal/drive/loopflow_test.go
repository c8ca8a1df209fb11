// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package drive

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

func withRateControl() Config {
	rc := ratecontrol.Default()

	return Config{BWE: bwe.Default(), RateControl: &rc}
}

func TestRateControlAnswersItsTarget(t *testing.T) {
	cfg := withRateControl()
	cfg.RateControl.Sharing.Cap = 400 * bwe.Kbps
	var out strings.Builder
	require.NoError(t, Run(strings.NewReader("init 300000 30000 20000000 0\ninit 900000 30000 20000000 0\n"), &out, cfg))
	lines := strings.Split(out.String(), "\n")
	require.Equal(t, "300000", strings.Fields(lines[0])[1], "no overhead")
	require.Equal(t, "400000", strings.Fields(lines[1])[1])

	var in, both [2]strings.Builder
	for i := range in {
		fmt.Fprintln(&in[i], "init 300000 30000 20000000 0")
		for k := range int64(400) {
			fmt.Fprintf(&in[i], "sent %d 1200 %d\nfb %d 1 %d:%d\ntick %d\n", k, 10_000*k, 10_000*k+5000, k, 10_000*k+3000, 10_000*k+6000)
		}
		require.NoError(t, Run(strings.NewReader(in[i].String()), &both[i], withRateControl()))
	}
	require.Equal(t, both[0].String(), both[1].String())
	require.Equal(t, 801, strings.Count(both[0].String(), "\n"))
}

func TestRateControlRefusesABadInit(t *testing.T) {
	require.ErrorContains(t, Run(strings.NewReader("init 1 2 1 0\n"), &strings.Builder{}, withRateControl()), "line 1: init")
}

// TestSourceQueue reckons a source of 1 Mbps with a pacer of 2 Mbps.
func TestSourceQueue(t *testing.T) {
	ms := func(n int) bwe.Time { return bwe.Time(time.Duration(n) * time.Millisecond) }
	u := &bwe.Update{PacingRate: 2 * bwe.Mbps, CongestionWindow: 3000}
	q := &sourceQueue{}
	q.follow(0, bwe.Mbps, u)
	q.advance(ms(200))
	require.InDelta(t, 25_000-4166, q.bytes(), 2, "nothing has left")

	// Back to back at the pacing rate: it waits still.
	q.onSent(&bwe.SentPacket{Seq: 1, Size: 1200, At: ms(200)})
	q.onSent(&bwe.SentPacket{Seq: 2, Size: 1200, At: ms(205)})
	require.Greater(t, q.bytes(), int64(15_000))

	// A pause that the window explains says nothing.
	q.onSent(&bwe.SentPacket{Seq: 3, Size: 1200, At: ms(210)})
	q.onSent(&bwe.SentPacket{Seq: 4, Size: 1200, At: ms(300)})
	require.Greater(t, q.bytes(), int64(15_000))

	// One that nothing explains says that nothing waited.
	q.onFeedback([]bwe.PacketResult{{Seq: 1}, {Seq: 2}, {Seq: 3}, {Seq: 4}, {Seq: 9999}})
	q.onSent(&bwe.SentPacket{Seq: 5, Size: 1200, At: ms(350)})
	require.Zero(t, q.bytes())

	// The source stops making frames where too much waits.
	q.advance(ms(10_000))
	require.LessOrEqual(t, q.bytes(), u.PacingRate.Bytes(sourceLimit))
}

func FuzzRunWithRateControl(f *testing.F) {
	f.Add(begin + "sent 1 1200 1000\nsent 2 1200 1000 1\nfb 2000 2 1:1500 2:-1\ntick 25000\n")
	f.Add(begin + "tick 4611686018427387\nsent -9223372036854775808 5 -4611686018427387\n")
	f.Fuzz(func(t *testing.T, in string) {
		var out strings.Builder
		_ = Run(strings.NewReader(in), &out, withRateControl())
		for line := range strings.Lines(out.String()) {
			require.True(t, strings.HasPrefix(line, "u ") && strings.HasSuffix(line, "\n"), line)
		}
	})
}
