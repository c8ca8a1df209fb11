// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

//go:build !x264 || !cgo

package x264

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestWithoutTheLibrary(t *testing.T) {
	require.False(t, Available)
	f := newFrames(vga(), 1)
	_, err := Open(f, bwe.Mbps, Default(), nil)
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "libx264-dev")
	require.ErrorContains(t, err, "-tags x264")
	<-f.closed
}
