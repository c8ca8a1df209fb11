// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// Rendition is one of several encodings of the same pictures.
type Rendition struct {
	// Name is what [AccessUnit.Rendition] shows.
	Name string
	// Bitrate is that of its video; zero has the mean measured.
	Bitrate bwe.Bitrate
	// Open opens it.
	Open func(ctx context.Context) (Source, error)
	// OpenAudio opens it where its audio is taken, as that of the least bitrate is, and
	// goes with every rendition. Default: Open.
	OpenAudio func(ctx context.Context) (Source, error)
}

// RenditionConfig says what a [RenditionSet] plays, and how it chooses.
type RenditionConfig struct {
	// Renditions are at least one, in any order.
	Renditions []Rendition
	// ByTier has [Demand.Tier] choose, 0 being the least bitrate, and not
	// [Demand.Video].
	ByTier bool
	// Dwell is how much of the media a higher rendition must have been affordable for
	// before it is taken, from 0 to 1 min; going down needs no wait. It does not count
	// with ByTier, where the controller has a dwell time of its own. Default 2 s.
	Dwell time.Duration
	// Warn is called from within Next when a rendition can no longer be read and is
	// left out. Default: nothing.
	Warn func(error)
}

// ErrRenditions is wrapped by errors about renditions that do not go together.
var ErrRenditions = errors.New("the renditions do not go together")

const (
	defaultDwell = 2 * time.Second
	maxDwell     = time.Minute
)

// RenditionSet is a set of renditions that were found to go together. It remembers
// which one was chosen, so that a [Loop] over Open goes on with it. One of its sources
// may be open at a time.
type RenditionSet struct {
	cfg        RenditionConfig
	renditions []probed // by ascending bitrate
	tracks     []Track
	start      time.Duration // PTS of the first picture that all are moved to
	choice     renditionChoice
}

// probed is a rendition with what reading it told.
type probed struct {
	Rendition
	track     Track
	first     time.Duration // PTS of the first picture
	length    time.Duration // from the first to the last picture, shown
	bytes     int64
	keys      int
	truncated bool // the limits of reading ahead were met before the end
}

// Bounds of what is read of a rendition to learn its bitrate.
const (
	maxProbedTime  = 10 * time.Minute
	maxProbedBytes = 256 << 20
)

// NewRenditionSet reads the renditions, each for up to 10 min, to know their
// bitrates, and checks that they can follow each other. Errors wrap [ErrRenditions] or
// come from opening and reading.
func NewRenditionSet(ctx context.Context, cfg RenditionConfig) (*RenditionSet, error) {
	switch {
	case len(cfg.Renditions) == 0:
		return nil, fmt.Errorf("%w: there is none", ErrRenditions)
	case cfg.Dwell < 0 || cfg.Dwell > maxDwell:
		return nil, fmt.Errorf("%w: dwell %v must be from 0 to %v", ErrRenditions, cfg.Dwell, maxDwell)
	}
	if cfg.Dwell == 0 {
		cfg.Dwell = defaultDwell
	}
	if cfg.Warn == nil {
		cfg.Warn = func(error) {}
	}
	s := &RenditionSet{cfg: cfg}
	for _, r := range cfg.Renditions {
		p, err := probe(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("rendition %s: %w", r.Name, err)
		}
		s.renditions = append(s.renditions, p)
	}
	slices.SortStableFunc(s.renditions, func(a, b probed) int { return cmp.Compare(a.Bitrate, b.Bitrate) })
	if err := s.check(); err != nil {
		return nil, err
	}
	s.describe()

	return s, nil
}

// Renditions returns the renditions by ascending bitrate, with the measured ones
// filled in.
func (s *RenditionSet) Renditions() []Rendition {
	out := make([]Rendition, len(s.renditions))
	for i := range s.renditions {
		out[i] = s.renditions[i].Rendition
	}

	return out
}

func probe(ctx context.Context, r Rendition) (probed, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := probed{Rendition: r}
	if p.OpenAudio == nil {
		p.OpenAudio = r.Open
	}
	src, err := r.Open(ctx)
	if err != nil {
		return p, err
	}
	err = p.read(ctx, src)
	// A converter that is stopped half-way says so.
	_ = src.Close()

	return p, err
}

func (p *probed) read(ctx context.Context, src Source) error {
	tracks := src.Tracks()
	video := slices.IndexFunc(tracks, func(t Track) bool { return t.Codec.Video() })
	if video < 0 {
		return fmt.Errorf("%w: it has no video", ErrRenditions)
	}
	p.track = tracks[video]
	pictures := 0
	var last time.Duration
	for {
		au, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if au.Track != video {
			continue
		}
		if pictures == 0 {
			p.first, last = au.PTS, au.PTS
		}
		pictures++
		p.bytes += int64(au.Size())
		last = max(last, au.PTS)
		if au.Key {
			p.keys++
		}
		if last-p.first > maxProbedTime || p.bytes > maxProbedBytes {
			p.truncated = true

			break
		}
	}
	if pictures < 2 || last <= p.first {
		return fmt.Errorf("%w: it has less than two pictures", ErrRenditions)
	}
	p.length = last - p.first
	if p.Bitrate <= 0 {
		// The last picture is shown as long as the others.
		p.Bitrate = bwe.RateOf(p.bytes, p.length+p.length/time.Duration(pictures-1))
	}

	return nil
}

// maxLengthDifference is what containers and frame rates may make of one length.
const maxLengthDifference = 500 * time.Millisecond

func (s *RenditionSet) check() error {
	first := &s.renditions[0]
	for i := range s.renditions {
		r := &s.renditions[i]
		switch d := r.length - first.length; {
		case r.track.Codec != first.track.Codec:
			return fmt.Errorf("%w: %s is %s and %s is %s: encode all with one codec",
				ErrRenditions, first.Name, first.track.Codec, r.Name, r.track.Codec)
		case !r.truncated && !first.truncated && (d > maxLengthDifference || d < -maxLengthDifference):
			return fmt.Errorf("%w: %s lasts %v and %s %v: encode all from the same pictures",
				ErrRenditions, first.Name, first.length, r.Name, r.length)
		case i > 0 && r.Bitrate == s.renditions[i-1].Bitrate:
			return fmt.Errorf("%w: %s and %s have the same bitrate, %v", ErrRenditions, s.renditions[i-1].Name, r.Name, r.Bitrate)
		case r.keys < 2 && len(s.renditions) > 1:
			return fmt.Errorf("%w: %s has no key frame after its first, and so nowhere to switch: encode with a key frame every 2 s",
				ErrRenditions, r.Name)
		}
	}

	return nil
}

// describe fixes what does not change with the rendition: the tracks, of which the
// best rendition stands for video, as receivers must be able to decode it, and the
// place of the first picture.
func (s *RenditionSet) describe() {
	best := &s.renditions[len(s.renditions)-1]
	video := best.track
	rates := make([]bwe.Bitrate, len(s.renditions))
	for i := range s.renditions {
		r := &s.renditions[i]
		rates[i] = r.Bitrate
		s.start = max(s.start, r.first)
		video.BFrames = video.BFrames || r.track.BFrames
	}
	s.tracks = []Track{video}
	s.choice = renditionChoice{rates: rates, byTier: s.cfg.ByTier, dwell: s.cfg.Dwell}
}
