// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// comparison is how far the GCC preset was from what libwebrtc logged, as shares of that.
type comparison struct {
	// updates is at each logged update, feedbacks at each feedback, which gives every
	// estimate the time that it lasted.
	updates, feedbacks []float64
	// probes is the results of probes.
	probes []float64
}

// compareGCC feeds the packets and the feedback of a log to the GCC preset, and the
// probes that libwebrtc sent in place of those that it would have asked for. libwebrtc
// counts the headers of IPv4 and UDP to a packet.
func compareGCC(tb testing.TB, log []byte) comparison {
	src, err := New(bytes.NewReader(log))
	require.NoError(tb, err)
	est, err := bwe.New(bwe.GCC(), 0)
	require.NoError(tb, err)
	var c comparison
	var logged bwe.Bitrate
	// The results by the estimator's number of a probe, and its numbers by libwebrtc's.
	results, adopted := map[int]bwe.Bitrate{}, map[int]int{}
	loggedResults := map[int]bwe.Bitrate{}
	est.SetObserver(func(ev bwe.Event) {
		if r, is := ev.(*bwe.ProbeResult); is {
			results[r.ID] = r.Result
		}
	})
	off := func(ours, theirs bwe.Bitrate) float64 { return math.Abs(float64(ours-theirs)) / float64(theirs) }
	for {
		ev, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(tb, err)
		for next := est.NextTimer(); next <= ev.Time(); next = est.NextTimer() {
			est.OnTimer(next)
		}
		switch ev := ev.(type) {
		case *bwe.SentPacket:
			p := *ev
			p.Size += overhead
			p.ProbeCluster = adopted[p.ProbeCluster]
			est.OnSent(p)
		case *bwe.Feedback:
			est.OnFeedback(*ev)
			if logged > 0 {
				c.feedbacks = append(c.feedbacks, off(est.Detection().DelayBased, logged))
			}
		case *recording.DelayBased:
			logged = ev.Bitrate
			c.updates = append(c.updates, off(est.Detection().DelayBased, logged))
		case *recording.ProbeStarted:
			adopted[ev.ID] = est.AdoptProbe(bwe.Probe{
				Bitrate: ev.Bitrate, MinPackets: ev.MinPackets, MinDuration: ev.Bitrate.TimeFor(ev.MinBytes),
			}, ev.At)
		case *recording.ProbeEnded:
			if ev.Failure == "" {
				loggedResults[ev.ID] = ev.Bitrate
			}
		}
	}
	for id, r := range loggedResults {
		if ours, is := results[adopted[id]]; is {
			c.probes = append(c.probes, off(ours, r))
		}
	}

	return c
}

func quantile(s []float64, q float64) float64 {
	slices.Sort(s)

	return s[int(q*float64(len(s)-1))]
}

// Fed what libwebrtc was fed, the GCC preset comes to what libwebrtc's delay-based
// estimate came to.
func TestGCCIsAsChromiumIs(t *testing.T) {
	const bound = 0.05
	for _, name := range []string{"constant-2m.log", "drop-to-700k.log", "loss-5-rtt-100.log"} {
		c := compareGCC(t, readLog(t, name))
		require.LessOrEqual(t, quantile(c.updates, 0.5), bound, name)
		require.LessOrEqual(t, quantile(c.feedbacks, 0.5), bound, name)
		require.LessOrEqual(t, quantile(c.feedbacks, 0.9), 2*bound, name)
		require.NotEmpty(t, c.probes, name)
		require.LessOrEqual(t, quantile(c.probes, 1), bound, name)
	}
}

// BenchmarkCompareGCC says how far the preset is off for each log in the directory that
// the environment names, or for those that are kept.
func BenchmarkCompareGCC(b *testing.B) {
	dir := "../../../testdata/eventlogs"
	if d := os.Getenv("RTMCC_EVENTLOGS"); d != "" {
		dir = d
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.log"))
	require.NoError(b, err)
	for _, path := range paths {
		log, err := os.ReadFile(path)
		require.NoError(b, err)
		b.Run(filepath.Base(path), func(b *testing.B) {
			var c comparison
			for b.Loop() {
				c = compareGCC(b, log)
			}
			b.ReportMetric(100*quantile(c.updates, 0.5), "%-at-updates")
			b.ReportMetric(100*quantile(c.feedbacks, 0.5), "%-over-time")
			b.ReportMetric(100*quantile(c.feedbacks, 0.9), "%-over-time-p90")
			b.ReportMetric(float64(len(c.updates)), "updates")
		})
	}
}
