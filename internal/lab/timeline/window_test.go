// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package timeline

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// second is a second of a recording.
const second = 1000 * ms

// buildWindow is build for a window of what is observed.
func buildWindow(w Window, events ...bwe.Event) *Timeline {
	b := NewBuilder("recorder")
	b.Window(w)
	for _, ev := range events {
		b.Observe(ev)
	}

	return b.Build()
}

func TestWindowsAreValidated(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		window Window
		want   string
	}{
		{Window{}, ""},
		{Window{From: time.Second}, ""},
		{Window{To: time.Second}, ""},
		{Window{From: time.Second - 1, To: time.Second}, ""},
		{Window{From: time.Second, To: time.Second}, "holds nothing"},
		{Window{From: 2 * time.Second, To: time.Second}, "holds nothing"},
		{Window{From: -1}, "not negative"},
		{Window{To: -1}, "not negative"},
	} {
		if err := tc.window.Validate(); tc.want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, tc.want)
		}
	}
}

func TestWindowHoldsWhatIsOfIts(t *testing.T) {
	t.Parallel()
	got := buildWindow(Window{From: 2 * time.Second, To: 4 * time.Second},
		&recording.Capacity{At: 0, Bitrate: bwe.Mbps},
		&bwe.Update{At: second, Estimate: bwe.Mbps, State: bwe.StateOveruse},
		sent(1, 2*second-1), sent(2, 2*second), sent(3, 4*second-1), sent(4, 4*second),
		&ratecontrol.Verdict{At: second, Drop: "age"}, &ratecontrol.Verdict{At: 3 * second, Drop: "age"},
		&recording.Freeze{Since: second, At: 3 * second},
		&bwe.Update{At: 3 * second, Estimate: 2 * bwe.Mbps, Probes: []bwe.Probe{{ID: 1, Bitrate: bwe.Mbps}}},
		feedback(4*second+100*ms, arrived(1, 0), arrived(2, 0), missing(3), arrived(4, 0)),
		&bwe.Update{At: 5 * second, Estimate: 3 * bwe.Mbps, State: bwe.StateOveruse},
	)
	require.NoError(t, got.CheckWindow())
	require.Equal(t, 20, got.Bins())
	require.Equal(t, 2*second, got.Start)
	require.Equal(t, "0:02.0 to 0:04.0", got.Window.String())
	require.Equal(t, 5100*time.Millisecond, got.Recording)
	require.EqualValues(t, 2, got.Totals.PacketsSent)
	require.EqualValues(t, 1, got.Totals.PacketsReceived, "feedback on what was sent in it may come later")
	require.EqualValues(t, 1, got.Totals.PacketsLost)
	require.Zero(t, got.Totals.Feedbacks)
	require.InDelta(t, 1e6, got.Capacity[0], 0, "what was known before goes on")
	require.InDelta(t, 1e6, got.Recorded.Estimate[0], 0)
	require.InDelta(t, 2e6, got.Recorded.Estimate[19], 0)
	require.Equal(t, []Band{{From: 2 * second, To: 3 * second, State: bwe.StateOveruse}}, got.Recorded.States)
	require.Len(t, got.Recorded.Probes, 1)
	require.Equal(t, []Mark{
		{At: 3 * second, Kind: FrameDrop, Count: 1}, {At: 2 * second, To: 3 * second, Kind: Freeze, Count: 1},
	}, got.Marks)
	require.Nil(t, got.Recorded.Target, "what there is not stays unknown")
}

