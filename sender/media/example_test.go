// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media_test

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
)

// hardware is an encoder of one's own: here one that makes ten empty pictures a second.
type hardware struct {
	mu      sync.Mutex
	pending bool // a key frame is asked for
	frame   int
}

func (h *hardware) Track() media.Track {
	return media.Track{Codec: media.H264, ClockRate: 90000, Width: 1280, Height: 720}
}

func (h *hardware) Read() (media.AccessUnit, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.frame == 5 {
		return media.AccessUnit{}, io.EOF
	}
	at := time.Duration(h.frame) * 100 * time.Millisecond
	key := h.frame == 0 || h.pending
	h.frame, h.pending = h.frame+1, false
	slice := []byte{0x41}
	if key {
		slice = []byte{0x65} // after the SPS and the PPS
	}

	return media.AccessUnit{PTS: at, DTS: at, Key: key, Units: [][]byte{slice}}, nil
}

func (h *hardware) SetBitrate(rate bwe.Bitrate) { fmt.Println("encode at", rate) }

func (h *hardware) SetFormat(f media.Format) { fmt.Println("encode", f) }

func (h *hardware) RequestKeyFrame() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pending = true
}

func (h *hardware) Close() error { return nil }

// An encoder becomes a source that [github.com/rtmcc/rtmcc/sender/session.Push] takes
// and keeps adapting. What Push does is done by hand here.
func ExampleNewEncoderSource() {
	source, err := media.NewEncoderSource(&hardware{}, nil)
	if err != nil {
		panic(err)
	}
	defer func() { _ = source.Close() }()
	next := func() {
		if picture, err := source.Next(); err == nil {
			fmt.Println(picture.PTS, "key frame:", picture.Key)
		}
	}
	// The controller's first decision.
	source.Adapt(media.Demand{Video: 900 * bwe.Kbps, Format: media.Format{Width: 1280, Height: 720, FrameRate: 10}})
	next()
	next()
	// The path weakens.
	source.Adapt(media.Demand{Video: 400 * bwe.Kbps, Format: media.Format{Width: 640, Height: 360, FrameRate: 10}})
	next()
	// Output:
	// encode 1280x720@10
	// encode at 900 kbps
	// 0s key frame: true
	// 100ms key frame: false
	// encode 640x360@10
	// encode at 400 kbps
	// 200ms key frame: false
}
