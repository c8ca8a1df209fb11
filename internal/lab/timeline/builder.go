// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package timeline

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// MaxLength is the longest session that is kept; what comes later is counted and left
// out.
const MaxLength = 24 * time.Hour

// Builder makes a [Timeline] of an event stream. It is not safe for concurrent use.
type Builder struct {
	path     path
	capacity column
	recorded *TrackBuilder
	replayed []*TrackBuilder
	marks    []Mark
	ignored  int64
	window   Window
	// verdicts and freezes tell that there was one.
	verdicts, freezes bool
}

// NewBuilder returns a builder that has seen nothing. recorder names the controller whose
// decisions are in the stream.
func NewBuilder(recorder string) *Builder {
	b := &Builder{recorded: &TrackBuilder{track: Track{Name: recorder}}}
	b.path.until = bwe.Never

	return b
}

// Window has the timeline be of a stretch of the recording, whole bins around w, which must
// be valid. All is to be observed nevertheless: what a controller did in the window
// follows from what was before it, and what became of a packet comes after. It must be
// called before the first event.
func (b *Builder) Window(w Window) {
	b.window = w
	from, to := w.bins()
	b.path.since, b.path.until = startOf(from), bwe.Never
	if w.To > 0 {
		b.path.until = startOf(to)
	}
}

// Track adds a controller whose decisions are not in the stream; the caller reports them
// to the builder that is returned.
func (b *Builder) Track(name string) *TrackBuilder {
	t := &TrackBuilder{track: Track{Name: name}}
	b.replayed = append(b.replayed, t)

	return t
}

// Observe takes in one event of the stream, of which it keeps nothing.
func (b *Builder) Observe(ev bwe.Event) {
	at := ev.Time()
	if at < 0 || at >= bwe.Time(MaxLength) {
		b.ignored++

		return
	}
	bin := binOf(at)
	switch e := ev.(type) {
	case *bwe.SentPacket:
		b.path.onSent(e)
	case *bwe.Feedback:
		b.path.onFeedback(e)
	case *bwe.REMB:
		b.path.count(at).REMBs++
	case *control.Started:
		b.path.restart()
	case *recording.Capacity:
		b.capacity.set(bin, float64(e.Bitrate))
	case *recording.Freeze:
		b.freezes = true
		b.mark(Mark{At: e.Since, To: e.At, Kind: Freeze})
	case *recording.Route:
		b.mark(Mark{At: at, Kind: Route})
	case *bwe.ClockReset:
		b.mark(Mark{At: at, Kind: ClockReset})
	case *ratecontrol.Verdict:
		b.verdicts = true
		if e.Drop != "" {
			b.mark(Mark{At: at, Kind: FrameDrop})
		}
	case *ratecontrol.Stall:
		if e.Over {
			b.mark(Mark{At: e.Since, To: at, Kind: Stall})
		}
	case *ratecontrol.TierChange:
		b.mark(Mark{At: at, Kind: TierSwitch})
	case *recording.Note:
		b.note(e)
	default:
		b.recorded.observe(bin, ev)

		return
	}
	b.path.reach(bin)
}

// noteMarks are the events around the loop that become marks. Drops of frames by the
// controller are in its verdicts already.
var noteMarks = map[string]MarkKind{
	"reconnect":         Reconnect,
	"key_frame_request": KeyFrame,
	"pacer_drop":        PacerDrop,
}

func (b *Builder) note(n *recording.Note) {
	if kind, ok := noteMarks[n.Name]; ok {
		b.mark(Mark{At: n.At, Kind: kind})
	}
}

// mark adds a mark, or counts it with the last one of its kind where that is in the same bin.
func (b *Builder) mark(m Mark) {
	m.Count = 1
	for i := len(b.marks) - 1; i >= 0 && binOf(b.marks[i].At) == binOf(m.At); i-- {
		if l := &b.marks[i]; l.Kind == m.Kind && m.To == 0 && l.To == 0 {
			l.Count++

			return
		}
	}
	b.marks = append(b.marks, m)
}

// Build returns the timeline of what was observed, within its window where it has one. The
// builder must not be used after it.
func (b *Builder) Build() *Timeline {
	t := b.whole()
	t.Recording = t.Duration()
	if b.window != (Window{}) {
		t.cut(b.window)
	}

	return t
}

// whole returns the timeline but for its window.
func (b *Builder) whole() *Timeline {
	t := &Timeline{Marks: b.marks, FrameDropsKnown: b.verdicts, FreezesKnown: b.freezes, Ignored: b.ignored}
	bins := len(b.path.bins)
	for _, track := range append([]*TrackBuilder{b.recorded}, b.replayed...) {
		bins = max(bins, track.bins())
	}
	b.path.fill(t, bins)
	t.Capacity = b.capacity.finish(bins)
	if b.recorded.used {
		t.Recorded = b.recorded.finish(bins)
	}
	for _, track := range b.replayed {
		t.Replayed = append(t.Replayed, track.finish(bins))
	}

	return t
}

func binOf(t bwe.Time) int { return int(t / bwe.Time(Bin)) }

func startOf(bin int) bwe.Time { return bwe.Time(bin) * bwe.Time(Bin) }
