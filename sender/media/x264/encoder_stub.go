// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

//go:build !x264 || !cgo

package x264

import (
	"fmt"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
)

// Available tells whether libx264 is linked in.
const Available = false

// open fails, as libx264 is not linked in.
func open(Config, media.Format, bwe.Bitrate) (codec, error) {
	return nil, fmt.Errorf("encoding to H.264: %w", ErrUnavailable)
}
