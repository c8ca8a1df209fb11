// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// maxPacket is more than any packet on a wire has, in bytes.
const maxPacket = 1 << 16

// maxTime is a time that neither a clock since boot nor one since 1970 gives: the year
// 2096.
const maxTime = time.Duration(4e18)

// logTime turns a log's time into one that can be reckoned with.
func logTime(ticks int64, unit time.Duration) (time.Duration, error) {
	if ticks < 0 || ticks > int64(maxTime/unit) {
		return 0, fmt.Errorf("a time of %d", ticks)
	}

	return time.Duration(ticks) * unit, nil
}

// bitrate bounds what a log says.
func bitrate(bps uint64) bwe.Bitrate {
	const most = uint64(1000 * 1000 * bwe.Mbps)

	return bwe.Bitrate(min(bps, most))
}

// fraction is a share of 256 as one of 1.
func fraction(of256 uint64) float64 { return float64(min(of256, 256)) / 256 }

// detectorState reads a state as version 2 has it.
func detectorState(v uint32) bwe.State {
	switch v {
	case 2:
		return bwe.StateUnderuse
	case 3:
		return bwe.StateOveruse
	default:
		return bwe.StateNormal
	}
}

// probeFailure names why a probe failed, empty where it did not.
func probeFailure(reason uint32) string {
	switch reason {
	case 0:
		return ""
	case 1:
		return "interval"
	case 2:
		return "ratio"
	case 3:
		return "timeout"
	default:
		return "unknown"
	}
}

// date sets when an event happened.
func date(ev bwe.Event, at bwe.Time) {
	switch ev := ev.(type) {
	case *recording.DelayBased:
		ev.At = at
	case *recording.LossBased:
		ev.At = at
	case *recording.ProbeStarted:
		ev.At = at
	case *recording.ProbeEnded:
		ev.At = at
	case *recording.ApplicationLimited:
		ev.At = at
	case *recording.Route:
		ev.At = at
	default:
	}
}
