// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// Episodes are what went wrong for a while, whether or not it is one of the three problems:
// a session may be without these and yet have stood for seconds.
type Episodes struct {
	// SendingStalls are times in which next to nothing was sent, FrozenPictures those in
	// which a watcher's picture stood. Their count is nil where no watcher tells.
	SendingStalls  Episode `json:"sending_stalls"`
	FrozenPictures Episode `json:"frozen_pictures"`
	// StandingQueues are times in which delay stayed long, LossBursts those in which far
	// more was lost than is usual in the session.
	StandingQueues Episode `json:"standing_queues"`
	LossBursts     Episode `json:"loss_bursts"`
	// QueueDelay is the longest mean delay of a tenth of a second in a standing queue, in
	// milliseconds, and BurstLoss the share of packets lost in the longest burst; nil where
	// there is none.
	QueueDelay *float64 `json:"queue_delay_ms,omitempty"`
	BurstLoss  *float64 `json:"burst_loss,omitempty"`
}

// Episode sums up the episodes of a kind; all but the count is nil where there are none.
type Episode struct {
	// Count is nil where the recording does not tell.
	Count *int64 `json:"count,omitempty"`
	// Total is the time that they took, Longest that of the longest and At the
	// recording's time when that one began, in seconds.
	Total   *float64 `json:"total_s,omitempty"`
	Longest *float64 `json:"longest_s,omitempty"`
	At      *float64 `json:"longest_at_s,omitempty"`
}

// There tells whether there was one.
func (e *Episode) There() bool { return e.Count != nil && *e.Count > 0 }

// Any tells whether there was any.
func (e *Episodes) Any() bool { return slices.ContainsFunc(e.kinds(), (*Episode).There) }

func (e *Episodes) kinds() []*Episode {
	return []*Episode{&e.SendingStalls, &e.FrozenPictures, &e.StandingQueues, &e.LossBursts}
}

// stretch is a part of a session, in seconds since its first bin.
type stretch struct{ from, to float64 }

