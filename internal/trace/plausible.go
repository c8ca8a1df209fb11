// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"fmt"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// mostRate bounds the bitrates that are believed, in bits per second: a petabit.
const mostRate = 1e15

// plausible refuses a decision that no controller comes to. Inputs are checked where
// they are decoded.
func plausible(ev bwe.Event) error {
	switch e := ev.(type) {
	case *bwe.Update:
		return checkRates(e.Estimate, e.PacingRate, e.PaddingRate, e.Acked)
	case *ratecontrol.Decision:
		return checkRates(e.Target, e.Audio, e.Video, e.Probe)
	case *bwe.ProbeResult:
		return checkRates(e.Asked, e.Result)
	case *recording.Capacity:
		return checkRates(e.Bitrate)
	case *recording.DelayBased:
		return checkRates(e.Bitrate)
	case *recording.LossBased:
		return checkRates(e.Bitrate)
	case *recording.Target:
		return checkRates(e.Bitrate)
	case *recording.ProbeStarted:
		return checkRates(e.Bitrate)
	case *recording.ProbeEnded:
		return checkRates(e.Bitrate)
	case *recording.Freeze:
		return checkSince(e.Since, e.At)
	case *ratecontrol.Stall:
		return checkSince(e.Since, e.At)
	default:
		return nil
	}
}

func checkRates(rates ...bwe.Bitrate) error {
	for _, r := range rates {
		if r < 0 || r > mostRate {
			return fmt.Errorf("bitrate %d is out of range", int64(r))
		}
	}

	return nil
}

func checkSince(since, at bwe.Time) error {
	if since > at || since < -timeLimit {
		return fmt.Errorf("since %d is out of range", int64(since))
	}

	return nil
}
