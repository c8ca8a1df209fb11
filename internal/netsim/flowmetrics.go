// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math"

	"github.com/rtmcc/rtmcc/bwe"
)

// result sums up a flow over its life after the warm-up.
func (s *sender) result(warm int) FlowResult {
	f := s.record
	from := max(warm, binOf(s.cfg.Start.time()))
	to := min(len(f.targets), binOf(s.cfg.Stop.time()))
	from = min(from, to)
	r := FlowResult{
		Controller: s.name, Weight: s.cfg.Weight, Loss: ratio(float64(f.packetsLost), float64(f.packetsSent)),
		PacketsSent: f.packetsSent, PacketsArrived: f.packetsArrived, PacketsLost: f.packetsLost,
		BytesSent: f.bytesSent, PaddingBytes: f.paddingBytes, FeedbackSent: f.feedbackSent, FeedbackLost: f.feedbackLost,
		FeedbackBytes: f.feedbackBytes, FeedbackOverhead: ratio(float64(f.feedbackBytes), float64(f.bytesSent)),
		Frames: f.frames, FramesSkipped: f.skipped, Probes: f.probesStarted, Pacer95: milliseconds(f.pacing.Quantile(0.95)),
		PacketsRepeated: f.packetsRepeated, RepeatedBytes: f.repeatedBytes, Player: s.playback.result(),
	}
	r.Queue50, r.Queue95, r.Queue99 = quantiles(&f.queueing)
	if from == to {
		return r
	}
	r.Delivered = rateOfBytes(f.delivered[from:to])
	r.Target = meanRate(f.targets[from:to])
	minutes := float64(to-from) / float64(binsPerSecond) / 60
	r.TargetCV = variation(f.targets[from:to])
	r.Falls = float64(falls(f.targets[from:to])) / minutes
	r.Crossings = float64(crossings(f.delivered[from:to])) / minutes

	return r
}

// falls counts how often the target fell by more than 15 % from its peak, which then
// starts anew.
func falls(targets []bwe.Bitrate) int {
	n := 0
	peak := bwe.Bitrate(0)
	for _, t := range targets {
		peak = max(peak, t)
		if float64(t) < fallShare*float64(peak) {
			n++
			peak = t
		}
	}

	return n
}

// crossings counts how often the rate over pairs of bins rose from below the low
// watermark to above the high one.
func crossings(delivered []int64) int {
	const pair = 2
	mean := sumBytes(delivered) / float64(len(delivered)) * pair
	n := 0
	low := false
	for i := pair; i <= len(delivered); i += pair {
		switch v := sumBytes(delivered[i-pair : i]); {
		case v < lowMark*mean:
			low = true
		case v > highMark*mean && low:
			low = false
			n++
		}
	}

	return n
}

// variation is the coefficient of variation.
func variation(rates []bwe.Bitrate) float64 {
	mean := sumRates(rates) / float64(len(rates))
	squares := 0.0
	for _, r := range rates {
		squares += (float64(r) - mean) * (float64(r) - mean)
	}

	return ratio(math.Sqrt(squares/float64(len(rates))), mean)
}

func sumRates(rates []bwe.Bitrate) float64 {
	sum := 0.0
	for _, r := range rates {
		sum += float64(r)
	}

	return sum
}

func sumBytes(bytes []int64) float64 {
	sum := int64(0)
	for _, b := range bytes {
		sum += b
	}

	return float64(sum)
}

func meanRate(rates []bwe.Bitrate) bwe.Bitrate {
	return bwe.Bitrate(ratio(sumRates(rates), float64(len(rates))))
}

func rateOfBytes(bytes []int64) bwe.Bitrate {
	return bwe.Bitrate(ratio(sumBytes(bytes)*8/Bin.Seconds(), float64(len(bytes))))
}

func binRates(bytes []int64) []bwe.Bitrate {
	out := make([]bwe.Bitrate, len(bytes))
	for i, b := range bytes {
		out[i] = bwe.RateOf(b, Bin)
	}

	return out
}

// ratio is a over b, zero where b is.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}

	return a / b
}
