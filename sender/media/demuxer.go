// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"errors"
	"fmt"
	"time"
)

// sample is one access unit as its container gives it: timestamps on the
// container's own origin, units unfiltered.
type sample struct {
	track    int
	pts, dts time.Duration
	duration time.Duration
	units    [][]byte
}

// demuxer reads one container. [stream] turns what it reads into a [Source].
type demuxer interface {
	// tracks describes the streams in the order of sample.track. Fields that only
	// the data tells may be filled until the first sample of the track is out.
	tracks() []Track
	// next returns the samples in file order, io.EOF at the end.
	next() (sample, error)
	close() error
}

// errMalformed is wrapped by errors about containers that cannot be parsed.
var errMalformed = errors.New("malformed media")

// guard turns a panic of a parsing library over hostile input into an error.
func guard(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: the parser failed: %v", errMalformed, r)
	}
}
