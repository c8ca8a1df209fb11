// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/media/x264"
)

// demands are what an encoder is asked for, each [netsim.Bin].
type demands struct {
	rates []bwe.Bitrate
	tiers []int
	// ladder may be empty; tiers are indices into it.
	ladder []ratecontrol.Tier
}

// steered hands on the pictures of the clip, and before each of them tells the encoder
// what is wanted from it on: the encoder takes it with that very picture, however
// busy the machine is.
type steered struct {
	*media.RawVideo

	demands demands
	encoder *x264.Live
	read    int
	bin     int
}

func (s *steered) Read(b []byte) error {
	if err := s.RawVideo.Read(b); err != nil {
		return err
	}
	bin := min(int(float64(s.read)/clipFormat.FrameRate/netsim.Bin.Seconds()), len(s.demands.rates)-1)
	s.read++
	if bin == s.bin {
		return nil
	}
	s.bin = bin
	s.encoder.SetBitrate(s.demands.rates[bin])
	if i := s.demands.tiers[bin]; i >= 0 && i < len(s.demands.ladder) {
		t := s.demands.ladder[i]
		s.encoder.SetFormat(media.Format{Width: t.Width, Height: t.Height, FrameRate: clipFormat.FrameRate})
	}

	return nil
}

// encode codes the clip into a file of H.264 and returns the number of pictures and
// of bytes.
func encode(ctx context.Context, clip, path string, d demands) (pictures int, size int64, err error) {
	raw, err := media.OpenRaw(ctx, clip)
	if err != nil {
		return 0, 0, err
	}
	s := &steered{RawVideo: raw, demands: d, bin: -1}
	// Nothing is read, and s.encoder not needed, before the first Read.
	s.encoder, err = x264.Open(s, d.rates[0], x264.Default(), nil)
	if err != nil {
		return 0, 0, err
	}
	file, err := os.Create(path) //nolint:gosec // a path of our own
	if err != nil {
		return 0, 0, errors.Join(err, s.encoder.Close())
	}
	out := bufio.NewWriter(file)
	for err == nil {
		var au media.AccessUnit
		if au, err = s.encoder.Read(); err != nil {
			break
		}
		pictures++
		for _, unit := range au.Units {
			size += int64(len(unit))
			if _, err = out.Write(append([]byte{0, 0, 0, 1}, unit...)); err != nil {
				break
			}
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	err = errors.Join(err, out.Flush(), file.Close(), s.encoder.Close())
	if want := s.read; err == nil && pictures != want {
		err = fmt.Errorf("%d pictures went into the encoder, %d came out", want, pictures)
	}

	return pictures, size, err
}
