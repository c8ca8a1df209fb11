// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	defaultFrameRate = 30
	// maxHeldPictures bounds the pictures that wait for their place in output
	// order; a decoder holds at most 16.
	maxHeldPictures = 64
)

// slicePlace is what a slice header tells of its picture's place in the stream.
type slicePlace struct {
	// first tells that the slice begins a picture.
	first bool
	// secondField tells that the picture completes the frame of the one before.
	secondField bool
	// restart begins a new coded video sequence: order counts start anew.
	restart bool
	// order is the picture order count.
	order int64
}

// sliceOrder reads picture order out of slice headers.
type sliceOrder interface {
	nalSyntax
	// slice tells whether nal is a slice, and its place.
	slice(nal []byte) (slicePlace, bool)
	// opens tells NAL units other than slices that begin an access unit when they
	// come behind a slice.
	opens(nal []byte) bool
	// learn is called with every NAL unit that is no slice.
	learn(nal []byte)
	// depth is how many pictures may come before one in decoding order and behind
	// it in output order.
	depth() int
	// rate is the frame rate of the parameter sets, zero where there is none.
	rate() float64
}

// annexB reads a byte stream of H.264 or H.265 (annex B of either). It has no
// timestamps: decoding times are spaced by the frame rate, presentation times
// follow from the picture order counts.
type annexB struct {
	units  *bufio.Scanner
	closer io.Closer
	order  sliceOrder
	track  Track
	fps    float64

	unit    [][]byte // the access unit that is being collected
	place   slicePlace
	hasVCL  bool
	size    int
	reorder reorder
	ready   []sample
	head    int
	end     error
}

func newAnnexB(f *file, codec Codec, o options) *annexB {
	a := &annexB{closer: f.closer, fps: o.frameRate, track: Track{Codec: codec, ClockRate: videoClock}}
	if codec == H264 {
		a.order = &h264Order{}
	} else {
		a.order = &h265Order{}
	}
	a.units = bufio.NewScanner(f.r)
	a.units.Buffer(make([]byte, 0, 64<<10), maxPES)
	a.units.Split(scanStartCodes)

	return a
}

// scanStartCodes is a [bufio.SplitFunc] for NAL units.
func scanStartCodes(data []byte, atEOF bool) (advance int, token []byte, err error) {
	prefix := []byte{0, 0, 1}
	i := bytes.Index(data, prefix)
	if i < 0 {
		if atEOF {
			return len(data), nil, nil
		}

		return max(0, len(data)-len(prefix)+1), nil, nil
	}
	start := i + len(prefix)
	if j := bytes.Index(data[start:], prefix); j >= 0 {
		return start + j, data[start : start+j], nil
	}
	if atEOF {
		return len(data), data[start:], nil
	}

	return i, nil, nil
}

func (a *annexB) tracks() []Track { return []Track{a.track} }
func (a *annexB) close() error    { return a.closer.Close() }

func (a *annexB) next() (sample, error) {
	for a.head == len(a.ready) {
		a.ready, a.head = a.ready[:0], 0
		if a.end != nil {
			return sample{}, a.end
		}
		if !a.units.Scan() {
			a.finish()

			continue
		}
		if nal := bytes.TrimRight(a.units.Bytes(), "\x00"); len(nal) > 1 {
			if err := a.add(bytes.Clone(nal)); err != nil {
				a.end = err
			}
		}
	}
	s := a.ready[a.head]
	a.ready[a.head] = sample{}
	a.head++

	return s, nil
}

func (a *annexB) finish() {
	a.end = io.EOF
	if err := a.units.Err(); err != nil {
		a.end = fmt.Errorf("read: %w", err)
		if errors.Is(err, bufio.ErrTooLong) {
			a.end = fmt.Errorf("%w: a NAL unit of more than %d MiB", errMalformed, maxPES>>20)
		}
	}
	a.closePicture()
	a.emit(a.reorder.flush())
}

