// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ccfeedback_test

import (
	"testing"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback"
)

func TestREMBRange(t *testing.T) {
	for _, want := range []bwe.Bitrate{1, 30_000, 262_143, 5 * bwe.Mbps} {
		b, err := (&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: float32(want)}).Marshal()
		require.NoError(t, err)
		got, ok, err := ccfeedback.ParseREMB(b)
		require.NoError(t, err)
		require.True(t, ok)
		require.InEpsilon(t, int(want), int(got), 0.001)
	}
	b, err := (&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1}).Marshal()
	require.NoError(t, err)
	b[17], b[18], b[19] = 0xff, 0xff, 0xff
	got, ok, err := ccfeedback.ParseREMB(b)
	require.NoError(t, err)
	require.True(t, ok)
	require.Positive(t, got)
	_, _, err = ccfeedback.ParseREMB(b[:19])
	require.Error(t, err)
	_, ok, err = ccfeedback.ParseREMB([]byte{0x8f, 206, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c', 'd'})
	require.NoError(t, err)
	require.False(t, ok)
}
