// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"time"

	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
)

// ivf reads IVF files. The header is parsed by pion; frames are read here, as
// pion's reader allocates what a frame header says before it is there, and turns
// the time base upside down.
type ivf struct {
	r      io.Reader
	closer io.Closer
	track  Track
	header *ivfreader.IVFFileHeader
}

const ivfFrameHeader = 12

func newIVF(f *file) (*ivf, error) {
	_, h, err := ivfreader.NewWith(f.r)
	if err != nil {
		return nil, fmt.Errorf("%w: IVF: %w", errMalformed, err)
	}
	v := &ivf{r: f.r, closer: f.closer, header: h}
	v.track = Track{ClockRate: videoClock, Width: int(h.Width), Height: int(h.Height)}
	switch h.FourCC {
	case "VP80":
		v.track.Codec = VP8
	case "VP90":
		v.track.Codec = VP9
	case "AV01":
		v.track.Codec = AV1
	default:
		return nil, fmt.Errorf("%w: IVF with codec %q; VP8, VP9 and AV1 can be sent", ErrUnsupported, h.FourCC)
	}

	return v, nil
}

func (v *ivf) tracks() []Track { return []Track{v.track} }
func (v *ivf) close() error    { return v.closer.Close() }

func (v *ivf) next() (sample, error) {
	var header [ivfFrameHeader]byte
	if _, err := io.ReadFull(v.r, header[:]); err != nil {
		return sample{}, err
	}
	size := binary.LittleEndian.Uint32(header[:])
	if size > maxSample {
		return sample{}, fmt.Errorf("%w: an IVF frame of %d bytes", errMalformed, size)
	}
	at, err := v.time(binary.LittleEndian.Uint64(header[4:]))
	if err != nil {
		return sample{}, err
	}
	frame, err := readExactly(v.r, uint64(size))
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}

		return sample{}, err
	}

	return sample{pts: at, dts: at, units: [][]byte{frame}}, nil
}

// time converts a count of the header's time base, in which one step lasts
// numerator/denominator seconds.
func (v *ivf) time(count uint64) (time.Duration, error) {
	hi, lo := bits.Mul64(count, uint64(v.header.TimebaseNumerator)*uint64(time.Second))
	if hi >= uint64(v.header.TimebaseDenominator) {
		return 0, fmt.Errorf("%w: an IVF timestamp of %d", errMalformed, count)
	}
	ns, _ := bits.Div64(hi, lo, uint64(v.header.TimebaseDenominator))
	if ns > 1<<62 {
		return 0, fmt.Errorf("%w: an IVF timestamp of %d", errMalformed, count)
	}

	return time.Duration(ns), nil //nolint:gosec // checked above
}
