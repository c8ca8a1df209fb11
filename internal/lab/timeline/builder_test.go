// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package timeline

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

const ms = bwe.Time(time.Millisecond)

func build(events ...bwe.Event) *Timeline {
	b := NewBuilder("recorder")
	for _, e := range events {
		b.Observe(e)
	}

	return b.Build()
}

func sent(seq int64, at bwe.Time) *bwe.SentPacket {
	return &bwe.SentPacket{At: at, Seq: seq, Size: 1250}
}

func feedback(at bwe.Time, results ...bwe.PacketResult) *bwe.Feedback {
	return &bwe.Feedback{At: at, Results: results}
}

func arrived(seq int64, at bwe.Time) bwe.PacketResult {
	return bwe.PacketResult{Seq: seq, Received: true, ReceivedAt: at}
}

func missing(seq int64) bwe.PacketResult { return bwe.PacketResult{Seq: seq} }

func TestPacketsFallIntoTheirBins(t *testing.T) {
	// The receiver's clock is an hour ahead; the third packet waits 120 ms longer.
	hour := bwe.Time(time.Hour)
	got := build(
		sent(1, 10*ms), sent(2, 99*ms), sent(3, 100*ms), sent(4, 150*ms),
		&bwe.SentPacket{At: 160 * ms, Seq: 5, Size: 125, Kind: bwe.PacketPadding},
		feedback(320*ms, arrived(1, hour+40*ms), arrived(2, hour+129*ms), arrived(3, hour+250*ms), missing(4)),
	)
	require.Equal(t, 4, got.Bins())
	require.Equal(t, Signal{200_000, 210_000, 0, 0}, got.Sent)
	require.Equal(t, Signal{200_000, 200_000, 0, 0}, got.Media)
	require.Equal(t, Signal{200_000, 0, 100_000, 0}, got.Received)
	require.InDelta(t, 0, got.Delay[0], 1e-9)
	require.InDelta(t, 0.12, got.Delay[1], 1e-9)
	require.True(t, math.IsNaN(got.Delay[2]))
	require.Zero(t, got.Loss[0])
	require.InDelta(t, 0.5, got.Loss[1], 1e-9)
	require.InDelta(t, 0.22, got.RTT[3], 1e-9, "since the departure of the newest that arrived")
	require.InDelta(t, 0.31, got.Silence[3], 1e-9, "since the first packet")
	require.Equal(t, Totals{
		PacketsSent: 5, BytesSent: 5125, BytesPadding: 125, PacketsReceived: 3, BytesReceived: 3750, PacketsLost: 1, PacketsUnreported: 1, Feedbacks: 1,
		Jitter: got.Totals.Jitter,
	}, got.Totals)
	require.InDelta(t, 0.06, *got.Totals.Jitter, 1e-9, "no difference, then 120 ms")
}

func TestArrivalOverridesLoss(t *testing.T) {
	got := build(sent(1, 0), feedback(50*ms, missing(1)), feedback(90*ms, arrived(1, 60*ms)), feedback(95*ms, arrived(1, 70*ms), missing(1)))
	require.EqualValues(t, 1, got.Totals.PacketsReceived)
	require.Zero(t, got.Totals.PacketsLost)
	require.EqualValues(t, 1, got.Totals.ReceivedLate)
	require.EqualValues(t, 2, got.Totals.ResultsRepeated)
	require.Zero(t, got.Loss[0])
}

func TestFeedbackForWhatWasNeverSentIsCounted(t *testing.T) {
	got := build(feedback(10*ms, arrived(7, 5*ms), missing(8)), sent(7, 20*ms), feedback(30*ms, arrived(7+flightPackets, 25*ms)))
	require.EqualValues(t, 3, got.Totals.ResultsUnknown)
	require.EqualValues(t, 1, got.Totals.PacketsUnreported)
}

func TestConnectionsDoNotMix(t *testing.T) {
	got := build(
		sent(1, 0), sent(2, 1*ms), feedback(40*ms, arrived(1, 1000*ms)), &control.Started{At: 100 * ms},
		sent(2, 110*ms), feedback(150*ms, arrived(2, 5*ms)),
	)
	require.EqualValues(t, 1, got.Totals.PacketsUnreported, "the first connection's second packet")
	require.Zero(t, got.Delay[1], "the receiver's clock began anew")
}

