// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// renditions plays a set. Every rendition is read along with the one that plays, up to
// its next key frame, so that a switch needs no seeking and works on pipes as well.
type renditions struct {
	set    *RenditionSet
	tracks []Track
	videos []*pictures
	audio  *sounds // nil for none
	active int

	// Of the pictures given out: the greatest PTS, the last DTS, and the PTS from which
	// on the active rendition counts. Pictures that follow its first key frame and are
	// shown before it refer to pictures that were not sent.
	shown, decoded, from time.Duration
	begun                bool
	// judged is the DTS of the latest picture that the choice was made for.
	judged time.Duration

	mu       sync.Mutex
	demand   Demand
	demanded bool
}

// pictureTolerance is what containers' clocks may make of one instant. It is less
// than the time between two pictures at 120 a second.
const pictureTolerance = 4 * time.Millisecond

// Open opens all renditions. The source is [Adaptive]: it goes to the rendition that
// was chosen at that one's next key frame, when all pictures before it have been given
// out. No picture comes twice; none is left out unless the rendition that is left has
// B-frames across that instant, which is at most their number.
func (s *RenditionSet) Open(ctx context.Context) (Source, error) {
	r := &renditions{set: s, tracks: s.tracks, active: s.choice.current}
	for i := range s.renditions {
		p, err := s.openPictures(ctx, &s.renditions[i])
		if err != nil {
			_ = r.Close()

			return nil, fmt.Errorf("rendition %s: %w", s.renditions[i].Name, err)
		}
		r.videos = append(r.videos, p)
	}
	if err := r.openAudio(ctx); err != nil {
		_ = r.Close()

		return nil, fmt.Errorf("audio of the renditions: %w", err)
	}

	return r, nil
}

func (s *RenditionSet) openPictures(ctx context.Context, r *probed) (*pictures, error) {
	src, err := r.Open(ctx)
	if err != nil {
		return nil, err
	}
	p := &pictures{src: src, name: r.Name, shift: s.start - r.first}
	p.track = slices.IndexFunc(src.Tracks(), func(t Track) bool { return t.Codec.Video() })
	if p.track < 0 || src.Tracks()[p.track].Codec != r.track.Codec {
		_ = src.Close()

		return nil, fmt.Errorf("%w: it has other tracks than before", ErrRenditions)
	}

	return p, nil
}

func (r *renditions) openAudio(ctx context.Context) error {
	src, err := r.set.renditions[0].OpenAudio(ctx)
	if err != nil {
		return err
	}
	audio, err := newSounds(src, r.set.start)
	if err != nil || audio == nil {
		return errors.Join(err, src.Close())
	}
	r.audio = audio
	r.tracks = append(slices.Clone(r.tracks), audio.description)

	return nil
}

// Tracks implements [Source].
func (r *renditions) Tracks() []Track { return r.tracks }

// Close implements [Source].
func (r *renditions) Close() error {
	var err error
	for _, p := range r.videos {
		err = errors.Join(err, p.src.Close())
	}
	if r.audio != nil {
		err = errors.Join(err, r.audio.src.Close())
	}

	return err
}

// Adapt implements [Adaptive]. Key frames come when they come.
func (r *renditions) Adapt(d Demand) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.demand, r.demanded = d, true
}

// Next implements [Source].
func (r *renditions) Next() (AccessUnit, error) {
	picture, err := r.picture()
	ended := errors.Is(err, io.EOF)
	if err != nil && !ended {
		return AccessUnit{}, err
	}
	if r.audio != nil {
		sound, audioErr := r.audio.peek()
		switch {
		case audioErr != nil && !errors.Is(audioErr, io.EOF):
			return AccessUnit{}, audioErr
		case audioErr == nil && (ended || sound.DTS < max(picture.DTS, r.decoded)):
			return r.audio.pop(), nil
		}
	}
	if ended {
		return AccessUnit{}, io.EOF
	}

	return r.give(picture), nil
}

// picture returns the next picture without taking it, after a switch where one is due.
func (r *renditions) picture() (*AccessUnit, error) {
	next, err := r.peek()
	if err != nil {
		return nil, err
	}
	want := r.wanted(next)
	for i, p := range r.videos {
		if i == r.active || p.gone {
			continue
		}
		key, err := p.keyAfter(r.shown, r.begun)
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			p.gone = true
			r.set.cfg.Warn(fmt.Errorf("rendition %s is left out: %w", p.name, err))
		case err == nil && i == want && key.PTS <= next.PTS+pictureTolerance:
			r.active, r.from, next = i, key.PTS, key
		}
	}

	return next, nil
}

// peek returns the active rendition's next picture.
func (r *renditions) peek() (*AccessUnit, error) {
	p := r.videos[r.active]
	for {
		next, err := p.peek()
		if err != nil || !r.begun || next.PTS >= r.from {
			return next, err
		}
		p.drop()
	}
}

// wanted returns the rendition that the latest demand makes the right one.
func (r *renditions) wanted(next *AccessUnit) int {
	r.mu.Lock()
	d, known := r.demand, r.demanded
	r.mu.Unlock()
	if !known {
		return r.active
	}

	elapsed := max(next.DTS-r.judged, 0)
	r.judged += elapsed

	return r.set.choice.choose(&d, elapsed)
}

func (r *renditions) give(picture *AccessUnit) AccessUnit {
	p := r.videos[r.active]
	au := *picture
	p.drop()
	au.Track, au.Rendition = 0, p.name
	// Renditions with other numbers of B-frames decode earlier or later.
	au.DTS = max(au.DTS, r.decoded)
	au.PTS = max(au.PTS, au.DTS)
	r.decoded = au.DTS
	if !r.begun {
		r.shown = au.PTS
	}
	r.shown, r.begun = max(r.shown, au.PTS), true

	return au
}
