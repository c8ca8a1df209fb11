// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"io"
	"sync"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
)

// exactEncoder makes 30 pictures a second of exactly the bitrate that it is asked for:
// a key frame every 2 s of four times the others' mean size, and between two pictures
// that others refer to a B-frame of half their size. A key frame on request ends a
// group early.
type exactEncoder struct {
	// length is how many pictures there are.
	length int

	mu      sync.Mutex
	rate    bwe.Bitrate
	request bool
	count   int
	// began is the number of the group's key frame, at the place of the next picture in
	// its group, both in order of decoding. frameNum counts as H.264 does.
	began, at int
	frameNum  int
	// debt is the bytes that pictures took beyond their rate.
	debt float64
	made int64
}

const (
	exactGroup = 60
	exactKey   = 4.0
	exactP     = 4.0 / 3
	exactB     = 2.0 / 3
	// exactRepay is over how many pictures a large one is made good.
	exactRepay = 15
	// exactLeast is what a picture takes at least, in bytes.
	exactLeast = 100
)

// exactSPS and exactPPS are those of libx264 for 720p at 30 pictures a second, with
// frame numbers of 4 bits.
var (
	exactSPS = []byte{
		0x67, 0x64, 0x00, 0x1f, 0xac, 0xec, 0x05, 0x00, 0x5b, 0xb0, 0x11, 0x00, 0x00,
		0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x18, 0x31, 0x38,
	}
	exactPPS = []byte{0x68, 0xef, 0x8f, 0xcb}
)

const frameNumBits = 4

// The slice headers up to frame_num (ITU-T H.264, 7.3.3): first_mb_in_slice 0,
// slice_type, pic_parameter_set_id 0, and frame_num in the bits that the SPS says.
const (
	sliceI = 0b1_0001000_1
	sliceP = 0b1_00110_1
	sliceB = 0b1_00111_1
)

func (e *exactEncoder) Track() media.Track {
	return media.Track{
		Codec: media.H264, ClockRate: 90000, Width: 1280, Height: 720, BFrames: true, ParameterSets: [][]byte{exactSPS, exactPPS},
	}
}

func (e *exactEncoder) Read() (media.AccessUnit, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.count == e.length {
		return media.AccessUnit{}, io.EOF
	}
	bFrame := e.at > 0 && e.at%2 == 0
	if e.at == exactGroup || e.request && !bFrame {
		e.at, e.frameNum, e.request = 0, 0, false
	}
	if e.at == 0 {
		e.began = e.count
	}
	au := media.AccessUnit{Key: e.at == 0, Disposable: bFrame, DTS: e.time(e.count)}
	weight, shown := exactKey, 0
	switch {
	case bFrame:
		weight, shown = exactB, e.at-1
		au.Units = e.slice(0x01, sliceB, 7)
	case au.Key:
		au.Units = append([][]byte{exactSPS, exactPPS}, e.slice(0x65, sliceI, 9)...)
	case e.at == exactGroup-1:
		weight, shown = 1, e.at
		au.Units = e.slice(0x41, sliceP, 7)
	default:
		weight, shown = exactP, e.at+1
		au.Units = e.slice(0x41, sliceP, 7)
	}
	// Presentation is one picture behind decoding, so that no picture is late.
	au.PTS = e.time(e.began + shown + 1)
	e.fill(&au, weight)
	e.at++
	e.count++

	return au, nil
}

func (e *exactEncoder) time(picture int) time.Duration {
	return time.Duration(picture) * time.Second / 30
}

// slice begins a slice; frame_num counts the pictures that others refer to.
func (e *exactEncoder) slice(nal byte, head, bits int) [][]byte {
	header := uint32(head)<<frameNumBits | uint32(e.frameNum)%(1<<frameNumBits)
	header = header<<(32-bits-frameNumBits) | 1<<(31-bits-frameNumBits)
	if nal != 0x01 {
		e.frameNum++
	}

	return [][]byte{{nal, byte(header >> 24), byte(header >> 16), byte(header >> 8), byte(header)}}
}

// fill makes a picture as large as it is to be.
func (e *exactEncoder) fill(au *media.AccessUnit, weight float64) {
	mean := float64(e.rate) / 8 / 30
	size := max(int(weight*mean-e.debt/exactRepay), exactLeast)
	e.debt += float64(size) - mean
	last := &au.Units[len(au.Units)-1]
	for size -= au.Size(); size > 0; size-- {
		*last = append(*last, 0xaa)
	}
	e.made += int64(au.Size())
}

func (e *exactEncoder) SetBitrate(rate bwe.Bitrate) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rate = rate
}

func (e *exactEncoder) SetFormat(media.Format) {}

func (e *exactEncoder) RequestKeyFrame() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.request = true
}

func (e *exactEncoder) Close() error { return nil }
