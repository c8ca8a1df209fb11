// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report

import (
	"math"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// payload is what the page's script is given of a session beside its signals. Times are
// in seconds, rates in bits per second.
type payload struct {
	// Start is the time of the first point, Step that from one point to the next.
	Start    float64                 `json:"start"`
	Step     float64                 `json:"step"`
	Points   int                     `json:"points"`
	Duration float64                 `json:"duration"`
	Width    int                     `json:"width"`
	Path     []string                `json:"path"`
	Tracks   []trackData             `json:"tracks"`
	Marks    map[string][][3]float64 `json:"marks"`
	Notes    [][2]float64            `json:"notes"`
}

// trackData is a controller.
type trackData struct {
	Name     string   `json:"name"`
	Recorded bool     `json:"recorded"`
	Signals  []string `json:"signals"`
	// States are from, to and name.
	States [][3]any     `json:"states"`
	Swings [][2]float64 `json:"swings"`
	// Probes are begin, end, asked and result.
	Probes [][4]float64 `json:"probes"`
}

// named is a signal under the name that the script knows it by.
type named struct {
	name   string
	signal timeline.Signal
}

func pathSignals(t *timeline.Timeline) []named {
	return present([]named{
		{"capacity", t.Capacity}, {"sent", t.Sent}, {"media", t.Media}, {"received", t.Received}, {"delay", t.Delay},
		{"delay_max", t.DelayMax}, {"loss", t.Loss}, {"rtt", t.RTT}, {"silence", t.Silence},
	})
}

func trackSignals(t *timeline.Track) []named {
	return present([]named{
		{"estimate", t.Estimate}, {"delay_based", t.DelayBased}, {"target", t.Target}, {"ceiling", t.Ceiling}, {"received", t.Received},
		{"queue", t.Queue}, {"trend", t.Trend}, {"threshold", t.Threshold},
	})
}

// present leaves out the signals that have no value.
func present(all []named) []named {
	var out []named
	for _, n := range all {
		for _, v := range n.signal {
			if !math.IsNaN(finite(v)) {
				out = append(out, n)

				break
			}
		}
	}

	return out
}

func names(all []named) []string {
	out := make([]string, len(all))
	for i := range all {
		out[i] = all[i].name
	}

	return out
}

// tracks are the controllers of a session, the recorder first.
func tracks(t *timeline.Timeline) []*timeline.Track {
	if t.Recorded == nil {
		return t.Replayed
	}

	return append([]*timeline.Track{t.Recorded}, t.Replayed...)
}

func newPayload(s *Session, g grid) *payload {
	t := s.Timeline
	p := &payload{
		Start: seconds(t.Start), Step: g.step(), Points: g.points, Width: g.width, Duration: t.Duration().Seconds(),
		Path: names(pathSignals(t)), Tracks: []trackData{}, Marks: marks(t.Marks, g), Notes: [][2]float64{},
	}
	for _, track := range tracks(t) {
		p.Tracks = append(p.Tracks, newTrackData(track, track == t.Recorded, g))
	}
	for i := range min(len(s.Notes), notesMost) {
		p.Notes = append(p.Notes, s.Notes[i].Seconds())
	}

	return p
}

func newTrackData(t *timeline.Track, recorded bool, g grid) trackData {
	d := trackData{
		Name: t.Name, Recorded: recorded, Signals: names(trackSignals(t)),
		States: [][3]any{}, Swings: [][2]float64{}, Probes: [][4]float64{},
	}
	if d.Name == "" {
		d.Name = "recorder"
		if !recorded {
			d.Name = "controller"
		}
	}
	for _, b := range merged(t.States, g) {
		d.States = append(d.States, [3]any{seconds(b.From), seconds(b.To), b.State.String()})
	}
	for _, b := range merged(t.Swings, g) {
		d.Swings = append(d.Swings, [2]float64{seconds(b.From), seconds(b.To)})
	}
	last := bwe.Time(-1 << 62)
	for _, p := range t.Probes {
		// Where points stand for many bins, one probe of each is shown.
		if g.width > 1 && p.At.Sub(last) < g.span() {
			continue
		}
		last = p.At
		d.Probes = append(d.Probes, [4]float64{seconds(p.At), seconds(p.EndedAt), float64(p.Asked), float64(p.Result)})
	}

	return d
}

// span is the time that a point stands for.
func (g grid) span() time.Duration { return time.Duration(g.width) * timeline.Bin }

// merged joins bands of one state that are nearer to each other than points are.
func merged(bands []timeline.Band, g grid) []timeline.Band {
	if g.width == 1 {
		return bands
	}
	// last has the index of the last band of each state.
	last := map[bwe.State]int{}
	var out []timeline.Band
	for _, b := range bands {
		if i, ok := last[b.State]; ok && b.From.Sub(out[i].To) < g.span() {
			out[i].To = max(out[i].To, b.To)

			continue
		}
		last[b.State] = len(out)
		out = append(out, b)
	}

	return out
}

// marks lists from, to and count of each kind; instants of one point are counted together.
func marks(all []timeline.Mark, g grid) map[string][][3]float64 {
	out := map[string][][3]float64{}
	for _, m := range all {
		kind := string(m.Kind)
		at, to := seconds(m.At), seconds(max(m.At, m.To))
		if n := len(out[kind]); g.width > 1 && n > 0 {
			l := &out[kind][n-1]
			instants := l[0] == l[1] && at == to
			if instants && at-l[0] < g.step() || !instants && at-l[1] < g.step() {
				l[2] += float64(max(1, m.Count))
				if !instants {
					l[1] = max(l[1], to)
				}

				continue
			}
		}
		out[kind] = append(out[kind], [3]float64{at, to, float64(max(1, m.Count))})
	}

	return out
}

// seconds rounds to the millisecond.
func seconds(t bwe.Time) float64 {
	return float64(time.Duration(t).Round(time.Millisecond)/time.Millisecond) / 1000
}
