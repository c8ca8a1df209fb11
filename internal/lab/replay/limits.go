// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"errors"
	"io"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// DefaultLimits are libwebrtc's start bitrate, and bounds that are wide enough for a
// live push.
var DefaultLimits = netsim.Limits{Start: 300 * bwe.Kbps, Min: 30 * bwe.Kbps, Max: 20 * bwe.Mbps}

// mostUntilLimits bounds how many events are looked at for the limits of a recording.
const mostUntilLimits = 10_000

// FirstLimits returns what the first events of a recording say of the bounds of its
// recorder's estimate: the configuration of an own trace, else the first estimate as the
// start bitrate. What they do not say is zero. It reads up to that event.
func FirstLimits(src recording.Source) (netsim.Limits, error) {
	for range mostUntilLimits {
		ev, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return netsim.Limits{}, err
		}
		switch e := ev.(type) {
		case *control.Started:
			c := &e.Config.BWE

			return netsim.Limits{Start: c.StartBitrate, Min: c.MinBitrate, Max: c.MaxBitrate}, nil
		case *bwe.Update:
			return netsim.Limits{Start: e.Estimate}, nil
		case *recording.DelayBased:
			return netsim.Limits{Start: e.Bitrate}, nil
		case *recording.LossBased:
			return netsim.Limits{Start: e.Bitrate}, nil
		}
	}

	return netsim.Limits{}, nil
}

// combine fills what the first limits leave open from the second ones, and what both
// leave open from the default. Bounds that were given make way for nothing: a start
// bitrate, or a bound, that was only found or supposed gives way.
func combine(given, found netsim.Limits) netsim.Limits {
	out := DefaultLimits
	for _, l := range []netsim.Limits{found, given} {
		if l.Min > 0 {
			out.Min = l.Min
		}
		if l.Max > 0 {
			out.Max = l.Max
		}
		if l.Start > 0 {
			out.Start = l.Start
		}
	}
	if given.Min == 0 {
		out.Min = min(out.Min, out.Max)
	}
	if given.Start == 0 {
		out.Start = min(max(out.Start, out.Min), out.Max)

		return out
	}
	if given.Min == 0 {
		out.Min = min(out.Min, given.Start)
	}
	if given.Max == 0 {
		out.Max = max(out.Max, given.Start)
	}

	return out
}