func TestWindowIsOfWholeBins(t *testing.T) {
	t.Parallel()
	events := []bwe.Event{sent(1, 0), sent(2, 250*ms), sent(3, 1000*ms)}
	for _, tc := range []struct {
		window Window
		want   string
		bins   int
	}{
		{Window{From: 299 * time.Millisecond, To: 301 * time.Millisecond}, "0:00.2 to 0:00.4", 2},
		{Window{From: 300 * time.Millisecond, To: 400 * time.Millisecond}, "0:00.3 to 0:00.4", 1},
		{Window{To: 100 * time.Millisecond}, "0:00.0 to 0:00.1", 1},
		{Window{From: 500 * time.Millisecond}, "0:00.5 to 0:01.1", 6},
		{Window{From: 500 * time.Millisecond, To: time.Hour}, "0:00.5 to 0:01.1", 6},
	} {
		got := buildWindow(tc.window, events...)
		require.Equal(t, tc.want, got.Window.String())
		require.Equal(t, tc.bins, got.Bins())
	}
	require.Empty(t, build(events...).Window.String())
	require.Equal(t, "61:01.5", Clock(3661.5))
}

func TestWindowsBeyondTheEnd(t *testing.T) {
	t.Parallel()
	events := []bwe.Event{sent(1, 0), sent(2, 64_950*ms)}
	require.NoError(t, buildWindow(Window{From: 64*time.Second + 999*time.Millisecond}, events...).CheckWindow())
	got := buildWindow(Window{From: 65 * time.Second, To: 70 * time.Second}, events...)
	require.ErrorIs(t, got.CheckWindow(), ErrBeyondEnd)
	require.ErrorContains(t, got.CheckWindow(), "it begins at 1:05.0, and the recording is 1:05.0 long (65.0 s)")
	require.Zero(t, got.Totals.PacketsSent)
	require.NoError(t, buildWindow(Window{From: time.Second}).CheckWindow(), "of an empty recording something else is to be said")
}

func TestWindowsAddUpToTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var events []bwe.Event
		var now bwe.Time
		seq := int64(0)
		for range rapid.IntRange(2, 100).Draw(t, "steps") {
			now += bwe.Time(rapid.IntRange(0, 300).Draw(t, "step")) * ms
			if rapid.Bool().Draw(t, "sent") || seq == 0 {
				// Numbers that come again push out what nothing was reported of.
				seq += rapid.SampledFrom([]int64{1, 2, flightPackets}).Draw(t, "further")
				events = append(events, sent(seq, now))

				continue
			}
			f := feedback(now)
			for range rapid.IntRange(0, 4).Draw(t, "results") {
				f.Results = append(f.Results, bwe.PacketResult{
					Seq: rapid.Int64Range(seq-4, seq+1).Draw(t, "seq"), Received: rapid.Bool().Draw(t, "received"), ReceivedAt: now,
				})
			}
			events = append(events, f)
		}
		whole := build(events...)
		middle := time.Duration(rapid.IntRange(1, whole.Bins()).Draw(t, "middle")) * Bin
		first, second := buildWindow(Window{To: middle}, events...), buildWindow(Window{From: middle}, events...)
		require.Equal(t, whole.Bins(), first.Bins()+second.Bins())
		sum := first.Totals
		for _, add := range []struct{ to, from *int64 }{
			{&sum.PacketsSent, &second.Totals.PacketsSent}, {&sum.BytesSent, &second.Totals.BytesSent},
			{&sum.PacketsReceived, &second.Totals.PacketsReceived}, {&sum.BytesReceived, &second.Totals.BytesReceived},
			{&sum.PacketsLost, &second.Totals.PacketsLost}, {&sum.PacketsUnreported, &second.Totals.PacketsUnreported},
			{&sum.Feedbacks, &second.Totals.Feedbacks}, {&sum.ResultsUnknown, &second.Totals.ResultsUnknown},
			{&sum.ResultsRepeated, &second.Totals.ResultsRepeated}, {&sum.ReceivedLate, &second.Totals.ReceivedLate},
			{&sum.Reordered, &second.Totals.Reordered},
		} {
			*add.to += *add.from
		}
		sum.Jitter = whole.Totals.Jitter
		require.Equal(t, whole.Totals, sum)
		require.Equal(t, first.Totals.PacketsSent, first.Totals.PacketsReceived+first.Totals.PacketsLost+first.Totals.PacketsUnreported)
	})
}
