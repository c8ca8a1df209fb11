// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import "github.com/rtmcc/rtmcc/bwe"

// Share is the input that tells what a [Budget] leaves to this sender on the wire;
// zero for no budget. As an event it is named "share".
type Share struct {
	At      bwe.Time    `json:"t"`
	Bitrate bwe.Bitrate `json:"bps"`
}

// EventName implements [bwe.Event].
func (*Share) EventName() string { return "share" }

// Time implements [bwe.Event].
func (s *Share) Time() bwe.Time { return s.At }

// allowance is what is left to the media of this sender.
type allowance struct {
	// rate is what path and sharing leave, most what sharing alone allows.
	rate, most bwe.Bitrate
	limit      Limit
}

// allowed takes what others have a right to off the estimate.
func (c *Controller) allowed() allowance {
	wire := max(c.path.estimate-c.cfg.Sharing.Reserve, 0)
	limit := LimitPath
	most := c.cfg.MaxBitrate
	bound := func(wireLimit bwe.Bitrate, l Limit) {
		if wireLimit <= 0 {
			return
		}
		if wire > wireLimit {
			wire, limit = wireLimit, l
		}
		most = min(most, c.withoutOverhead(wireLimit))
	}
	bound(c.cfg.Sharing.Cap, LimitCap)
	bound(c.share, LimitBudget)
	rate := c.withoutOverhead(wire)
	switch {
	case rate > c.cfg.MaxBitrate:
		rate, limit = c.cfg.MaxBitrate, LimitMax
	case rate < c.cfg.MinBitrate:
		rate, limit = c.cfg.MinBitrate, LimitMin
	}

	return allowance{rate, max(most, c.floor()), limit}
}

// withoutOverhead returns how much of a rate on the wire is left to media.
func (c *Controller) withoutOverhead(wire bwe.Bitrate) bwe.Bitrate {
	return bwe.Bitrate(float64(max(wire, 0)) * (1 - c.overhead()))
}

// media returns how much of a rate on the wire is left to media, within the limits.
func (c *Controller) media(wire bwe.Bitrate) bwe.Bitrate {
	return min(max(c.withoutOverhead(wire), c.cfg.MinBitrate), c.cfg.MaxBitrate)
}

// floor is the least target: an encoder cannot make less, whatever the path carries.
func (c *Controller) floor() bwe.Bitrate { return c.cfg.MinBitrate }
