// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func readLog(tb testing.TB, name string) []byte {
	log, err := os.ReadFile(filepath.Join("../../../testdata/eventlogs", name))
	require.NoError(tb, err)

	return log
}

// figures are what a log holds.
type figures struct {
	sent, audio, repeats, padding int
	bytes                         int64
	medianSize                    int
	feedbacks, received, lost     int
	delay, overuse                int
	medianDelay, lastDelay        bwe.Bitrate
	loss, lossPackets             int
	greatestLoss                  float64
	probes, results, failures     int
	limited                       int
	// span is from the first packet to the last.
	span time.Duration
}

// The figures of the logs were reckoned by another program, made for that only.
func TestLogsOfChromium(t *testing.T) {
	for name, want := range map[string]figures{
		"constant-2m.log": {
			sent: 3619, audio: 1738, repeats: 11, padding: 5, bytes: 1_941_295, medianSize: 712,
			feedbacks: 683, received: 3604,
			delay: 2, medianDelay: 1_757_500, lastDelay: 1_808_276, loss: 9,
			probes: 3, results: 7, failures: 1, limited: 1, span: 34_739 * ms,
		},
		"drop-to-700k.log": {
			sent: 3788, audio: 1807, repeats: 15, padding: 6, bytes: 2_164_518, medianSize: 844,
			feedbacks: 706, received: 3775,
			delay: 306, overuse: 1, medianDelay: 656_335, lastDelay: 977_561, loss: 76, lossPackets: 66,
			probes: 3, results: 8, limited: 2, span: 36_209 * ms,
		},
		"loss-5-rtt-100.log": {
			sent: 4156, audio: 1840, repeats: 462, padding: 278, bytes: 2_237_283, medianSize: 275,
			feedbacks: 577, received: 3941, lost: 190,
			delay: 331, medianDelay: 686_491, lastDelay: 1_359_884, loss: 123, lossPackets: 184, greatestLoss: 38.0 / 256,
			probes: 2, results: 7, failures: 1, limited: 3, span: 35_233 * ms,
		},
	} {
		t.Run(name, func(t *testing.T) {
			evs, src := readAll(t, readLog(t, name))
			require.Zero(t, src.Damage())
			require.Equal(t, 2026, src.Info().Start.Year())
			require.Equal(t, want, reckon(evs))
		})
	}
}

func reckon(evs []bwe.Event) figures {
	var f figures
	var first bwe.Time
	var sizes []int
	var rates []bwe.Bitrate
	arrived := map[int64]bool{}
	for _, ev := range evs {
		switch ev := ev.(type) {
		case *bwe.SentPacket:
			f.sent++
			f.bytes += int64(ev.Size)
			sizes = append(sizes, ev.Size)
			if f.sent == 1 {
				first = ev.At
			}
			f.span = ev.At.Sub(first)
			switch ev.Kind {
			case bwe.PacketAudio:
				f.audio++
			case bwe.PacketRetransmission:
				f.repeats++
			case bwe.PacketPadding:
				f.padding++
			default:
			}
		case *bwe.Feedback:
			f.feedbacks++
			for _, r := range ev.Results {
				arrived[r.Seq] = r.Received
			}
		case *recording.DelayBased:
			f.delay++
			rates = append(rates, ev.Bitrate)
			f.lastDelay = ev.Bitrate
			if ev.State == bwe.StateOveruse {
				f.overuse++
			}
		case *recording.LossBased:
			f.loss++
			f.lossPackets += ev.Packets
			f.greatestLoss = max(f.greatestLoss, ev.Loss)
		case *recording.ProbeStarted:
			f.probes++
		case *recording.ProbeEnded:
			if ev.Failure == "" {
				f.results++
			} else {
				f.failures++
			}
		case *recording.ApplicationLimited:
			f.limited++
		}
	}
	for _, received := range arrived {
		if received {
			f.received++
		} else {
			f.lost++
		}
	}
	slices.Sort(sizes)
	slices.Sort(rates)
	f.medianSize, f.medianDelay = sizes[len(sizes)/2], rates[(len(rates)-1)/2]

	return f
}
