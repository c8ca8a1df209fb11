// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
)

// encoding is a made-up rendition: frames of one size, a key frame each gop pictures,
// and reorder B-frames between P-frames.
type encoding struct {
	name     string
	bitrate  bwe.Bitrate
	pictures int
	gop      int
	// phase moves all key frames but the first.
	phase   int
	reorder int
	audio   bool
	codec   Codec
	lead    time.Duration
	opened  *int
}

const pictureTime = time.Second / 25

func (e encoding) rendition() Rendition {
	return Rendition{Name: e.name, Bitrate: e.bitrate, Open: func(context.Context) (Source, error) {
		if e.opened != nil {
			*e.opened++
		}

		return e.source(), nil
	}}
}

func (e encoding) key(i int) bool { return i == 0 || i >= e.gop && (i-e.phase)%e.gop == 0 }

// source gives pictures whose one unit is their number in order of display.
func (e encoding) source() *script {
	codec := e.codec
	if codec == "" {
		codec = H264
	}
	s := &script{tracks: []Track{{Codec: codec, ClockRate: 90000, BFrames: e.reorder > 0}}}
	if e.audio {
		s.tracks = append(s.tracks, Track{Codec: Opus, ClockRate: 48000, Channels: 2})
	}
	delay := 0
	if e.reorder > 0 {
		delay = 1
	}
	var order []int
	for i := 0; i < e.pictures; {
		// The next anchor is at most reorder pictures on, and never beyond a key frame.
		anchor := i
		for i > 0 && anchor < i+e.reorder && anchor < e.pictures-1 && !e.key(anchor) && !e.key(anchor+1) {
			anchor++
		}
		order = append(order, anchor)
		for b := i; b < anchor; b++ {
			order = append(order, b)
		}
		i = anchor + 1
	}
	sound := time.Duration(0)
	lead := time.Duration(delay) * pictureTime
	for n, shown := range order {
		dts := time.Duration(n) * pictureTime
		for e.audio && sound < dts {
			s.units = append(s.units, AccessUnit{
				Track: 1, DTS: sound + e.lead, PTS: sound + e.lead, Key: true, Duration: 20 * time.Millisecond, Units: [][]byte{{0xff}},
			})
			sound += 20 * time.Millisecond
		}
		pts := time.Duration(shown)*pictureTime + lead
		s.units = append(s.units, AccessUnit{
			DTS: dts + e.lead, PTS: pts + e.lead, Key: e.key(shown), Units: [][]byte{{byte(shown), byte(shown >> 8)}},
		})
	}

	return s
}

func low() encoding {
	return encoding{name: "low", bitrate: 400 * bwe.Kbps, pictures: 500, gop: 50, audio: true}
}

func high() encoding {
	return encoding{name: "high", bitrate: 900 * bwe.Kbps, pictures: 500, gop: 50, reorder: 2}
}

func renditionSet(t require.TestingT, cfg RenditionConfig, es ...encoding) *RenditionSet {
	for _, e := range es {
		cfg.Renditions = append(cfg.Renditions, e.rendition())
	}
	set, err := NewRenditionSet(context.Background(), cfg)
	require.NoError(t, err)

	return set
}

// played is what a set gave out: picture numbers, in order of decoding.
type played struct {
	numbers  []int
	units    []AccessUnit // pictures
	sounds   []AccessUnit
	switches []AccessUnit // the first pictures of another rendition
}

// play reads to the end; before each picture it asks demand, which gets the latest
// PTS.
func play(t require.TestingT, src Source, demand func(at time.Duration) Demand) played {
	var p played
	at, decoded := time.Duration(0), time.Duration(-1)
	for {
		src.(Adaptive).Adapt(demand(at))
		au, err := src.Next()
		if errors.Is(err, io.EOF) {
			return p
		}
		require.NoError(t, err)
		require.GreaterOrEqual(t, au.PTS, au.DTS)
		if au.Track == 1 {
			p.sounds = append(p.sounds, au)

			continue
		}
		require.GreaterOrEqual(t, au.DTS, decoded)
		decoded, at = au.DTS, max(at, au.PTS)
		if n := len(p.units); n == 0 || p.units[n-1].Rendition != au.Rendition {
			require.True(t, au.Key, "a rendition begins with a key frame")
			if n > 0 {
				p.switches = append(p.switches, au)
			}
		}
		p.units = append(p.units, au)
		p.numbers = append(p.numbers, int(au.Units[0][0])|int(au.Units[0][1])<<8)
	}
}