func TestLeastDelayIsForgotten(t *testing.T) {
	b := NewBuilder("")
	second := bwe.Time(time.Second)
	for i := range int64(200) {
		// The path gets longer by 50 ms after 20 s, for good.
		transit := 30 * ms
		if i >= 20 {
			transit = 80 * ms
		}
		at := bwe.Time(i) * second
		b.Observe(sent(i+1, at))
		b.Observe(feedback(at+100*ms, arrived(i+1, at+transit)))
	}
	delay := b.Build().Delay
	require.Zero(t, delay[190])
	require.InDelta(t, 0.05, delay[780], 1e-9, "59 s after the last fast one")
	require.Zero(t, delay[790], "a minute after it")
}

func TestRecordedDecisions(t *testing.T) {
	got := build(
		&recording.Capacity{At: 0, Bitrate: 5 * bwe.Mbps},
		&recording.DelayBased{At: 10 * ms, Bitrate: 2 * bwe.Mbps},
		&recording.LossBased{At: 120 * ms, Bitrate: bwe.Mbps},
		&recording.DelayBased{At: 220 * ms, Bitrate: 3 * bwe.Mbps, State: bwe.StateOveruse},
		&recording.DelayBased{At: 320 * ms, Bitrate: 800 * bwe.Kbps},
		&recording.ProbeStarted{At: 330 * ms, ID: 4, Bitrate: 6 * bwe.Mbps},
		&recording.ProbeEnded{At: 390 * ms, ID: 4, Bitrate: 4 * bwe.Mbps},
		&ratecontrol.Decision{At: 410 * ms, Target: 700 * bwe.Kbps, Limit: ratecontrol.LimitTier},
		&ratecontrol.Decision{At: 510 * ms, Target: 600 * bwe.Kbps, Limit: ratecontrol.LimitPath},
		&recording.Capacity{At: 550 * ms, Bitrate: bwe.Mbps},
	)
	r := got.Recorded
	require.NotNil(t, r)
	require.Equal(t, Signal{5e6, 5e6, 5e6, 5e6, 5e6, 1e6}, got.Capacity)
	require.Equal(t, Signal{2e6, 1e6, 1e6, 8e5, 8e5, 8e5}, r.Estimate, "the lower of the two")
	require.Equal(t, Signal{2e6, 2e6, 3e6, 8e5, 8e5, 8e5}, r.DelayBased)
	require.True(t, math.IsNaN(r.Ceiling[3]) && math.IsNaN(r.Ceiling[5]))
	require.InDelta(t, 7e5, r.Ceiling[4], 0)
	require.Equal(t, []Band{{From: 220 * ms, To: 320 * ms, State: bwe.StateOveruse}}, r.States)
	require.Equal(t, []Probe{{At: 330 * ms, ID: 4, Asked: 6 * bwe.Mbps, Result: 4 * bwe.Mbps, EndedAt: 390 * ms}}, r.Probes)
	require.Nil(t, r.Queue)
}

func TestBandsThatDoNotEndLastToTheEnd(t *testing.T) {
	b := NewBuilder("")
	track := b.Track("other")
	track.OnUpdate(&bwe.Update{At: 30 * ms, Estimate: bwe.Mbps, State: bwe.StateOveruse, Swing: bwe.Swing{Period: time.Second}})
	b.Observe(sent(1, 250*ms))
	got := b.Build()
	require.Nil(t, got.Recorded, "nothing was recorded of any controller")
	require.Equal(t, []Band{{From: 30 * ms, To: 300 * ms, State: bwe.StateOveruse}}, got.Replayed[0].States)
	require.Equal(t, []Band{{From: 30 * ms, To: 300 * ms}}, got.Replayed[0].Swings)
	require.Equal(t, Signal{1e6, 1e6, 1e6}, got.Replayed[0].Estimate)
}

