// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
)

const (
	// measureTime and measureBytes bound what is read of a file to learn its bitrate.
	measureTime  = 5 * time.Second
	measureBytes = 32 << 20
	// leastMeasured is the shortest piece whose bitrate means something.
	leastMeasured = 500 * time.Millisecond
)

// rates are a file's own bitrates, zero where unknown.
type rates struct{ video, audio bwe.Bitrate }

// measure reads the beginning of a source for its bitrates.
func measure(ctx context.Context, open func(context.Context) (media.Source, error)) (rates, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	source, err := open(ctx)
	if err != nil {
		return rates{}, err
	}
	r, err := measureSource(source)
	// A converter that is stopped half-way says so.
	_ = source.Close()

	return r, err
}

func measureSource(source media.Source) (rates, error) {
	tracks := source.Tracks()
	var video, audio int64
	var first, span time.Duration
	for begun := false; span < measureTime && video+audio < measureBytes; {
		au, err := source.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return rates{}, err
		}
		if !begun {
			first, begun = au.DTS, true
		}
		span = max(span, au.DTS-first)
		if tracks[au.Track].Codec.Video() {
			video += int64(au.Size())
		} else {
			audio += int64(au.Size())
		}
	}
	if span < leastMeasured {
		return rates{}, nil
	}

	return rates{video: bwe.RateOf(video, span), audio: bwe.RateOf(audio, span)}, nil
}