// add puts a NAL unit into the access unit that it belongs to (ITU-T H.264,
// 7.4.1.2.3; H.265, 7.4.2.4.4).
func (a *annexB) add(nal []byte) error {
	place, isSlice := a.order.slice(nal)
	switch {
	case isSlice && a.hasVCL && place.first && !place.secondField,
		!isSlice && a.hasVCL && a.order.opens(nal):
		a.closePicture()
	}
	if isSlice && !a.hasVCL {
		a.place, a.hasVCL = place, true
	}
	if !isSlice {
		a.order.learn(nal)
	}
	if a.size += len(nal); a.size > maxPES || len(a.unit) >= maxUnitsPerPicture {
		return fmt.Errorf("%w: a picture of more than %d MiB", errMalformed, maxPES>>20)
	}
	a.unit = append(a.unit, nal)

	return nil
}

// closePicture ends the access unit and gives it its place in decoding order.
func (a *annexB) closePicture() {
	if !a.hasVCL {
		return
	}
	if a.fps == 0 {
		if a.fps = a.order.rate(); a.fps <= 0 || a.fps > maxFrameRate {
			a.fps = defaultFrameRate
		}
	}
	done := a.reorder.add(a.unit, a.place, a.order.depth())
	a.unit, a.size, a.hasVCL = nil, 0, false
	a.emit(done)
}

func (a *annexB) emit(pictures []heldPicture) {
	for _, p := range pictures {
		a.ready = append(a.ready, sample{dts: a.at(p.decoded), pts: a.at(p.output + a.reorder.lag), units: p.units})
	}
}

// at is the time of a frame by its number.
func (a *annexB) at(frame int) time.Duration {
	return time.Duration(float64(frame) / a.fps * float64(time.Second))
}

// heldPicture waits for its number in output order.
type heldPicture struct {
	units           [][]byte
	sequence        int
	order           int64
	decoded, output int
	placed          bool
}

// reorder numbers pictures in output order, as a decoder that outputs a picture
// when more than depth wait does (ITU-T H.264 C.4.5.3, H.265 C.5.2.4: bumping).
type reorder struct {
	held     []heldPicture // in decoding order
	lag      int           // the greatest depth
	sequence int
	decoded  int
	outputs  int
}

// add takes the next picture in decoding order, and returns those, in decoding
// order, whose numbers are known by now.
func (r *reorder) add(units [][]byte, place slicePlace, depth int) []heldPicture {
	if place.restart {
		r.sequence++
	}
	if r.decoded == 0 || depth > r.lag {
		r.lag = depth
	}
	r.held = append(r.held, heldPicture{units: units, sequence: r.sequence, order: place.order, decoded: r.decoded})
	r.decoded++
	for r.waiting() > r.lag {
		r.output()
	}
	for len(r.held) > maxHeldPictures {
		r.output()
	}

	return r.take()
}

func (r *reorder) flush() []heldPicture {
	for r.waiting() > 0 {
		r.output()
	}

	return r.take()
}

func (r *reorder) waiting() int {
	n := 0
	for i := range r.held {
		if !r.held[i].placed {
			n++
		}
	}

	return n
}

// output numbers the first waiting picture in output order.
func (r *reorder) output() {
	best := -1
	for i := range r.held {
		h := &r.held[i]
		if h.placed {
			continue
		}
		if best < 0 || h.sequence < r.held[best].sequence ||
			(h.sequence == r.held[best].sequence && h.order < r.held[best].order) {
			best = i
		}
	}
	if best >= 0 {
		r.held[best].placed, r.held[best].output = true, r.outputs
		r.outputs++
	}
}

// take removes the placed pictures at the front.
func (r *reorder) take() []heldPicture {
	n := 0
	for n < len(r.held) && r.held[n].placed {
		n++
	}
	done := r.held[:n:n]
	r.held = append([]heldPicture(nil), r.held[n:]...)

	return done
}
