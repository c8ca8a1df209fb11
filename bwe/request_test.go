// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// heardOnce returns an estimator that has had one feedback and whose first probes are
// out.
func heardOnce(t *testing.T, cfg Config) *Estimator {
	t.Helper()
	e, err := New(cfg, 0)
	require.NoError(t, err)
	require.Zero(t, e.Latest().Confidence)
	e.OnSent(SentPacket{Seq: 1, Size: 1200, At: 1})
	e.OnTimer(Time(time.Millisecond))
	e.OnFeedback(Feedback{At: Time(50 * time.Millisecond), Results: []PacketResult{{Seq: 1, Received: true, ReceivedAt: 5}}})

	return e
}

func TestRequestedProbe(t *testing.T) {
	t.Parallel()
	cfg := Default()
	at := Time(60 * time.Millisecond)
	for name, tc := range map[string]struct {
		rate, want Bitrate
	}{
		"as asked": {4 * Mbps, 4 * Mbps},
		"bounded":  {2 * cfg.MaxBitrate, cfg.MaxBitrate},
		"nothing":  {0, 0},
		"negative": {-1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := heardOnce(t, cfg)
			e.RequestProbe(tc.rate, at)
			probes := e.OnTimer(at + 1).Probes
			if tc.want == 0 {
				require.Empty(t, probes)

				return
			}
			require.Len(t, probes, 1)
			require.Equal(t, tc.want, probes[0].Bitrate)
			require.Empty(t, e.OnTimer(at+2).Probes, "asked for once")
		})
	}
}

func TestNoProbeIsRequestedOfAPathUnheard(t *testing.T) {
	t.Parallel()
	e, err := New(Default(), 0)
	require.NoError(t, err)
	e.RequestProbe(Mbps, 1)
	require.Empty(t, e.OnTimer(2).Probes)

	off := Default()
	off.Probe.Enabled = false
	e = heardOnce(t, off)
	e.RequestProbe(Mbps, Time(60*time.Millisecond))
	require.Empty(t, e.OnTimer(Time(61*time.Millisecond)).Probes)
}

func TestConfidenceFallsWhileFeedbackIsMissing(t *testing.T) {
	t.Parallel()
	e := heardOnce(t, Default())
	sure := e.Latest().Confidence
	require.Greater(t, sure, 0.5)
	require.LessOrEqual(t, sure, 1.0)
	require.Zero(t, e.Latest().Swing)
	e.OnSent(SentPacket{Seq: 2, Size: 1200, At: Time(70 * time.Millisecond)})
	for at := Time(100 * time.Millisecond); at < Time(3*time.Second); at += Time(25 * time.Millisecond) {
		e.OnTimer(at)
	}
	require.Less(t, e.Latest().Confidence, 0.3*sure)
}