func steady(rate bwe.Bitrate) func(time.Duration) Demand {
	return func(time.Duration) Demand { return Demand{Video: rate} }
}

// swinging demands much, then little from 5 s to 12.5 s.
func swinging(at time.Duration) Demand {
	if at > 5*time.Second && at < 12500*time.Millisecond {
		return Demand{Video: 500 * bwe.Kbps}
	}

	return Demand{Video: 2 * bwe.Mbps}
}

func TestRenditionsSwitchAtKeyFrames(t *testing.T) {
	src, err := renditionSet(t, RenditionConfig{}, high(), low()).Open(t.Context())
	require.NoError(t, err)
	require.Equal(t, []Codec{H264, Opus}, []Codec{src.Tracks()[0].Codec, src.Tracks()[1].Codec})
	require.True(t, src.Tracks()[0].BFrames)
	p := play(t, src, swinging)
	require.NoError(t, src.Close())

	// Key frames are each 2 s: down at 6 s, and up at the first one after 12.5 s and
	// the dwell time of 2 s.
	require.Len(t, p.switches, 2)
	lead := pictureTime // the first picture of the one with B-frames
	require.Equal(t, "low", p.switches[0].Rendition)
	require.Equal(t, 6*time.Second+lead, p.switches[0].PTS)
	require.Equal(t, "high", p.switches[1].Rendition)
	require.Equal(t, 16*time.Second+lead, p.switches[1].PTS)
	requireEachOnce(t, p, 500)
	// Audio of one rendition, moved along with its pictures.
	require.Equal(t, lead, p.sounds[0].PTS)
	for i, s := range p.sounds {
		require.Equal(t, lead+time.Duration(i)*20*time.Millisecond, s.PTS)
	}
}

// requireEachOnce holds that every picture came once, at its time.
func requireEachOnce(t require.TestingT, p played, pictures int) {
	seen := map[int]bool{}
	for i, n := range p.numbers {
		require.False(t, seen[n], "picture %d comes twice", n)
		seen[n] = true
		require.Equal(t, time.Duration(n)*pictureTime, p.units[i].PTS-p.units[0].PTS, "picture %d", n)
	}
	require.Len(t, seen, pictures)
}

func TestRenditionsBeginWithTheDemand(t *testing.T) {
	for rate, want := range map[bwe.Bitrate]string{
		0: "low", 400*bwe.Kbps - 1: "low", 900*bwe.Kbps - 1: "low", 900 * bwe.Kbps: "high", 5 * bwe.Mbps: "high",
	} {
		src, err := renditionSet(t, RenditionConfig{}, low(), high()).Open(t.Context())
		require.NoError(t, err)
		p := play(t, src, steady(rate))
		require.Equal(t, want, p.units[0].Rendition, rate)
		require.Empty(t, p.switches)
		requireEachOnce(t, p, 500)
	}
}

func TestRenditionsWithoutDemand(t *testing.T) {
	src, err := renditionSet(t, RenditionConfig{}, high(), low()).Open(t.Context())
	require.NoError(t, err)
	au, err := src.Next()
	require.NoError(t, err)
	require.Equal(t, "low", au.Rendition)
}

func TestRenditionsByTier(t *testing.T) {
	src, err := renditionSet(t, RenditionConfig{ByTier: true}, low(), high()).Open(t.Context())
	require.NoError(t, err)
	p := play(t, src, func(at time.Duration) Demand {
		return Demand{Tier: int(at / (7 * time.Second)), Video: bwe.Mbps} // 0, 1, and beyond the last
	})
	require.Len(t, p.switches, 1)
	require.Equal(t, 8*time.Second+pictureTime, p.switches[0].PTS)
	requireEachOnce(t, p, 500)
}

// A demand that swings around a bitrate every second does not make the picture swing.
func TestRenditionsDwell(t *testing.T) {
	flapping := func(at time.Duration) Demand {
		return Demand{Video: bwe.Mbps - bwe.Bitrate(at/time.Second%2)*400*bwe.Kbps}
	}
	src, err := renditionSet(t, RenditionConfig{}, low(), high()).Open(t.Context())
	require.NoError(t, err)
	p := play(t, src, flapping)
	require.Len(t, p.switches, 1, "down, and not up again")
	require.Equal(t, "low", p.switches[0].Rendition)
}

