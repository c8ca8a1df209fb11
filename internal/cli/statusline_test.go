// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/session"
)

func someStatus() session.Status {
	st := session.Status{SentBitrate: 1_023_000, State: session.StateConnected}
	st.DurationS = 67.4
	st.Estimate, st.Target = 3_100_000, 2_945_000
	st.RTTMs, st.Loss, st.QueueMs = 41.6, 0.0123, 3.4
	st.FramesDropped = 12

	return st
}

func TestStatusLine(t *testing.T) {
	connected := someStatus()
	lost := someStatus()
	lost.State = session.StateDisconnected
	lost.DurationS = 3*3600 + 5
	fast := someStatus()
	fast.SentBitrate, fast.Estimate, fast.Target = 152_000_000, 1_000_000_000, 20_000_000
	several := someStatus()
	several.Rendition = "900k.ts"
	for _, tc := range []struct {
		st      session.Status
		columns int
		want    string
	}{
		{connected, 0, "1:07  sent 1.02 Mbps  estimate 3.10 Mbps  target 2.94 Mbps  rtt 42 ms  loss 1.2 %  queue 3 ms  drops 12"},
		{connected, 119, "1:07  sent 1.02 Mbps  estimate 3.10 Mbps  target 2.94 Mbps  rtt 42 ms  loss 1.2 %  queue 3 ms  drops 12"},
		{connected, 79, "1:07 sent 1.02M est 3.10M target 2.94M rtt 42ms loss 1.2% queue 3ms drops 12"},
		{connected, 60, "1:07 sent 1.02M est 3.10M target 2.94M rtt 42ms loss 1.2%"},
		{connected, 20, "1:07 sent 1.02M"},
		{connected, 3, "1:0"},
		{lost, 119, "3:00:05 disconnected  sent 1.02 Mbps  estimate 3.10 Mbps  target 2.94 Mbps  rtt 42 ms  loss 1.2 %  queue 3 ms  drops 12"},
		{lost, 99, "3:00:05 disconnected sent 1.02M est 3.10M target 2.94M rtt 42ms loss 1.2% queue 3ms drops 12"},
		{fast, 79, "1:07 sent 152M est 1.0G target 20.0M rtt 42ms loss 1.2% queue 3ms drops 12"},
		{several, 0, "1:07  sent 1.02 Mbps  estimate 3.10 Mbps  target 2.94 Mbps  rtt 42 ms  loss 1.2 %  queue 3 ms  drops 12  900k.ts"},
		{several, 90, "1:07 sent 1.02M est 3.10M target 2.94M rtt 42ms loss 1.2% queue 3ms drops 12 900k.ts"},
		{session.Status{}, 0, "0:00  sent 0 bps  estimate 0 bps  target 0 bps  rtt 0 ms  loss 0.0 %  queue 0 ms  drops 0"},
	} {
		require.Equal(t, tc.want, statusLine(&tc.st, tc.columns))
	}
}

func TestStatusLineNeverWraps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		st := session.Status{
			SentBitrate: bwe.Bitrate(rapid.Int64Range(0, 1e11).Draw(t, "sent")),
			State:       rapid.SampledFrom([]session.ConnectionState{session.StateConnected, session.StateFailed, ""}).Draw(t, "state"),
		}
		st.DurationS = rapid.Float64Range(0, 1e7).Draw(t, "duration")
		st.Estimate = bwe.Bitrate(rapid.Int64Range(0, 1e11).Draw(t, "estimate"))
		st.RTTMs = rapid.Float64Range(0, 1e6).Draw(t, "rtt")
		st.FramesDropped = rapid.Uint64().Draw(t, "drops")
		columns := rapid.IntRange(1, 200).Draw(t, "columns")
		line := statusLine(&st, columns)
		require.LessOrEqual(t, utf8.RuneCountInString(line), columns)
		require.NotEmpty(t, line)
		require.NotContains(t, line, "\n")
	})
}
