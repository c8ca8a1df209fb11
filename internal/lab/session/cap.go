// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"math"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// mediaWindow evens out frames and key frames.
const mediaWindow = 3 * time.Second

// topShare is the quantile of the media that is its top.
const topShare = 0.9

// capped tells whether the media was held down while the estimate was far above: by a
// ceiling that the recording knows, or flat at its top.
func capped(t *timeline.Timeline, track *timeline.Track, c *CapConfig) Capped {
	if track.Estimate == nil {
		return Capped{}
	}
	if track.Ceiling != nil {
		if found := under(obeyed(t, track), track.Estimate, c); found.Present {
			return found
		}
	}

	found := under(mediaCeiling(t, track, c), track.Estimate, c)
	found.Inferred = found.Present

	return found
}

// obeyed is the ceiling where the media keeps to it. Media that is nearer to the estimate
// does not follow the decisions, such as in a simulation of the estimator alone.
func obeyed(t *timeline.Timeline, track *timeline.Track) timeline.Signal {
	media := smoothed(t.Media, bins(mediaWindow))
	out := make(timeline.Signal, len(track.Ceiling))
	for i, top := range track.Ceiling {
		out[i] = top
		if media.At(i) > (top+track.Estimate.At(i))/2 {
			out[i] = math.NaN()
		}
	}

	return out
}

// under judges by a ceiling that is NaN where none holds.
func under(ceiling, estimate timeline.Signal, c *CapConfig) Capped {
	var held, above tally
	length := 0
	for i, e := range estimate {
		if math.IsNaN(e) {
			continue
		}
		length++
		if top := ceiling.At(i); e >= c.Ratio*top {
			held.add(top)
			above.add(e)
		}
	}
	share := held.n / max(1, float64(length))
	if share < c.Share {
		return Capped{}
	}

	return Capped{
		Present: true, Ceiling: bwe.Bitrate(held.mean()), Estimate: bwe.Bitrate(above.mean()), Share: share,
	}
}

// mediaCeiling is the top of the media where it is flat there. Where the recording has
// decisions with their limits, media that follows the target is held by what these say.
func mediaCeiling(t *timeline.Timeline, track *timeline.Track, c *CapConfig) timeline.Signal {
	media := smoothed(t.Media, bins(mediaWindow))
	top := quantiles(media, topShare)[0]
	out := make(timeline.Signal, len(media))
	for i, v := range media {
		out[i] = math.NaN()
		limited := track.Ceiling != nil && track.Target.At(i) < c.Ratio*top
		if v >= top*(1-c.Flat) && top >= float64(c.MinCeiling) && !limited {
			out[i] = top
		}
	}

	return out
}
