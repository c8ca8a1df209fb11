// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package x264

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
)

// Config holds the knobs of the encoder.
type Config struct {
	// Preset is x264's trade of time for quality. Default "veryfast".
	Preset string
	// BFrames is how many B-frames may follow each other, from 0 to 4. Each delays
	// what comes out by one picture. Default 2.
	BFrames int
	// KeyInterval is the most time between two key frames, from 100 ms to 10 min.
	// Default 2 s.
	KeyInterval time.Duration
	// Buffer is the decoder's buffer that the bitrate holds within (VBV), from 50 ms
	// to 10 s. A shorter one makes smaller key frames, at a price in quality. Default
	// 500 ms.
	Buffer time.Duration
	// MaxBitsPerPixel bounds the bitrate by the number of pixels a second, from 0.01 to
	// 10: above it more bits hardly show. Default 0.3, 8.3 Mbps for 720p at 30 a second.
	MaxBitsPerPixel float64
}

// Default returns the configuration that rtmcc recommends.
func Default() Config {
	return Config{Preset: "veryfast", BFrames: 2, KeyInterval: 2 * time.Second, Buffer: 500 * time.Millisecond, MaxBitsPerPixel: 0.3}
}

// Errors of this package.
var (
	// ErrConfig is wrapped by every error of [Config.Validate].
	ErrConfig = errors.New("x264: invalid config")
	// ErrUnavailable is wrapped by [Open] where this program was built without libx264.
	ErrUnavailable = errors.New("this program was built without libx264; install its headers " +
		"(Debian: apt-get install libx264-dev gcc pkg-config) and build it with them: " +
		"CGO_ENABLED=1 go install -tags x264 github.com/rtmcc/rtmcc/cmd/rtmcc@latest, or in a clone: go build -tags x264 ./cmd/rtmcc")
)

// presets are those of libx264 0.164.
var presets = []string{
	"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo",
}

const maxBFrames = 4

// Validate reports the first field that is out of range.
func (c *Config) Validate() error {
	switch {
	case !slices.Contains(presets, c.Preset):
		return fmt.Errorf("%w: preset %q is none of %v", ErrConfig, c.Preset, presets)
	case c.BFrames < 0 || c.BFrames > maxBFrames:
		return fmt.Errorf("%w: %d B-frames, must be from 0 to %d", ErrConfig, c.BFrames, maxBFrames)
	case c.KeyInterval < 100*time.Millisecond || c.KeyInterval > 10*time.Minute:
		return fmt.Errorf("%w: key interval %v must be from 100 ms to 10 min", ErrConfig, c.KeyInterval)
	case c.Buffer < 50*time.Millisecond || c.Buffer > 10*time.Second:
		return fmt.Errorf("%w: buffer %v must be from 50 ms to 10 s", ErrConfig, c.Buffer)
	case !(c.MaxBitsPerPixel >= 0.01 && c.MaxBitsPerPixel <= 10):
		return fmt.Errorf("%w: %g bits per pixel must be from 0.01 to 10", ErrConfig, c.MaxBitsPerPixel)
	}

	return nil
}

// leastBitrate is below what any picture can be coded with.
const leastBitrate = 10 * bwe.Kbps

// bound holds a bitrate within what the format is worth.
func (c *Config) bound(rate bwe.Bitrate, f media.Format) bwe.Bitrate {
	most := bwe.Bitrate(c.MaxBitsPerPixel * float64(f.Width) * float64(f.Height) * f.FrameRate)

	return max(min(rate, most), leastBitrate)
}

// maxSide and maxRate bound the formats that can be encoded.
const (
	maxSide = 8192
	maxRate = 300
)

func checkFormat(f media.Format) error {
	if f.Width < 16 || f.Height < 16 || f.Width > maxSide || f.Height > maxSide || f.Width%2+f.Height%2 > 0 ||
		!(f.FrameRate >= 1 && f.FrameRate <= maxRate) {
		return fmt.Errorf("%w: pictures of %v: sides must be even and from 16 to %d, the rate from 1 to %d",
			ErrConfig, f, maxSide, maxRate)
	}

	return nil
}

// coded is one coded picture.
type coded struct {
	// pts and dts count pictures that were put in, from 0; dts begins below zero where
	// there are B-frames.
	pts, dts int64
	key      bool
	// disposable: no other picture refers to it.
	disposable bool
	// units are NAL units without start codes, parameter sets in front of key frames.
	units [][]byte
}

// codec is one encoder of libx264. It is not safe for concurrent use.
type codec interface {
	// Headers returns the parameter sets.
	Headers() ([][]byte, error)
	// Encode puts a picture in I420 in, coded as a key frame if key is set, and returns
	// the next one that comes out, and false where there is none yet.
	Encode(picture []byte, key bool) (coded, bool, error)
	// Flush returns a picture that is still inside, and false where there is none.
	Flush() (coded, bool, error)
	// SetBitrate takes effect with the next picture that is put in.
	SetBitrate(rate bwe.Bitrate) error
	// Close frees everything.
	Close()
}
