// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func TestLimitsAreCombined(t *testing.T) {
	t.Parallel()
	const k = bwe.Kbps
	for name, tc := range map[string]struct{ given, found, want netsim.Limits }{
		"nothing":          {netsim.Limits{}, netsim.Limits{}, DefaultLimits},
		"found":            {netsim.Limits{}, netsim.Limits{Start: 500 * k, Min: 100 * k, Max: 900 * k}, netsim.Limits{Start: 500 * k, Min: 100 * k, Max: 900 * k}},
		"given first":      {netsim.Limits{Start: 400 * k}, netsim.Limits{Start: 500 * k, Min: 100 * k, Max: 900 * k}, netsim.Limits{Start: 400 * k, Min: 100 * k, Max: 900 * k}},
		"a low maximum":    {netsim.Limits{Max: 20 * k}, netsim.Limits{}, netsim.Limits{Start: 20 * k, Min: 20 * k, Max: 20 * k}},
		"a high minimum":   {netsim.Limits{Min: 800 * k}, netsim.Limits{}, netsim.Limits{Start: 800 * k, Min: 800 * k, Max: 20_000 * k}},
		"a low start":      {netsim.Limits{Start: 10 * k}, netsim.Limits{}, netsim.Limits{Start: 10 * k, Min: 10 * k, Max: 20_000 * k}},
		"a high start":     {netsim.Limits{Start: 50_000 * k}, netsim.Limits{}, netsim.Limits{Start: 50_000 * k, Min: 30 * k, Max: 50_000 * k}},
		"a start too high": {netsim.Limits{Max: 200 * k}, netsim.Limits{Start: 500 * k}, netsim.Limits{Start: 200 * k, Min: 30 * k, Max: 200 * k}},
	} {
		require.Equal(t, tc.want, combine(tc.given, tc.found), name)
	}
}

func TestFirstLimits(t *testing.T) {
	t.Parallel()
	start := &control.Started{Config: control.Default()}
	start.Config.BWE.StartBitrate, start.Config.BWE.MinBitrate, start.Config.BWE.MaxBitrate = 5, 4, 6
	sent := &bwe.SentPacket{}
	for name, tc := range map[string]struct {
		events []bwe.Event
		want   netsim.Limits
	}{
		"nothing":     {nil, netsim.Limits{}},
		"no decision": {[]bwe.Event{sent, &bwe.Feedback{}}, netsim.Limits{}},
		"an own one":  {[]bwe.Event{start, &bwe.Update{Estimate: 9}}, netsim.Limits{Start: 5, Min: 4, Max: 6}},
		"an update":   {[]bwe.Event{sent, &bwe.Update{Estimate: 9}, start}, netsim.Limits{Start: 9}},
		"by delay":    {[]bwe.Event{&recording.DelayBased{Bitrate: 7}}, netsim.Limits{Start: 7}},
		"by loss":     {[]bwe.Event{&recording.LossBased{Bitrate: 8}}, netsim.Limits{Start: 8}},
	} {
		got, err := FirstLimits(&recording.Slice{Events: tc.events})
		require.NoError(t, err)
		require.Equal(t, tc.want, got, name)
	}
}

func TestProbesOfTheRecorderAnswerThoseThatWereAskedFor(t *testing.T) {
	t.Parallel()
	var o ownProbes
	require.Zero(t, o.answer(bwe.Mbps, 0), "none was asked for")
	o.ask(bwe.Probe{ID: 1, Bitrate: 900 * bwe.Kbps}, 0)
	o.ask(bwe.Probe{ID: 2, Bitrate: 1000 * bwe.Kbps}, 0)
	require.Zero(t, o.answer(1300*bwe.Kbps, 1), "too high")
	require.Zero(t, o.answer(700*bwe.Kbps, 1), "too low")
	require.Zero(t, o.answer(0, 1))
	require.Equal(t, 1, o.answer(905*bwe.Kbps, 1), "the closest")
	require.Equal(t, 2, o.answer(905*bwe.Kbps, 1), "each only once")
	require.Zero(t, o.answer(905*bwe.Kbps, 1))
	o.ask(bwe.Probe{ID: 3, Bitrate: bwe.Mbps}, 0)
	require.Zero(t, o.answer(bwe.Mbps, bwe.Time(0).Add(answerable+1)), "too late")
	require.Equal(t, 3, o.answer(bwe.Mbps, bwe.Time(0).Add(answerable)))

	o.link(70, 1)
	o.link(71, 2)
	require.Equal(t, 1, o.of(70))
	require.Equal(t, 2, o.of(71))
	require.Zero(t, o.of(72))
	require.Zero(t, o.of(0))
	o.link(70, 5)
	require.Equal(t, 5, o.of(70), "the newest of a number that is used again")
	for range mostKept {
		o.link(90, 9)
	}
	require.Zero(t, o.of(70), "forgotten")
}

// A controller that asked for nothing learns from the recorder's probes all the same.
func TestProbesOfTheRecorderAreAdopted(t *testing.T) {
	t.Parallel()
	const rate = 5 * bwe.Mbps
	var events []bwe.Event
	seq := int64(0)
	send := func(at bwe.Time, cluster int) {
		events = append(events, &bwe.SentPacket{At: at, Seq: seq, Size: 1200, ProbeCluster: cluster})
		seq++
	}
	events = append(events, &recording.ProbeStarted{At: 0, ID: 41, Bitrate: rate, MinPackets: 5, MinBytes: rate.Bytes(15 * time.Millisecond)})
	f := &bwe.Feedback{At: bwe.Time(100 * time.Millisecond)}
	for i := range int64(20) {
		at := bwe.Time(i) * bwe.Time(rate.TimeFor(1200))
		send(at, 41)
		f.Results = append(f.Results, bwe.PacketResult{Seq: i, Received: true, ReceivedAt: at.Add(20 * time.Millisecond)})
	}
	events = append(events, f)
	estimate := func(events []bwe.Event) float64 {
		r := play(t, &recording.Slice{Events: events}, "gcc")
		e := r.Timeline.Replayed[0].Estimate

		return e[len(e)-1]
	}
	require.InEpsilon(t, float64(rate), estimate(events), 0.1)
	require.Less(t, estimate(events[1:]), 1e6, "nobody knows of the probe")
}
