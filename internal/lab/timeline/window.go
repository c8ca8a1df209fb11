// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package timeline

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// ErrBeyondEnd is wrapped where a window begins after the recording ends.
var ErrBeyondEnd = errors.New("the window begins after the recording ends")

// Window bounds a stretch of a recording, by the time since its start. The zero value is
// all of it.
type Window struct {
	// From is where it begins, and To where it ends, zero for the end of the recording.
	From, To time.Duration
}

// Validate tells what is wrong with a window, whatever the recording.
func (w Window) Validate() error {
	switch {
	case w.From < 0 || w.To < 0:
		return errors.New("a window is bounded by times since the recording's start, which are not negative")
	case w.To > 0 && w.From >= w.To:
		return fmt.Errorf("a window from %v to %v holds nothing: let it end after it begins", w.From, w.To)
	default:
		return nil
	}
}

// bins returns the bins that the window is in, the last one exclusive.
func (w Window) bins() (from, to int) {
	to = math.MaxInt
	if w.To > 0 {
		to = int((w.To + Bin - 1) / Bin)
	}

	return int(w.From / Bin), to
}

// Bounds is the window that a timeline is of, in seconds of the recording; both are nil
// where it is of all of it.
type Bounds struct {
	From *float64 `json:"from_s,omitempty"`
	To   *float64 `json:"to_s,omitempty"`
}

// Any tells whether there is a window.
func (b Bounds) Any() bool { return b.From != nil && b.To != nil }

// String returns the window in words, such as "0:20.0 to 1:05.5", empty where there is none.
func (b Bounds) String() string {
	if !b.Any() {
		return ""
	}

	return Clock(*b.From) + " to " + Clock(*b.To)
}

// Clock writes seconds as minutes and seconds, such as 1:05.5.
func Clock(seconds float64) string {
	tenths := int64(math.Round(10 * seconds))

	return fmt.Sprintf("%d:%02d.%d", tenths/600, tenths/10%60, tenths%10)
}

// cut leaves of a timeline what is in the window. Totals are counted so from the start.
func (t *Timeline) cut(w Window) {
	from, to := w.bins()
	to = max(from, min(to, t.Bins()))
	t.Start = startOf(from)
	begin, end := t.Start.Sub(0).Seconds(), startOf(to).Sub(0).Seconds()
	t.Window = Bounds{From: &begin, To: &end}
	from, to = min(from, t.Bins()), min(to, t.Bins())
	for _, s := range []*Signal{
		&t.Capacity, &t.Sent, &t.Media, &t.Received, &t.Delay, &t.DelayMax, &t.DelayMin, &t.Rise, &t.Loss, &t.RTT, &t.Silence,
	} {
		s.cut(from, to)
	}
	if t.Recorded != nil {
		t.Recorded.cut(from, to)
	}
	for _, track := range t.Replayed {
		track.cut(from, to)
	}
	t.Marks = slices.DeleteFunc(t.Marks, func(m Mark) bool { return max(m.At, m.To) < startOf(from) || m.At >= startOf(to) })
	for i := range t.Marks {
		if m := &t.Marks[i]; m.To > m.At {
			m.At, m.To = max(m.At, startOf(from)), min(m.To, startOf(to))
		}
	}
}

func (t *Track) cut(from, to int) {
	for _, s := range []*Signal{&t.Estimate, &t.DelayBased, &t.Target, &t.Ceiling, &t.Received, &t.Queue, &t.Trend, &t.Threshold} {
		s.cut(from, to)
	}
	t.States, t.Swings = bandsIn(t.States, startOf(from), startOf(to)), bandsIn(t.Swings, startOf(from), startOf(to))
	t.Probes = slices.DeleteFunc(t.Probes, func(p Probe) bool { return p.At < startOf(from) || p.At >= startOf(to) })
}

// cut leaves nil what is nil, as that stands for a signal that there is not.
func (s *Signal) cut(from, to int) {
	if *s != nil {
		*s = (*s)[from:to:to]
	}
}

// bandsIn returns the parts of bands that lie between two times.
func bandsIn(bands []Band, from, to bwe.Time) []Band {
	out := bands[:0]
	for _, b := range bands {
		if b.From, b.To = max(b.From, from), min(b.To, to); b.From < b.To {
			out = append(out, b)
		}
	}

	return out
}

// CheckWindow returns an error that wraps [ErrBeyondEnd] where nothing of the recording is
// in the window.
func (t *Timeline) CheckWindow() error {
	if !t.Window.Any() || t.Bins() > 0 || t.Recording == 0 {
		return nil
	}
	length := t.Recording.Seconds()

	return fmt.Errorf("%w: it begins at %s, and the recording is %s long (%.1f s)", ErrBeyondEnd, Clock(*t.Window.From), Clock(length), length)
}