func TestRenditionChoiceTakesTheLeastOfTheDwell(t *testing.T) {
	c := renditionChoice{rates: []bwe.Bitrate{100, 200, 300}, dwell: time.Second}
	at := func(rate bwe.Bitrate) int { return c.choose(&Demand{Video: rate}, 250*time.Millisecond) }
	require.Equal(t, 0, at(50))
	var got []int
	for _, rate := range []bwe.Bitrate{300, 200, 300, 300, 300, 300, 300, 300, 299} {
		got = append(got, at(rate))
	}
	require.Equal(t, []int{0, 0, 0, 1, 1, 1, 1, 2, 1}, got)
}

// Key frames that fall on other pictures cost at most the B-frames across them.
func TestRenditionsThatAreNotAligned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := low(), high()
		a.reorder, b.reorder = rapid.IntRange(0, 3).Draw(t, "a"), rapid.IntRange(0, 3).Draw(t, "b")
		a.gop, b.gop = rapid.IntRange(5, 60).Draw(t, "gop a"), rapid.IntRange(5, 60).Draw(t, "gop b")
		a.phase, b.phase = rapid.IntRange(0, a.gop-1).Draw(t, "phase a"), rapid.IntRange(0, b.gop-1).Draw(t, "phase b")
		a.lead = time.Duration(rapid.IntRange(0, 90).Draw(t, "lead")) * time.Millisecond
		period := time.Duration(rapid.IntRange(1, 5).Draw(t, "period")) * time.Second
		src, err := renditionSet(t, RenditionConfig{Dwell: time.Millisecond}, a, b).Open(context.Background())
		require.NoError(t, err)
		p := play(t, src, func(at time.Duration) Demand {
			return Demand{Video: bwe.Mbps - bwe.Bitrate(at/period%2)*500*bwe.Kbps}
		})
		seen := map[int]bool{}
		for i, n := range p.numbers {
			require.False(t, seen[n], "picture %d comes twice", n)
			seen[n] = true
			require.Equal(t, time.Duration(n)*pictureTime, p.units[i].PTS-p.units[0].PTS, "picture %d", n)
		}
		require.GreaterOrEqual(t, len(seen), 500-3*len(p.switches))
	})
}

func TestRenditionsLoop(t *testing.T) {
	opened := 0
	l, h := low(), high()
	l.pictures, h.pictures, h.opened = 100, 100, &opened
	loop, err := NewLoop(t.Context(), renditionSet(t, RenditionConfig{}, l, h).Open)
	require.NoError(t, err)
	defer func() { require.NoError(t, loop.Close()) }()
	loop.Adapt(Demand{Video: 400 * bwe.Kbps})
	last, former, changes := time.Duration(-1), "", 0
	for loop.Rounds() < 3 {
		au, err := loop.Next()
		require.NoError(t, err)
		if au.Track != 0 {
			continue
		}
		require.Greater(t, au.DTS, last-pictureTime)
		last = au.DTS
		if au.DTS > 5*time.Second {
			loop.Adapt(Demand{Video: bwe.Mbps})
		}
		if au.Rendition != former {
			former, changes = au.Rendition, changes+1
			require.True(t, au.Key)
		}
	}
	require.Equal(t, "high", former)
	require.Equal(t, 2, changes, "the next round goes on with the rendition of the last")
	require.Equal(t, 1+loop.Rounds()+1, opened, "once to measure, once a round")
}

// broken fails after some access units.
type broken struct {
	*script
	left int
}

func (b *broken) Next() (AccessUnit, error) {
	if b.left--; b.left < 0 {
		return AccessUnit{}, errMalformed
	}

	return b.script.Next()
}

// A rendition that breaks while another one plays does not end the push.
func TestRenditionThatBreaks(t *testing.T) {
	var said warnings
	rounds := 0
	weak := high().rendition()
	weak.Open = func(context.Context) (Source, error) {
		if rounds++; rounds == 1 {
			return high().source(), nil
		}

		return &broken{script: high().source(), left: 120}, nil
	}
	set, err := NewRenditionSet(t.Context(), RenditionConfig{
		Renditions: []Rendition{weak, low().rendition()}, Warn: func(err error) { said = append(said, err) },
	})
	require.NoError(t, err)
	src, err := set.Open(t.Context())
	require.NoError(t, err)
	p := play(t, src, func(at time.Duration) Demand {
		if at < 10*time.Second {
			return Demand{Video: 500 * bwe.Kbps}
		}

		return Demand{Video: 2 * bwe.Mbps}
	})
	require.Empty(t, p.switches)
	requireEachOnce(t, p, 500)
	require.Len(t, said, 1)
	require.ErrorIs(t, said[0], errMalformed)
	require.ErrorContains(t, said[0], "rendition high is left out")
}
