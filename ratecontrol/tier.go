// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// Tier is one step of the ladder: a picture format and the video bitrates at which
// it is worth having. Bitrates are those of video alone.
type Tier struct {
	// Name is unique within the ladder, at most 64 bytes.
	Name string `json:"name"`
	// Width and Height are in pixels, from 1 to 16384; zero for unknown.
	Width  int `json:"width"`
	Height int `json:"height"`
	// FrameRate is in frames a second, above 0 and at most 1000; zero for unknown.
	FrameRate float64 `json:"fps"`
	// Min is the bitrate below which the next lower tier looks better.
	Min bwe.Bitrate `json:"min_bps"`
	// Start is the bitrate from which the tier is worth taking from below.
	Start bwe.Bitrate `json:"start_bps"`
	// Max is the bitrate above which more hardly shows.
	Max bwe.Bitrate `json:"max_bps"`
}

// DefaultTiers returns a ladder for H.264 at 30 frames a second, from 360p to 1080p.
// Neighbours overlap, so that the bitrate never has to jump with the format.
func DefaultTiers() []Tier {
	return []Tier{
		{Name: "360p", Width: 640, Height: 360, FrameRate: 30, Min: 200 * bwe.Kbps, Start: 300 * bwe.Kbps, Max: 900 * bwe.Kbps},
		{Name: "480p", Width: 854, Height: 480, FrameRate: 30, Min: 500 * bwe.Kbps, Start: 700 * bwe.Kbps, Max: 1500 * bwe.Kbps},
		{Name: "720p", Width: 1280, Height: 720, FrameRate: 30, Min: 900 * bwe.Kbps, Start: 1300 * bwe.Kbps, Max: 3 * bwe.Mbps},
		{Name: "1080p", Width: 1920, Height: 1080, FrameRate: 30, Min: 1800 * bwe.Kbps, Start: 2600 * bwe.Kbps, Max: 6 * bwe.Mbps},
	}
}

// LadderConfig holds the knobs of the choice of a tier.
type LadderConfig struct {
	// Hysteresis is how far the rate must be over a tier's minimum to enter it, as a
	// fraction from 0 to 2: at least Start, and at least this much over Min. Default 0.15.
	Hysteresis float64 `json:"hysteresis"`
	// Dwell is the least time between two switches, from 0 to 10 min. Default 5 s.
	Dwell time.Duration `json:"dwell_ns"`
	// UpAfter is how long the rate must stand high enough for a higher tier, DownAfter
	// how long it must stand below the tier's minimum for a lower one; from 0 to 10 min.
	// Default 5 s and 1 s.
	UpAfter   time.Duration `json:"up_after_ns"`
	DownAfter time.Duration `json:"down_after_ns"`
}

// DefaultLadder returns the configuration that rtmcc recommends.
func DefaultLadder() LadderConfig {
	return LadderConfig{Hysteresis: 0.15, Dwell: 5 * time.Second, UpAfter: 5 * time.Second, DownAfter: time.Second}
}

const (
	mostTiers     = 32
	mostTierName  = 64
	mostPixels    = 16384
	mostFrameRate = 1000
	mostDwell     = 10 * time.Minute
)

func (c *Config) validateTiers() error {
	if len(c.Tiers) > mostTiers {
		return fmt.Errorf("%w: %d tiers, at most %d are allowed", ErrConfig, len(c.Tiers), mostTiers)
	}
	for i := range c.Tiers {
		t := &c.Tiers[i]
		switch {
		case t.Name == "" || len(t.Name) > mostTierName:
			return fmt.Errorf("%w: tiers[%d]: name %q must have 1 to %d bytes", ErrConfig, i, t.Name, mostTierName)
		case t.Width < 0 || t.Width > mostPixels || t.Height < 0 || t.Height > mostPixels:
			return fmt.Errorf("%w: tier %q: width %d and height %d must be from 0 to %d", ErrConfig, t.Name, t.Width, t.Height, mostPixels)
		case !(t.FrameRate >= 0 && t.FrameRate <= mostFrameRate):
			return fmt.Errorf("%w: tier %q: fps %g must be from 0 to %d", ErrConfig, t.Name, t.FrameRate, mostFrameRate)
		case t.Min <= 0 || t.Start < t.Min || t.Max < t.Start || t.Max > mostBitrate:
			return fmt.Errorf("%w: tier %q: want 0 < min_bps <= start_bps <= max_bps <= %d, got %d, %d, %d",
				ErrConfig, t.Name, mostBitrate, t.Min, t.Start, t.Max)
		}
		for k := range i {
			if c.Tiers[k].Name == t.Name {
				return fmt.Errorf("%w: tier %q is there twice", ErrConfig, t.Name)
			}
		}
		if i == 0 {
			continue
		}
		if below := &c.Tiers[i-1]; t.Min < below.Min || t.Start <= below.Start || t.Max < below.Max {
			return fmt.Errorf("%w: tiers must ascend: min_bps, start_bps or max_bps of %q is below that of %q", ErrConfig, t.Name, below.Name)
		}
	}
	l := &c.Ladder
	switch {
	case !(l.Hysteresis >= 0 && l.Hysteresis <= 2):
		return fmt.Errorf("%w: ladder.hysteresis %g must be from 0 to 2", ErrConfig, l.Hysteresis)
	case l.Dwell < 0 || l.Dwell > mostDwell || l.UpAfter < 0 || l.UpAfter > mostDwell || l.DownAfter < 0 || l.DownAfter > mostDwell:
		return fmt.Errorf("%w: ladder.dwell_ns %v, up_after_ns %v and down_after_ns %v must be from 0 to %v",
			ErrConfig, l.Dwell, l.UpAfter, l.DownAfter, mostDwell)
	}

	return nil
}
