// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// VideoEncoder is an encoder that changes while it runs. [NewEncoderSource] makes a
// source of it. Read and Track are called from one goroutine, the rest from another,
// except for Close, which comes last and may find Read waiting.
type VideoEncoder interface {
	// Track describes what comes out. It does not change.
	Track() Track
	// Read waits for the next picture, in order of decoding, with the parameter sets
	// in front of each key frame. Track of the access unit is of no matter. It returns
	// io.EOF at the end, and an error once the encoder is closed.
	Read() (AccessUnit, error)
	// SetBitrate is called with every new bitrate, of the coded pictures alone. It must
	// not block.
	SetBitrate(rate bwe.Bitrate)
	// SetFormat is called with every new tier's format. The new format begins with a
	// key frame. It must not block.
	SetFormat(f Format)
	// RequestKeyFrame asks for a key frame as soon as possible. It must not block.
	RequestKeyFrame()
	// Close ends the encoder. Read returns soon after.
	Close() error
}

const (
	// keyFrameSpacing is the least time between two key frames on request, so that a
	// receiver that asks over and over does not take the rate from the picture. Common
	// senders keep to 300 ms to 1 s.
	keyFrameSpacing = 500 * time.Millisecond
	// keyFrameGrace is how long after a key frame a request is held to be answered by
	// it: it was on its way when the request came.
	keyFrameGrace = 100 * time.Millisecond
)

// EncoderSource is the [Adaptive] source of an encoder, with audio of another source.
type EncoderSource struct {
	video  VideoEncoder
	audio  Source // nil for none
	tracks []Track
	// sound is the track of audio that is taken.
	sound int

	// Of Next.
	picture, sounding     AccessUnit
	hasPicture, hasSound  bool
	pictureEnd, soundsEnd bool

	mu      sync.Mutex
	latest  Demand
	demands bool
	// wanted: a key frame was asked for and has not come; asked: the encoder knows.
	wanted, asked bool
	lastKey       time.Time
}

// NewEncoderSource joins an encoder and the first audio track of a source, which may
// be nil. Both keep time from the same instant. Closing the source closes both.
func NewEncoderSource(video VideoEncoder, audio Source) (*EncoderSource, error) {
	track := video.Track()
	if !track.Codec.Video() {
		return nil, fmt.Errorf("%w: an encoder of %q is no encoder of video", ErrUnsupported, track.Codec)
	}
	s := &EncoderSource{video: video, tracks: []Track{track}, soundsEnd: true}
	if audio == nil {
		return s, nil
	}
	s.audio = audio
	for i, t := range audio.Tracks() {
		if !t.Codec.Video() {
			s.sound, s.soundsEnd = i, false
			s.tracks = append(s.tracks, t)

			break
		}
	}

	return s, nil
}

// Tracks implements [Source].
func (s *EncoderSource) Tracks() []Track { return s.tracks }

// Close implements [Source].
func (s *EncoderSource) Close() error {
	err := s.video.Close()
	if s.audio != nil {
		err = errors.Join(err, s.audio.Close())
	}

	return err
}

// Adapt implements [Adaptive].
func (s *EncoderSource) Adapt(d Demand) {
	s.mu.Lock()
	former, known := s.latest, s.demands
	s.latest, s.demands = d, true
	ask := false
	if d.KeyFrame {
		now := time.Now()
		s.wanted = s.wanted || s.lastKey.IsZero() || now.Sub(s.lastKey) > keyFrameGrace
		ask = s.ask(now)
	}
	s.mu.Unlock()
	if d.Format != former.Format {
		s.video.SetFormat(d.Format)
	}
	if !known || d.Video != former.Video {
		s.video.SetBitrate(d.Video)
	}
	if ask {
		s.video.RequestKeyFrame()
	}
}

// ask tells whether the encoder is to be asked for a key frame now.
func (s *EncoderSource) ask(now time.Time) bool {
	if !s.wanted || s.asked || !s.lastKey.IsZero() && now.Sub(s.lastKey) < keyFrameSpacing {
		return false
	}
	s.asked = true

	return true
}

// Next implements [Source].
func (s *EncoderSource) Next() (AccessUnit, error) {
	if err := s.fill(); err != nil {
		return AccessUnit{}, err
	}
	switch {
	case s.hasPicture && (!s.hasSound || s.picture.DTS <= s.sounding.DTS):
		s.hasPicture = false
		s.given(&s.picture)

		return s.picture, nil
	case s.hasSound:
		s.hasSound = false

		return s.sounding, nil
	default:
		return AccessUnit{}, io.EOF
	}
}

// given keeps account of requests.
func (s *EncoderSource) given(picture *AccessUnit) {
	s.mu.Lock()
	now := time.Now()
	if picture.Key {
		s.wanted, s.asked, s.lastKey = false, false, now
	}
	ask := s.ask(now)
	s.mu.Unlock()
	if ask {
		s.video.RequestKeyFrame()
	}
}

// fill reads one access unit ahead of both, to know which one comes first.
func (s *EncoderSource) fill() error {
	for !s.hasPicture && !s.pictureEnd {
		au, err := s.video.Read()
		switch {
		case errors.Is(err, io.EOF):
			s.pictureEnd = true
		case err != nil:
			return err
		default:
			au.Track = 0
			s.picture, s.hasPicture = au, true
		}
	}
	for !s.hasSound && !s.soundsEnd {
		au, err := s.audio.Next()
		switch {
		case errors.Is(err, io.EOF):
			s.soundsEnd = true
		case err != nil:
			return err
		case au.Track == s.sound:
			au.Track = 1
			s.sounding, s.hasSound = au, true
		}
	}

	return nil
}