func TestMarksOfABinAreCounted(t *testing.T) {
	drop := func(at bwe.Time) *ratecontrol.Verdict {
		return &ratecontrol.Verdict{At: at, Drop: ratecontrol.DropDisposable}
	}
	got := build(
		drop(10*ms), &recording.Note{At: 20 * ms, Name: "reconnect"}, drop(30*ms), &ratecontrol.Verdict{At: 40 * ms}, drop(110*ms),
		&recording.Note{At: 120 * ms, Name: "no mark"}, &recording.Freeze{At: 500 * ms, Since: 200 * ms},
	)
	require.Equal(t, []Mark{
		{At: 10 * ms, Kind: FrameDrop, Count: 2},
		{At: 20 * ms, Kind: Reconnect, Count: 1},
		{At: 110 * ms, Kind: FrameDrop, Count: 1},
		{At: 200 * ms, To: 500 * ms, Kind: Freeze, Count: 1},
	}, got.Marks)
	require.True(t, got.FrameDropsKnown)
	require.True(t, got.FreezesKnown)

	without := build(sent(1, 0), feedback(50*ms, arrived(1, 40*ms)))
	require.False(t, without.FrameDropsKnown, "nobody says of any frame whether it was dropped")
	require.False(t, without.FreezesKnown)
	require.Nil(t, without.Totals.Jitter, "one packet has none")
	require.True(t, build(&ratecontrol.Verdict{At: ms}).FrameDropsKnown, "a frame that was kept")
}

func TestTimesOutOfRangeAreLeftOut(t *testing.T) {
	b := NewBuilder("")
	b.Observe(sent(1, -1))
	b.Observe(sent(2, bwe.Time(MaxLength)))
	b.Observe(sent(3, bwe.Time(MaxLength)-1))
	got := b.Build()
	require.EqualValues(t, 2, got.Ignored)
	require.EqualValues(t, 1, got.Totals.PacketsSent)
	require.Equal(t, MaxLength, got.Duration())
}

func TestWhatWasSentIsAccountedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := NewBuilder("")
		var now bwe.Time
		seq := int64(0)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now += bwe.Time(rapid.IntRange(0, 300).Draw(t, "step")) * ms
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				f := &bwe.Feedback{At: now}
				for range rapid.IntRange(0, 8).Draw(t, "results") {
					f.Results = append(f.Results, bwe.PacketResult{
						Seq: rapid.Int64Range(-2, seq+2).Draw(t, "seq"), Received: rapid.Bool().Draw(t, "received"),
						ReceivedAt: bwe.Time(rapid.Int64().Draw(t, "at") / 4),
					})
				}
				b.Observe(f)
			default:
				seq++
				b.Observe(&bwe.SentPacket{At: now, Seq: seq, Size: rapid.IntRange(0, 1500).Draw(t, "size"), Kind: bwe.PacketKind(rapid.IntRange(0, 4).Draw(t, "kind"))})
			}
		}
		got := b.Build()
		totals := got.Totals
		require.Equal(t, totals.PacketsSent, totals.PacketsReceived+totals.PacketsLost+totals.PacketsUnreported)
		var bytes float64
		for _, v := range got.Sent {
			bytes += v / 8 * Bin.Seconds()
		}
		require.InDelta(t, float64(totals.BytesSent), bytes, 0.01)
		for i, v := range got.Loss {
			require.False(t, v < 0 || v > 1, "bin %d: %v", i, v)
			if delay := got.Delay[i]; !math.IsNaN(delay) {
				require.GreaterOrEqual(t, delay, 0.0, "bin %d", i)
			}
		}
	})
}

func TestPacketsCostNoMemory(t *testing.T) {
	b := NewBuilder("")
	p, f := sent(0, 0), feedback(0, arrived(0, 0))
	step := func() {
		p.Seq++
		b.Observe(p)
		f.Results[0].Seq = p.Seq
		b.Observe(f)
	}
	step()
	require.Zero(t, testing.AllocsPerRun(1000, step))
}

func BenchmarkBuilder(b *testing.B) {
	builder := NewBuilder("")
	const perFeedback = 25
	f := &bwe.Feedback{Results: make([]bwe.PacketResult, perFeedback)}
	p := &bwe.SentPacket{Size: 1200}
	b.ReportAllocs()
	for i := range b.N {
		p.Seq, p.At = int64(i), bwe.Time(i)*ms/2
		builder.Observe(p)
		f.Results[i%perFeedback] = arrived(p.Seq, p.At+20*ms)
		if i%perFeedback == perFeedback-1 {
			f.At = p.At
			builder.Observe(f)
		}
	}
}
