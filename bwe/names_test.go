// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"encoding"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNamesAreReadBack(t *testing.T) {
	for _, tc := range []struct {
		names []string
		value func(i uint8) json.Marshaler
		read  encoding.TextUnmarshaler
	}{
		{[]string{"normal", "overuse", "underuse", "loss_limited", "blind", "no_feedback"}, marshalled[State], new(State)},
		{[]string{"none", "yielding", "competing"}, marshalled[Sharing], new(Sharing)},
		{[]string{"none", "started", "changed", "ended"}, marshalled[OscillationPhase], new(OscillationPhase)},
		{
			[]string{"oscillation", "trimmed", "queue", "loss", "throughput", "blind", "outgrown", "calm", "off"},
			marshalled[SmoothingReason], new(SmoothingReason),
		},
		{[]string{"video", "audio", "rtx", "padding", "fec"}, marshalled[PacketKind], new(PacketKind)},
	} {
		for i, name := range tc.names {
			text, err := tc.value(uint8(i)).MarshalJSON()
			require.NoError(t, err)
			require.Equal(t, `"`+name+`"`, string(text))
			require.NoError(t, json.Unmarshal(text, tc.read))
			again, err := json.Marshal(tc.read)
			require.NoError(t, err)
			require.Equal(t, text, again)
		}
		for _, bad := range []string{`"unknown"`, `""`, `"Normal"`, "7"} {
			require.Error(t, json.Unmarshal([]byte(bad), tc.read))
		}
	}
}

func TestPacketKindsOfOldTracesAreNumbers(t *testing.T) {
	for want := PacketVideo; want <= PacketFEC; want++ {
		var dropped struct {
			Kind PacketKind `json:"kind"`
		}
		require.NoError(t, json.Unmarshal(fmt.Appendf(nil, `{"kind":%d}`, want), &dropped))
		require.Equal(t, want, dropped.Kind)
	}
	for _, bad := range []string{"5", "-1", "1.0", "256", "true", "[0]", "{}", `"0"`} {
		require.Error(t, json.Unmarshal([]byte(bad), new(PacketKind)))
	}
}

func FuzzPacketKind(f *testing.F) {
	for _, text := range []string{`"video"`, `"fec"`, "0", "4", "5", `"\u0072tx"`, "null", `"`, "", "-0"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var k PacketKind
		if k.UnmarshalJSON(text) != nil {
			return
		}
		require.LessOrEqual(t, k, PacketFEC)
		written, err := json.Marshal(k)
		require.NoError(t, err)
		var again PacketKind
		require.NoError(t, json.Unmarshal(written, &again))
		require.Equal(t, k, again)
	})
}

// marshalled is a value whose JSON is wanted.
func marshalled[T named](i uint8) json.Marshaler { return asJSON[T]{T(i)} }

type asJSON[T named] struct{ v T }

func (a asJSON[T]) MarshalJSON() ([]byte, error) { return json.Marshal(a.v) }
