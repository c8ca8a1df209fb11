// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/session"
)

func TestPlayoutDelay(t *testing.T) {
	require.Nil(t, (&PlayoutDelay{}).option())
	for text, want := range map[string]session.PlayoutDelay{
		"0":           {},
		"100ms-400ms": {Min: 100 * time.Millisecond, Max: 400 * time.Millisecond},
		"0-1s":        {Max: time.Second},
		"250ms":       {Min: 250 * time.Millisecond, Max: 250 * time.Millisecond},
	} {
		var d PlayoutDelay
		require.NoError(t, d.UnmarshalText([]byte(text)), text)
		require.Equal(t, want, *d.option(), text)
	}
	for _, text := range []string{"", "-", "400ms-100ms", "100-400", "-1s", "1s-", "1s-2s-3s", "soon"} {
		require.Error(t, new(PlayoutDelay).UnmarshalText([]byte(text)), text)
	}
}
