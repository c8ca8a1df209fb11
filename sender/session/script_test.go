// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"io"
	"time"

	"github.com/rtmcc/rtmcc/sender/media"
)

// script is a source of made-up H.264 and Opus.
type script struct {
	tracks []media.Track
	// length is the source's; a picture every 33.3 ms, a key frame each second, audio
	// every 20 ms.
	length    time.Duration
	frameSize int
	// fill is what pictures are made of.
	fill byte

	pictures, sounds int
	closed           bool
}

var (
	sps = []byte{0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9}
	pps = []byte{0x68, 0xeb, 0xe3, 0xcb}
)

func h264Track() media.Track {
	return media.Track{Codec: media.H264, ClockRate: 90000, Width: 640, Height: 360, ParameterSets: [][]byte{sps, pps}}
}

func opusTrack() media.Track { return media.Track{Codec: media.Opus, ClockRate: 48000, Channels: 2} }

func newScript(length time.Duration, tracks ...media.Track) *script {
	return &script{tracks: tracks, length: length, frameSize: 2000, fill: 0xaa}
}

func (s *script) Tracks() []media.Track { return s.tracks }

func (s *script) Close() error {
	s.closed = true

	return nil
}

func (s *script) Next() (media.AccessUnit, error) {
	const picture, sound = time.Second/30 + 1, 20 * time.Millisecond
	next, track := time.Duration(-1), 0
	for i, t := range s.tracks {
		at := time.Duration(s.sounds) * sound
		if t.Codec.Video() {
			at = time.Duration(s.pictures) * picture
		}
		if next < 0 || at < next {
			next, track = at, i
		}
	}
	if next >= s.length {
		return media.AccessUnit{}, io.EOF
	}
	au := media.AccessUnit{Track: track, PTS: next, DTS: next}
	if !s.tracks[track].Codec.Video() {
		s.sounds++
		au.Duration, au.Units = sound, [][]byte{make([]byte, 160)}

		return au, nil
	}
	if s.pictures%30 == 0 {
		au.Key, au.Units = true, [][]byte{sps, pps}
	}
	slice := make([]byte, s.frameSize)
	slice[0], slice[1] = 0x41, 1
	if au.Key {
		slice[0] = 0x65
	}
	for i := range slice[2:] {
		slice[2+i] = s.fill
	}
	// Every other picture between key frames is one that nothing refers to.
	if !au.Key && s.pictures%2 == 1 {
		slice[0], au.Disposable = 0x01, true
	}
	au.Units = append(au.Units, slice)
	s.pictures++

	return au, nil
}
