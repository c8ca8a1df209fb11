// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"fmt"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// Analyze judges a session by its timeline, which it leaves as it is. The true capacity,
// where the timeline has one, counts towards the utilisation alone: a session is judged
// alike whether that is known or not. The configuration must be valid. The caller fills
// in what the timeline does not know: the name, the format and the damage.
func Analyze(t *timeline.Timeline, c Config) Summary {
	s := Summary{Duration: t.Duration().Seconds(), Window: t.Window, Ignored: t.Ignored}
	track, err := trackOf(t, c.Track)
	switch {
	case err != nil:
		s.Error = err.Error()
	case t.Bins() == 0:
		s.Error = "nothing was recorded"
	case t.Duration() < c.MinDuration:
		s.Error = fmt.Sprintf("%.1f s are too short to judge, %.4g s are needed", s.Duration, c.MinDuration.Seconds())
	case t.Totals.PacketsSent == 0:
		s.Error = "nothing was sent: it may be the recording of a receiver, or only the capacity of a path"
	case t.Totals.PacketsReceived == 0:
		s.Error = "no feedback names a packet that was sent: transport-wide feedback or RFC 8888 is needed"
	}
	if t.Bins() > 0 {
		s.Metrics = metricsOf(t, track, &c)
	}
	if s.Error != "" {
		return s
	}
	s.Unknown = unknown(track)
	if track == nil {
		track = &timeline.Track{}
	}
	about := look(t, &c.Path)
	v := newPathView(t, about.jitter)
	if found, ok := judge(track.Estimate, &v, &c.Swing); ok {
		s.Estimate = EstimateSwing{Oscillates: true, Cause: found.cause, Period: found.period, Depth: found.depth, Share: found.share}
	}
	if found, ok := judge(track.Target, &v, &c.Swing); ok {
		s.Target = TargetSwing{
			Oscillates: true, Alone: track.Estimate != nil && !s.Estimate.Oscillates, Period: found.period, Depth: found.depth, Share: found.share,
		}
	}
	s.Capped = capped(t, track, &c.Cap)
	estimate := track.Estimate
	if s.Estimate.Cause == Overuse {
		estimate = nil
	}
	s.Path = pathOf(t, estimate, &c.Path, about)
	s.Class = classOf(s.Path)
	s.Episodes = episodesOf(t, &c.Episodes, about)

	return s
}

// trackOf finds the controller to judge, nil where the recording has no decisions.
func trackOf(t *timeline.Timeline, name string) (*timeline.Track, error) {
	if name == "" {
		return t.Recorded, nil
	}
	for _, track := range t.Replayed {
		if track.Name == name {
			return track, nil
		}
	}

	return nil, fmt.Errorf("no controller %q was replayed", name)
}

// unknown lists what the recording does not have.
func unknown(track *timeline.Track) []string {
	switch {
	case track == nil:
		return []string{"estimate", "target"}
	case track.Estimate == nil && track.Target == nil:
		return []string{"estimate", "target"}
	case track.Estimate == nil:
		return []string{"estimate"}
	case track.Target == nil:
		return []string{"target"}
	default:
		return nil
	}
}
