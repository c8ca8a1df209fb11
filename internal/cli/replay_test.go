// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/lab/replay"
	"github.com/rtmcc/rtmcc/internal/trace/formats"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func TestRecordingsHaveNamesOfTheirOwn(t *testing.T) {
	require.Equal(t,
		[]string{"call", "call-2", "call.1", "call.2", "call-2-2", "stdin", ".hidden", "plain", "call-3"},
		ownNames([]string{
			"a/call.log", "b/call.log", "call.1.jsonl", "call.2.jsonl.gz", "call-2.pcap", formats.Stdin, ".hidden", "plain", "call.jsonl.zst",
		}))
}

func TestDamageExplainsMissingFeedback(t *testing.T) {
	for _, tc := range []struct {
		damage recording.Damage
		want   string
	}{
		{recording.Damage{}, "a.pcap: no feedback is in it, and without it there is nothing to estimate from"},
		{
			recording.Damage{Encrypted: 3, First: "RTCP is encrypted: capture before SRTP"},
			"a.pcap: no feedback is in it, and without it there is nothing to estimate from: " +
				"3 RTCP packets are encrypted, first: RTCP is encrypted: capture before SRTP",
		},
	} {
		err := withoutFeedback("a.pcap", &replay.Result{Damage: tc.damage})
		require.ErrorIs(t, err, errNoFeedback)
		require.EqualError(t, err, tc.want)
	}
}

func TestWaitingForAPipeEnds(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	silent, writer := io.Pipe()
	t.Cleanup(func() { require.NoError(t, writer.Close()) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := readable(ctx, formats.Stdin, silent)
	require.ErrorIs(t, err, context.Canceled)
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	require.Empty(t, left)
}