// episodeOf sums up stretches in any order, of which those that touch are one.
func episodeOf(all []stretch) (e Episode, longest stretch) {
	slices.SortFunc(all, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	var apart []stretch
	for _, s := range all {
		if n := len(apart); n > 0 && s.from <= apart[n-1].to {
			apart[n-1].to = max(apart[n-1].to, s.to)
		} else {
			apart = append(apart, s)
		}
	}
	total := 0.0
	for _, s := range apart {
		total += s.to - s.from
		if s.to-s.from > longest.to-longest.from {
			longest = s
		}
	}
	n := int64(len(apart))
	e.Count = &n
	if n > 0 {
		e.Total, e.Longest, e.At = inMillis(total), inMillis(longest.to-longest.from), inMillis(longest.from)
	}

	return e, longest
}

// stretches returns where something holds for at least so many bins.
func stretches(bins, least int, holds func(bin int) bool) []stretch {
	var out []stretch
	from := -1
	for i := range bins + 1 {
		switch is := i < bins && holds(i); {
		case is && from < 0:
			from = i
		case !is && from >= 0:
			if i-from >= least {
				out = append(out, stretch{startOf(from), startOf(i)})
			}
			from = -1
		}
	}

	return out
}

// inMillis is a figure in seconds that is rounded to a millisecond.
func inMillis(seconds float64) *float64 { return figure(math.Round(seconds*1e3) / 1e3) }

func startOf(bin int) float64 { return float64(bin) * timeline.Bin.Seconds() }

func binAt(seconds float64) int { return int(math.Round(seconds / timeline.Bin.Seconds())) }

func episodesOf(t *timeline.Timeline, c *EpisodeConfig, v *view) Episodes {
	var e Episodes
	e.SendingStalls, _ = episodeOf(sendingStalls(t, c))
	if pictures := marked(t, timeline.Freeze, 0); t.FreezesKnown || len(pictures) > 0 {
		e.FrozenPictures, _ = episodeOf(pictures)
	}
	queues := standingQueues(t, c, v)
	e.StandingQueues, _ = episodeOf(queues)
	most := math.NaN()
	for _, q := range queues {
		for _, d := range cut(t.Delay, binAt(q.from), binAt(q.to)) {
			if !(most >= d) && !math.IsNaN(d) {
				most = d
			}
		}
	}
	e.QueueDelay = milliseconds(most)
	var longest stretch
	e.LossBursts, longest = episodeOf(lossBursts(t, c))
	if e.LossBursts.There() {
		lost, sent := lostOf(t, binAt(longest.from), binAt(longest.to))
		e.BurstLoss = figure(lost / sent)
	}
	for _, of := range e.kinds() {
		if of.At != nil {
			of.At = inMillis(*of.At + t.Start.Sub(0).Seconds())
		}
	}

	return e
}

// marked returns the marks of a kind that last at least as long.
func marked(t *timeline.Timeline, kind timeline.MarkKind, least time.Duration) []stretch {
	var out []stretch
	for _, m := range t.Marks {
		if m.Kind == kind && m.To > m.At && m.To.Sub(m.At) >= least {
			out = append(out, stretch{max(0, m.At.Sub(t.Start).Seconds()), m.To.Sub(t.Start).Seconds()})
		}
	}

	return out
}

// sendingStalls are those that the sender tells of, and times in which it sent next to
// nothing of what it usually does. What is before the first packet and after the last one
// is none.
func sendingStalls(t *timeline.Timeline, c *EpisodeConfig) []stretch {
	usual := quantiles(smoothed(t.Sent, bins(mediaWindow)), 0.5)[0]
	first, last := -1, -1
	for i, s := range t.Sent {
		if s > 0 {
			last = i
			if first < 0 {
				first = i
			}
		}
	}
	quiet := stretches(last+1, bins(c.Stall), func(i int) bool { return i > first && t.Sent[i] <= c.StallRate*usual })

	return append(quiet, marked(t, timeline.Stall, c.Stall)...)
}

// standingQueues are times in which the delay does not fall below what counts for as long
// as a queue takes to be standing.
func standingQueues(t *timeline.Timeline, c *EpisodeConfig, v *view) []stretch {
	long := c.Queue.Seconds() + min(v.jitter, mostJitter.Seconds())
	held := bridged(t.Delay, bins(queueWindow)/2)

	return stretches(t.Bins(), bins(queueWindow), func(i int) bool { return held[i] >= long })
}

// bridged fills gaps of up to so many bins, in which all was lost or nothing sent, with the
// less of what is on both sides.
func bridged(s timeline.Signal, most int) timeline.Signal {
	out := slices.Clone(s)
	last := -1
	for i, v := range s {
		if math.IsNaN(v) {
			continue
		}
		if last >= 0 && i-last-1 <= most {
			for gap := last + 1; gap < i; gap++ {
				out[gap] = min(s[last], v)
			}
		}
		last = i
	}

	return out
}

// lossWindow is how long a window is that is looked for bursts of loss.
const lossWindow = 500 * time.Millisecond

// lossBursts are times in which every window loses so much more than is usual, and enough
// packets for that to be no chance.
func lossBursts(t *timeline.Timeline, c *EpisodeConfig) []stretch {
	n := &t.Totals
	if n.PacketsSent == 0 {
		return nil
	}
	packet := float64(n.BytesSent) * 8 / float64(n.PacketsSent)
	share := make(timeline.Signal, t.Bins())
	width := bins(lossWindow)
	for i := range share {
		lost, sent := lostOf(t, i, i+width)
		share[i] = lost / sent
	}
	bound := c.Loss + usualLosses*orZero(quantiles(share, 0.5)[0])
	var out []stretch
	for _, s := range stretches(t.Bins(), 1, func(i int) bool { return share[i] >= bound }) {
		// The windows reach beyond what is lost in them.
		from, to := binAt(s.from), min(t.Bins(), binAt(s.to)+width-1)
		for from < to && !(t.Loss[from] >= bound) {
			from++
		}
		for to > from && !(t.Loss[to-1] >= bound) {
			to--
		}
		if lost, _ := lostOf(t, from, to); lost >= float64(c.LossPackets)*packet {
			out = append(out, stretch{startOf(from), startOf(to)})
		}
	}

	return out
}

// usualLosses is how many times the usual loss is no burst.
const usualLosses = 2

// lostOf returns the bits that were lost of those sent in some bins, of which feedback
// tells.
func lostOf(t *timeline.Timeline, from, to int) (lost, sent float64) {
	from, to = max(from, 0), min(to, t.Bins())
	for i := from; i < to; i++ {
		if l := t.Loss[i]; !math.IsNaN(l) {
			bits := t.Sent[i] * timeline.Bin.Seconds()
			lost += l * bits
			sent += bits
		}
	}

	return lost, sent
}
