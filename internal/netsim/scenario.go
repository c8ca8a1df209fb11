// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"errors"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// ErrScenario is wrapped by every error about the content of a scenario.
var ErrScenario = errors.New("scenario")

// Scenario is a path and what runs over it. Its JSON form is the format of scenario
// files (docs/sim.md).
type Scenario struct {
	// Name is what tables and plots show.
	Name string `json:"name"`
	// About says in a few words what is tried.
	About string `json:"about,omitempty"`
	// Duration is the length of the run.
	Duration Duration `json:"duration"`
	// Warmup is left out of the figures. Default 10 s, or a quarter of a run shorter
	// than 40 s.
	Warmup Duration `json:"warmup,omitzero"`
	// Forward is the links that the media crosses, in order.
	Forward []Link `json:"forward"`
	// Backward is the links that feedback crosses. By default one link without limit
	// whose delay is the forward links' sum.
	Backward []Link `json:"backward,omitempty"`
	// Reference is the index of the forward link that utilisation is measured at.
	Reference int `json:"reference,omitzero"`
	// Flows are the media flows. Default one.
	Flows []Flow `json:"flows,omitempty"`
	// TCP are competitors on the forward path.
	TCP []TCP `json:"tcp,omitempty"`
	// Cross is traffic on the forward path that does not react.
	Cross []Cross `json:"cross,omitempty"`
	// Feedback is how the receivers report.
	Feedback Feedback `json:"feedback,omitzero"`
	// Start, Min and Max bound every estimate. Default 300 kbps, 30 kbps, 20 Mbps.
	Start Rate `json:"start,omitzero"`
	Min   Rate `json:"min,omitzero"`
	Max   Rate `json:"max,omitzero"`
}

// Flow is one media flow. Which controller runs it is decided by who runs the
// scenario.
type Flow struct {
	// Start and Stop bound its life. Default the whole run.
	Start Duration `json:"start,omitzero"`
	Stop  Duration `json:"stop,omitzero"`
	// Backward lets its media cross the backward links and its feedback the forward
	// ones.
	Backward bool `json:"backward,omitzero"`
	// Delay is added one way in each direction, outside the shared links.
	Delay Duration `json:"delay,omitzero"`
	// Links picks the part of the media's path that the flow crosses, first and last
	// index. Default all.
	Links *[2]int `json:"links,omitempty"`
	// Weight is the share that the flow should get, against which fairness is
	// measured. Default 1. No controller is told of it.
	Weight float64 `json:"weight,omitzero"`
	// Source is its encoder.
	Source Source `json:"source,omitzero"`
	// Player is who watches.
	Player Player `json:"player,omitzero"`
}

// Feedback is how a receiver reports arrivals.
type Feedback struct {
	// Interval is the time between reports. Default 50 ms.
	Interval Duration `json:"interval,omitzero"`
	// Quantum is the grain of receive times, which are rounded down. Default 250 µs
	// (transport-wide congestion control).
	Quantum Duration `json:"quantum,omitzero"`
	// OmitEdgeLoss leaves out the losses before the first arrival of a report, as
	// some servers do.
	OmitEdgeLoss bool `json:"omit_edge_loss,omitzero"`
	// ClockSkew is how much faster the receiver's clock runs, in parts per million.
	ClockSkew float64 `json:"clock_skew_ppm,omitzero"`
	// Duplicate is the share of reports that are sent twice, from 0 to 1.
	Duplicate float64 `json:"duplicate,omitzero"`
}

// TCPKind names a congestion control of TCP.
type TCPKind string

// The kinds of TCP.
const (
	// TCPCubic is RFC 9438.
	TCPCubic TCPKind = "cubic"
	// TCPReno is RFC 5681.
	TCPReno TCPKind = "reno"
)

// TCP is a number of like TCP competitors.
type TCP struct {
	// Kind is the congestion control. Default cubic.
	Kind TCPKind `json:"kind,omitzero"`
	// Count is the number of connections. Default 1.
	Count int `json:"count,omitzero"`
	// Start and Stop bound their life. Default the whole run.
	Start Duration `json:"start,omitzero"`
	Stop  Duration `json:"stop,omitzero"`
	// ShortMin and ShortMax make it short transfers of a size drawn uniformly
	// between the two, in bytes, apart by exponential idle times of mean Idle. Default
	// one transfer without end.
	ShortMin int      `json:"short_min,omitzero"`
	ShortMax int      `json:"short_max,omitzero"`
	Idle     Duration `json:"idle,omitzero"`
	// Delay is added one way in each direction.
	Delay Duration `json:"delay,omitzero"`
}

// Cross is constant-bitrate traffic, at a rate that may follow a schedule.
type Cross struct {
	Rate Capacity `json:"rate"`
	// Start and Stop bound its life. Default the whole run.
	Start Duration `json:"start,omitzero"`
	Stop  Duration `json:"stop,omitzero"`
	// PacketSize is in bytes. Default 1000.
	PacketSize int `json:"packet_size,omitzero"`
}

// The defaults of what a scenario leaves out.
const (
	defaultWarmup       = 10 * second
	defaultStart        = 300 * kbps
	defaultMin          = 30 * kbps
	defaultMax          = 20 * mbps
	defaultInterval     = 50 * millisecond
	defaultQuantum      = Duration(250 * time.Microsecond)
	defaultCrossPacket  = 1000
	warmupShare         = 4
	shortestRunOfWarmup = 40 * second
)

// withDefaults returns a copy in which nothing is left out.
func (s *Scenario) withDefaults() Scenario {
	d := *s
	setDefault(&d.Start, defaultStart)
	setDefault(&d.Min, min(defaultMin, d.Start))
	setDefault(&d.Max, max(defaultMax, d.Start))
	if d.Warmup == 0 {
		d.Warmup = defaultWarmup
		if d.Duration < shortestRunOfWarmup {
			d.Warmup = d.Duration / warmupShare
		}
	}
	setDefault(&d.Feedback.Interval, defaultInterval)
	setDefault(&d.Feedback.Quantum, defaultQuantum)
	if len(d.Backward) == 0 {
		back := Link{}
		for _, l := range d.Forward {
			back.Delay += l.Delay
		}
		d.Backward = []Link{back}
	}
	if len(d.Flows) == 0 {
		d.Flows = []Flow{{}}
	}
	d.Flows = append([]Flow(nil), d.Flows...)
	for i := range d.Flows {
		d.Flows[i].setDefaults(d.Duration)
	}
	d.TCP = append([]TCP(nil), d.TCP...)
	for i := range d.TCP {
		t := &d.TCP[i]
		setDefault(&t.Kind, TCPCubic)
		setDefault(&t.Count, 1)
		setDefault(&t.Stop, d.Duration)
	}
	d.Cross = append([]Cross(nil), d.Cross...)
	for i := range d.Cross {
		setDefault(&d.Cross[i].Stop, d.Duration)
		setDefault(&d.Cross[i].PacketSize, defaultCrossPacket)
	}

	return d
}

func (f *Flow) setDefaults(end Duration) {
	setDefault(&f.Stop, end)
	setDefault(&f.Weight, 1)
	f.Source.setDefaults()
	f.Player.setDefaults()
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (s *Scenario) limits() Limits {
	return Limits{Start: s.Start.Bitrate(), Min: s.Min.Bitrate(), Max: s.Max.Bitrate()}
}

// active reports whether the flow offers media at t.
func (f *Flow) active(t bwe.Time) bool {
	if t < f.Start.time() || t >= f.Stop.time() {
		return false
	}
	for _, w := range f.Source.Pauses {
		if w.contains(t) {
			return false
		}
	}

	return true
}
