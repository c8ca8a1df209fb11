// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

func TestOutsideControllersAreReplayed(t *testing.T) {
	t.Parallel()
	const seconds = 6
	r := play(t, &recording.Slice{Events: call(seconds * 1000 * 1000 / 1200)}, outside(t, "answers"), "default")
	require.Empty(t, r.Controllers[0].Error)
	estimate := r.Timeline.Replayed[0].Estimate
	// It is asked at each feedback, and 25 ms after it was asked last: four times in a bin
	// at most.
	asked := estimate[len(estimate)-1] - 500_000
	require.GreaterOrEqual(t, asked, float64(seconds*20))
	require.LessOrEqual(t, asked, float64(seconds*60))
	require.Len(t, r.Timeline.Replayed[0].Probes, 1)
	require.Nil(t, r.Timeline.Replayed[0].Trend, "it tells nothing of its insides")
}

func TestAnOutsideControllerThatDiesIsLeftOut(t *testing.T) {
	t.Parallel()
	r := play(t, &recording.Slice{Events: call(5000)}, "default", outside(t, "dies"), "gcc")
	died := r.Controllers[1]
	require.Contains(t, died.Error, "out of cheese")
	require.Contains(t, died.Error, "ended instead of answering")
	require.Contains(t, strings.Join(r.Words(), "\n"), " failed, its figures are of the time before: ")
	require.Empty(t, r.Controllers[0].Error)
	require.Empty(t, r.Controllers[2].Error)
	estimate := r.Timeline.Replayed[1].Estimate
	require.False(t, math.IsNaN(estimate[0]))
	require.True(t, math.IsNaN(estimate[20]), "nothing is known after its end")
	require.False(t, math.IsNaN(r.Timeline.Replayed[0].Estimate[50]))
	for _, d := range r.Disagreements {
		for _, s := range append(d.High, d.Low...) {
			require.False(t, strings.HasPrefix(s.Controller, "exec:") && d.From > bwe.Time(2*time.Second))
		}
	}
}

func TestAnOutsideControllerThatNeverAnswersIsLeftOut(t *testing.T) {
	t.Parallel()
	events := append([]bwe.Event{&control.Started{Config: control.Config{BWE: bwe.Default(), RateControl: ratecontrol.Default()}}}, call(5000)...)
	alone := play(t, &recording.Slice{Events: events}, "default")
	r := play(t, &recording.Slice{Events: events}, "exec:exit 4", "default")
	require.Contains(t, r.Controllers[0].Error, "ended instead of answering")
	require.Equal(t, []string{"exec:exit 4", "-", "-"}, r.Rows()[0][:3])
	require.Len(t, r.Rows()[0], len(TableHead))
	require.Equal(t, alone.Controllers[0], r.Controllers[1], "the others go on as without it")
}

func TestControllersThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"only plays in a simulation": {Controllers: choices(t, "oracle")},
		"exec:exit 4":                {Controllers: choices(t, "exec:exit 4")},
		"in this order":              {Controllers: choices(t, "gcc"), Limits: netsim.Limits{Start: 10, Min: 20, Max: 30}},
	} {
		_, err := Run(context.Background(), &recording.Slice{Events: call(10)}, o)
		require.ErrorContains(t, err, name)
	}
}

// A recording that says nothing of the clock of its recorder is given one.
func TestControllersAreCalledForTimeAlone(t *testing.T) {
	t.Parallel()
	sent := &bwe.SentPacket{At: bwe.Time(time.Second), Size: 1200}
	// Feedback that is overdue makes an estimator blind.
	late := &bwe.Feedback{At: bwe.Time(20 * time.Second)}
	first := &bwe.Feedback{At: bwe.Time(1100 * time.Millisecond), Results: []bwe.PacketResult{{Received: true, ReceivedAt: 1}}}
	again := &bwe.SentPacket{At: first.At, Seq: 1, Size: 1200}
	r := play(t, &recording.Slice{Events: []bwe.Event{sent, first, again, late}}, "default")
	require.Contains(t, states(r.Timeline.Replayed[0]), bwe.StateBlind)
}

