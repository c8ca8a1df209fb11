// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"encoding"
	"encoding/json"
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

// marshalled is a value whose JSON is wanted.
func marshalled[T named](i uint8) json.Marshaler { return asJSON[T]{T(i)} }

type asJSON[T named] struct{ v T }

func (a asJSON[T]) MarshalJSON() ([]byte, error) { return json.Marshal(a.v) }
