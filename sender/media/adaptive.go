// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"strconv"

	"github.com/rtmcc/rtmcc/bwe"
)

// Format is the format of pictures. A zero field is left to the source.
type Format struct {
	// Width and Height are in pixels.
	Width, Height int
	// FrameRate is in pictures a second.
	FrameRate float64
}

// String returns such as "1280x720@30".
func (f Format) String() string {
	return strconv.Itoa(f.Width) + "x" + strconv.Itoa(f.Height) + "@" + strconv.FormatFloat(f.FrameRate, 'f', -1, 64)
}

// Demand is what the rate controller wants of a source.
type Demand struct {
	// Video and Audio are what the encoders should produce, packet headers not
	// included.
	Video, Audio bwe.Bitrate
	// Tier is the index of the chosen tier in the controller's configuration, zero
	// where it has none. Format is what that tier says.
	Tier   int
	Format Format
	// KeyFrame asks for a key frame as soon as possible: the receiver lost the
	// reference, or there is a new receiver. It comes again until a key frame was
	// offered, so that requests that arrive while one is on its way need no other.
	KeyFrame bool
}

// Adaptive is a source that follows the rate controller.
type Adaptive interface {
	Source
	// Adapt is called with every demand, in order, from one goroutine, while another
	// one may be in Next or Close; the first call may come before the first Next. It
	// must not block. Of demands that come faster than it returns only the latest is
	// passed on, with KeyFrame kept.
	Adapt(d Demand)
}