func states(t *timeline.Track) []bwe.State {
	var out []bwe.State
	for _, b := range t.States {
		out = append(out, b.State)
	}

	return out
}

func TestASilenceCostsLittle(t *testing.T) {
	t.Parallel()
	const almost = bwe.Time(timeline.MaxLength) - 1
	events := append(call(100), &bwe.SentPacket{At: almost, Seq: 100, Size: 1}, &bwe.Feedback{At: almost})
	r := play(t, &recording.Slice{Events: events}, outside(t, "answers"))
	require.Empty(t, r.Controllers[0].Error)
	// A minute of the silence is lived through, in steps of 25 ms.
	asked := r.Timeline.Replayed[0].Estimate[r.Timeline.Bins()-1] - 500_000
	require.InDelta(t, 60*40, asked, 20)
}

func TestControllersBeginAnewWithAConnection(t *testing.T) {
	t.Parallel()
	start := func(at time.Duration, rate bwe.Bitrate) *control.Started {
		s := &control.Started{At: bwe.Time(at), Config: control.Default()}
		s.Config.BWE.StartBitrate, s.Config.BWE.MinBitrate, s.Config.BWE.MaxBitrate = rate, rate/2, 2*rate

		return s
	}
	events := append([]bwe.Event{start(0, bwe.Mbps)}, call(1000)...)
	events = append(events, start(3*time.Second, 2*bwe.Mbps), &bwe.SentPacket{At: bwe.Time(3 * time.Second), Size: 100})
	r := play(t, &recording.Slice{Events: events}, "gcc", outside(t, "answers"))
	require.Equal(t, 2, r.Connections)
	require.Equal(t, Limits{Start: 2 * bwe.Mbps, Min: bwe.Mbps, Max: 4 * bwe.Mbps}, r.Limits)
	require.InDelta(t, 1e6, r.Timeline.Replayed[0].Estimate[0], 0)
	require.InDelta(t, 2e6, r.Timeline.Replayed[0].Estimate[30], 0)
	require.InDelta(t, 500_001, r.Timeline.Replayed[1].Estimate[30], 0, "a process of its own")

	given, err := Run(context.Background(), &recording.Slice{Events: events}, Options{
		Controllers: choices(t, "gcc"), Limits: netsim.Limits{Start: 1500 * bwe.Kbps}, Found: netsim.Limits{Max: 1},
	})
	require.NoError(t, err)
	require.Equal(t, Limits{Start: 1500 * bwe.Kbps, Min: bwe.Mbps, Max: 4 * bwe.Mbps}, given.Limits)
}

func TestAReplayEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	told := bwe.Time(-1)
	_, err := Run(ctx, &recording.Slice{Events: call(100_000)}, Options{
		Controllers: choices(t, "gcc"), Progress: func(at bwe.Time) { told = at; cancel() },
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Positive(t, told)
}

// broken fails in the midst.
type broken struct{ recording.Slice }

var errDisk = errors.New("the disk is gone")

func (*broken) Next() (bwe.Event, error) { return nil, errDisk }

func TestARecordingThatCannotBeRead(t *testing.T) {
	t.Parallel()
	_, err := Run(context.Background(), &broken{}, Options{Controllers: choices(t, "gcc")})
	require.ErrorIs(t, err, errDisk)
	_, err = FirstLimits(&broken{})
	require.ErrorIs(t, err, errDisk)
}

func TestAnEmptyRecording(t *testing.T) {
	t.Parallel()
	r := play(t, &recording.Slice{}, "default", "gcc")
	require.Zero(t, r.Duration)
	require.Nil(t, r.Controllers[0].Mean)
	require.Empty(t, r.Disagreements)
	text, err := json.Marshal(r)
	require.NoError(t, err, "no figure is unknown")
	require.Contains(t, string(text), `"controllers":[{"controller":"default"`)
}

// Whatever a recording holds, a replay ends, in order, with figures that JSON can say.
func TestMalformedEvents(t *testing.T) {
	t.Parallel()
	at := rapid.OneOf(rapid.Int64Range(0, int64(30*time.Second)), rapid.Int64())
	number := rapid.OneOf(rapid.Int64Range(0, 50), rapid.Int64())
	rapid.Check(t, func(t *rapid.T) {
		var events []bwe.Event
		for range rapid.IntRange(0, 60).Draw(t, "events") {
			at := bwe.Time(at.Draw(t, "at"))
			n := number.Draw(t, "n")
			rate := bwe.Bitrate(n)
			switch rapid.IntRange(0, 12).Draw(t, "kind") {
			case 0, 1:
				events = append(events, &bwe.SentPacket{At: at, Seq: n, Size: int(number.Draw(t, "size")), Kind: bwe.PacketKind(n), ProbeCluster: int(n)})
			case 2, 3:
				f := &bwe.Feedback{At: at}
				for range rapid.IntRange(0, 5).Draw(t, "results") {
					f.Results = append(f.Results, bwe.PacketResult{Seq: number.Draw(t, "seq"), Received: n%2 == 0, ReceivedAt: bwe.Time(number.Draw(t, "received"))})
				}
				events = append(events, f)
			case 4:
				events = append(events, &bwe.REMB{At: at, Bitrate: rate})
			case 5:
				events = append(events, &bwe.Timer{At: at})
			case 6:
				events = append(events, &bwe.Update{At: at, Estimate: max(rate, 0), Probes: []bwe.Probe{{ID: int(n), Bitrate: rate, MinPackets: int(n), MinDuration: time.Duration(n)}}})
			case 7:
				events = append(events, &recording.ProbeStarted{At: at, ID: int(n), Bitrate: rate, MinPackets: int(n), MinBytes: n})
			case 8:
				events = append(events, &recording.Capacity{At: at, Bitrate: max(rate, 0)})
			case 9:
				events = append(events, &control.Started{At: at, Config: control.Default()})
			case 10:
				events = append(events, &ratecontrol.Frame{At: at, Size: int(n)}, &ratecontrol.PacerState{At: at, Delay: time.Duration(n), Bytes: n})
			case 11:
				events = append(events, &ratecontrol.Share{At: at, Bitrate: rate}, &ratecontrol.Overhead{At: at})
			case 12:
				events = append(events, &recording.LossBased{At: at, Bitrate: max(rate, 0)}, &recording.Note{At: at, Name: "?"})
			}
		}
		if rapid.Bool().Draw(t, "sorted") {
			slices.SortStableFunc(events, func(a, b bwe.Event) int { return cmp.Compare(a.Time(), b.Time()) })
		}
		r := play(t, &recording.Slice{Events: events}, "default", "gcc", "default+rc")
		_, err := json.Marshal(r)
		require.NoError(t, err)
		require.NotEmpty(t, r.Rows())
	})
}

// A connection gives the same estimates whenever it begins, as it does live.
func TestConnectionsHaveClocksOfTheirOwn(t *testing.T) {
	t.Parallel()
	const later = 5 * time.Second
	var events []bwe.Event
	for _, from := range []bwe.Time{0, bwe.Time(later)} {
		events = append(events, &control.Started{At: from})
		heard := &bwe.Feedback{At: from.Add(70 * time.Millisecond)}
		for i := range int64(30) {
			at, seq := from.Add(time.Duration(i)*2*time.Millisecond), i+int64(from)
			events = append(events, &bwe.SentPacket{At: at, Seq: seq, Size: 1200})
			heard.Results = append(heard.Results, bwe.PacketResult{Seq: seq, Received: i%3 != 1, ReceivedAt: at})
		}
		events = append(events, heard, &bwe.Timer{At: from.Add(time.Second)})
	}
	r := play(t, &recording.Slice{Events: events}, "default", "default+rc", "gcc")
	require.Equal(t, 2, r.Connections)
	for _, track := range r.Timeline.Replayed {
		for bin := range int(time.Second / timeline.Bin) {
			require.InDelta(t, track.Estimate[bin], track.Estimate[bin+int(later/timeline.Bin)], 0, "%s at bin %d", track.Name, bin)
		}
	}
}
