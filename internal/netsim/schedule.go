// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// change is one step of a schedule: from at on, the link carries rate.
type change struct {
	at   bwe.Time
	rate bwe.Bitrate
}

// schedule is the capacity of a link over time, in steps. The first change is at
// zero, times grow, and the last rate holds.
type schedule struct {
	changes []change
	// cursor is the step of the last look-up: links look forward.
	cursor int
}

// unlimited reports whether the link has no capacity to speak of.
func (s *schedule) unlimited() bool { return len(s.changes) == 0 }

// rate returns the capacity at t.
func (s *schedule) rate(t bwe.Time) bwe.Bitrate {
	if s.unlimited() {
		return maxRate
	}
	s.seek(t)

	return s.changes[s.cursor].rate
}

func (s *schedule) seek(t bwe.Time) {
	if s.changes[s.cursor].at > t {
		i, found := slices.BinarySearchFunc(s.changes, t, func(c change, t bwe.Time) int { return cmp.Compare(c.at, t) })
		if !found {
			i--
		}
		s.cursor = max(0, i)
	}
	for s.cursor+1 < len(s.changes) && s.changes[s.cursor+1].at <= t {
		s.cursor++
	}
}

// finish returns when size bytes whose serialisation starts at t have left,
// [bwe.Never] where the capacity ends before. The arithmetic is in whole
// bit-nanoseconds, exact over any number of changes, and rounded up once.
func (s *schedule) finish(t bwe.Time, size int) bwe.Time {
	if s.unlimited() {
		return t
	}
	s.seek(t)
	left := int64(size) * 8 * int64(time.Second)
	for i := s.cursor; ; i++ {
		rate := int64(s.changes[i].rate)
		end := bwe.Never
		if i+1 < len(s.changes) {
			end = s.changes[i+1].at
		}
		if rate > 0 {
			need := bwe.Time((left + rate - 1) / rate)
			if end == bwe.Never || need <= end-t {
				return t + need
			}
			left -= rate * int64(end-t)
		}
		if end == bwe.Never {
			return bwe.Never
		}
		t = end
	}
}

// mean returns the mean capacity from one instant to a later one.
func (s *schedule) mean(from, to bwe.Time) bwe.Bitrate {
	if s.unlimited() {
		return maxRate
	}
	s.seek(from)
	sum := 0.0
	for i, t := s.cursor, from; t < to; i++ {
		end := to
		if i+1 < len(s.changes) {
			end = min(to, s.changes[i+1].at)
		}
		sum += float64(s.changes[i].rate) * float64(end-t)
		t = end
	}

	return bwe.Bitrate(math.Round(sum / float64(to-from)))
}

// lowest returns the least rate above zero, the reference for a queue's limit
// while the link stands still from the start.
func (s *schedule) lowest() bwe.Bitrate {
	least := bwe.Bitrate(maxRate)
	for _, c := range s.changes {
		if c.rate > 0 {
			least = min(least, c.rate)
		}
	}

	return least
}

// stalled returns the schedule with nothing carried during the windows, which
// are in order and apart.
func (s schedule) stalled(windows []Window) schedule {
	if s.unlimited() {
		s.changes = []change{{rate: maxRate}}
	}
	for _, w := range windows {
		from, to := w.From.time(), w.To.time()
		resume := change{at: to, rate: s.rate(to)}
		kept := make([]change, 0, len(s.changes)+2)
		for _, c := range s.changes {
			if c.at < from {
				kept = append(kept, c)
			}
		}
		kept = append(kept, change{at: from}, resume)
		for _, c := range s.changes {
			if c.at > to {
				kept = append(kept, c)
			}
		}
		s = schedule{changes: kept}
	}

	return s
}
