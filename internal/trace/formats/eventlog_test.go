// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package formats_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/trace/formats"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func TestEventLogIsToldByItsContent(t *testing.T) {
	src, err := formats.Open("../../../testdata/eventlogs/constant-2m.log")
	require.NoError(t, err)
	require.Equal(t, "RTC event log V2", src.Info().Format)
	_, err = src.Next()
	require.NoError(t, err)
	require.NoError(t, src.Close())

	third := filepath.Join(t.TempDir(), "third")
	require.NoError(t, os.WriteFile(third, []byte{0x80, 0xd6, 0x80, 0x25}, 0o600))
	_, err = formats.Open(third)
	require.ErrorIs(t, err, recording.ErrFormat)
	require.ErrorContains(t, err, third)
}
