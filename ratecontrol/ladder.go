// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// TierChange tells that another tier is wanted, or that its first key frame was
// offered. As an event it is named "tier".
type TierChange struct {
	At bwe.Time `json:"t"`
	// From and To are indices into [Config.Tiers], Name is that of To.
	From int    `json:"from"`
	To   int    `json:"to"`
	Name string `json:"name"`
	// Video is the video bitrate that asked for it.
	Video bwe.Bitrate `json:"video_bps"`
}

// EventName implements [bwe.Event].
func (*TierChange) EventName() string { return "tier" }

// Time implements [bwe.Event].
func (t *TierChange) Time() bwe.Time { return t.At }

// ladder chooses the tier. It goes up where the rate has stood high enough to enter a
// higher one, down where it has stood below the tier's minimum, and rests in between:
// what a tier is entered at lies above what it is left at.
type ladder struct {
	cfg *Config
	// tier is the tier wanted, from the one before, which is produced until a key frame
	// comes while switching.
	tier, from int
	switching  bool
	begun      bool
	switchedAt bwe.Time
	switched   bool
	// high and low are since when the rate would have another tier.
	high, low timer
	event     TierChange
}

// timer knows since when something has held without a break.
type timer struct {
	since   bwe.Time
	running bool
}

// run takes in whether it holds and returns for how long it has.
func (t *timer) run(now bwe.Time, holds bool) time.Duration {
	if !holds {
		t.running = false

		return 0
	}
	if !t.running || now < t.since {
		t.running, t.since = true, now
	}

	return now.Sub(t.since)
}

func (l *ladder) init(cfg *Config) { l.cfg = cfg }

// replace takes over where the ladder stood: in the tier of the same name, else in
// the highest that is no larger. A key frame is needed where the tier is another one.
func (l *ladder) replace(before, after []Tier) {
	l.high, l.low = timer{}, timer{}
	if len(before) == 0 || len(after) == 0 {
		l.tier, l.from, l.switching, l.begun = 0, 0, false, false

		return
	}
	old := before[l.tier]
	tier := 0
	for i := range after {
		if after[i].Name == old.Name {
			tier = i

			break
		}
		if after[i].Start <= old.Start {
			tier = i
		}
	}
	changed := after[tier].Name != old.Name || after[tier].Width != old.Width || after[tier].Height != old.Height ||
		after[tier].FrameRate != old.FrameRate
	l.tier, l.from, l.switching = tier, tier, l.switching || changed
}

// entry returns the rate from which a tier is taken from below.
func (l *ladder) entry(tier int) bwe.Bitrate {
	t := &l.cfg.Tiers[tier]

	return max(t.Start, bwe.Bitrate(float64(t.Min)*(1+l.cfg.Ladder.Hysteresis)))
}

// highest returns the highest tier that video reaches, by entry or by minimum.
func (l *ladder) highest(video bwe.Bitrate, entry bool) int {
	tier := 0
	for i := 1; i < len(l.cfg.Tiers); i++ {
		least := l.cfg.Tiers[i].Min
		if entry {
			least = l.entry(i)
		}
		if video >= least {
			tier = i
		}
	}

	return tier
}

// choose brings the tier up to date with the video bitrate that there is and returns
// the change, nil for none.
func (l *ladder) choose(now bwe.Time, video bwe.Bitrate) *TierChange {
	if !l.begun {
		l.begun = true
		l.tier = l.highest(video, true)
		l.from = l.tier

		return nil
	}
	tiers, c := l.cfg.Tiers, &l.cfg.Ladder
	high := l.high.run(now, l.tier+1 < len(tiers) && video >= l.entry(min(l.tier+1, len(tiers)-1)))
	low := l.low.run(now, l.tier > 0 && video < tiers[l.tier].Min)
	if l.switched && now.Sub(l.switchedAt) < c.Dwell {
		return nil
	}
	switch {
	case l.high.running && high >= c.UpAfter:
		return l.change(now, l.highest(video, true), video)
	case l.low.running && low >= c.DownAfter:
		return l.change(now, min(l.highest(video, false), l.tier-1), video)
	default:
		return nil
	}
}

func (l *ladder) change(now bwe.Time, tier int, video bwe.Bitrate) *TierChange {
	l.event = TierChange{At: now, From: l.tier, To: tier, Name: l.cfg.Tiers[tier].Name, Video: video}
	if !l.switching {
		l.from = l.tier
	}
	l.tier, l.switching, l.switched, l.switchedAt = tier, true, true, now
	l.high, l.low = timer{}, timer{}

	return &l.event
}

// onKeyFrame takes in that a key frame was sent: what follows is of the tier wanted.
func (l *ladder) onKeyFrame() { l.switching, l.from = false, l.tier }

// most returns the greatest video bitrate that suits the tier, and both while
// switching.
func (l *ladder) most() bwe.Bitrate {
	t := l.cfg.Tiers
	if l.switching && l.from < len(t) {
		return min(t[l.tier].Max, t[l.from].Max)
	}

	return t[l.tier].Max
}

// climb fits a video bitrate into the ladder.
func (c *Controller) climb(now bwe.Time, video bwe.Bitrate) bwe.Bitrate {
	d := &c.decision
	if c.informed {
		if change := c.ladder.choose(now, video); change != nil {
			c.stats.TierSwitches++
			c.ceiling.close()
			c.observe(change)
		}
	}
	d.Tier, d.Switching = c.ladder.tier, c.ladder.switching
	most := c.ladder.most()
	if !d.Switching && c.informed {
		most = c.raise(now, most)
	} else {
		c.ceiling.close()
	}
	d.Ceiling, d.Probe = c.ceiling.state, c.ceiling.probe
	if video > most {
		d.Limit = LimitTier
	}

	return min(video, most)
}
