// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/lab/replay"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func TestRecordingsHaveNamesOfTheirOwn(t *testing.T) {
	require.Equal(t,
		[]string{"call", "call-2", "call.1", "call.2", "call-2-2", "stdin", ".hidden", "plain", "call-3"},
		ownNames([]string{
			"a/call.log", "b/call.log", "call.1.jsonl", "call.2.jsonl.gz", "call-2.pcap", stdin, ".hidden", "plain", "call.jsonl.zst",
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
