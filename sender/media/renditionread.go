// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// pictures reads the video of one rendition, one access unit ahead.
type pictures struct {
	src   Source
	name  string
	track int
	// shift is added to its timestamps.
	shift time.Duration
	next  AccessUnit
	ahead bool
	// gone: it cannot be read any more.
	gone bool
}

// peek returns the next picture without taking it.
func (p *pictures) peek() (*AccessUnit, error) {
	for !p.ahead {
		au, err := p.src.Next()
		if err != nil {
			return nil, err
		}
		if au.Track != p.track {
			continue
		}
		au.DTS += p.shift
		au.PTS += p.shift
		p.next, p.ahead = au, true
	}

	return &p.next, nil
}

// drop takes the picture that peek returned.
func (p *pictures) drop() { p.next, p.ahead = AccessUnit{}, false }

// keyAfter skips to the first key frame, after an instant where begun, and returns it
// without taking it.
func (p *pictures) keyAfter(shown time.Duration, begun bool) (*AccessUnit, error) {
	for {
		au, err := p.peek()
		if err != nil || au.Key && (!begun || au.PTS > shown+pictureTolerance) {
			return au, err
		}
		p.drop()
	}
}

// sounds reads the audio that goes with the pictures of a set.
type sounds struct {
	src         Source
	track       int
	description Track
	shift       time.Duration
	queue       []AccessUnit
}

// maxSoundsAhead bounds what is read of audio before the first picture, which tells
// where on the common timeline the audio belongs.
const maxSoundsAhead = 4096

// newSounds returns nil where src has no audio. start is the PTS of the first picture
// on the common timeline.
func newSounds(src Source, start time.Duration) (*sounds, error) {
	tracks := src.Tracks()
	audio := slices.IndexFunc(tracks, func(t Track) bool { return !t.Codec.Video() })
	if audio < 0 {
		return nil, nil
	}
	s := &sounds{src: src, track: audio, description: tracks[audio]}
	video := slices.IndexFunc(tracks, func(t Track) bool { return t.Codec.Video() })
	for video >= 0 {
		au, err := src.Next()
		if errors.Is(err, io.EOF) || len(s.queue) > maxSoundsAhead {
			return nil, fmt.Errorf("%w: there is no picture near the start of the audio", ErrRenditions)
		}
		if err != nil {
			return nil, err
		}
		if au.Track == video {
			s.shift = start - au.PTS

			break
		}
		if au.Track == audio {
			s.queue = append(s.queue, au)
		}
	}

	return s, nil
}

// peek returns the next access unit without taking it.
func (s *sounds) peek() (AccessUnit, error) {
	for len(s.queue) == 0 {
		au, err := s.src.Next()
		if err != nil {
			return au, err
		}
		if au.Track == s.track {
			s.queue = append(s.queue, au)
		}
	}
	au := s.queue[0]
	au.Track = 1
	au.DTS = max(au.DTS+s.shift, 0)
	au.PTS = max(au.PTS+s.shift, au.DTS)

	return au, nil
}

// pop takes what peek returned.
func (s *sounds) pop() AccessUnit {
	au, _ := s.peek()
	s.queue = slices.Delete(s.queue, 0, 1)

	return au
}
