// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestDeliveryAsksForWhatIsMissing(t *testing.T) {
	d := newDelivery(testPlayer())
	d.offer(0, false, framePending)
	for range 4 {
		d.packet(1000)
	}
	require.True(t, d.frames[0].key, "the first frame is one to begin with")
	d.arrived(at(10*time.Millisecond), 0)
	require.Empty(t, d.missing(at(10*time.Millisecond), 0, nil), "nothing behind it came")
	d.arrived(at(20*time.Millisecond), 3)
	require.Empty(t, d.missing(at(20*time.Millisecond), 0, nil), "it may have been overtaken")
	require.Empty(t, d.missing(at(20*time.Millisecond+reordering-1), 0, nil))
	require.Equal(t, []int64{1, 2}, d.missing(at(20*time.Millisecond+reordering), 100*time.Millisecond, nil))
	require.Empty(t, d.missing(at(189*time.Millisecond), 100*time.Millisecond, nil), "the answer is on its way")
	require.Equal(t, []int64{1, 2}, d.missing(at(190*time.Millisecond), 100*time.Millisecond, nil))
	d.arrived(at(200*time.Millisecond), 1)
	d.arrived(at(201*time.Millisecond), 1)
	require.Equal(t, 1, d.frames[0].missing, "a duplicate counts once")
	d.arrived(at(210*time.Millisecond), 2)
	require.Equal(t, frameArrived, d.frames[0].fate)
	require.Equal(t, at(210*time.Millisecond), d.frames[0].settled)
	d.settle(at(210 * time.Millisecond))
	require.Zero(t, d.packets.len())
	require.False(t, d.wantsKey())
	d.arrived(at(220*time.Millisecond), 2)
}

func TestDeliveryGivesUpAfterTheBuffer(t *testing.T) {
	d := newDelivery(testPlayer())
	for i := range 3 {
		d.offer(at(time.Duration(i)*tick), i == 0, framePending)
		d.packet(1000)
	}
	d.arrived(0, 0)
	d.arrived(0, 2)
	d.missing(0, 0, nil)
	d.settle(at(2*time.Second - 1))
	require.Equal(t, framePending, d.frames[1].fate)
	d.settle(at(2 * time.Second))
	require.Equal(t, frameLost, d.frames[1].fate)
	require.Equal(t, at(2*time.Second), d.frames[1].settled)
	require.True(t, d.wantsKey())
	d.arrived(at(3*time.Second), 1)
	require.Equal(t, frameLost, d.frames[1].fate, "too late")
	d.offer(at(3*time.Second), false, framePending)
	require.True(t, d.wantsKey())
	d.offer(at(3*time.Second), true, frameDropped)
	require.True(t, d.wantsKey(), "that one was not sent")
	d.offer(at(3*time.Second), true, framePending)
	require.False(t, d.wantsKey())
}

func TestRetransmissionKeepsThePictureMoving(t *testing.T) {
	s := selected(t, "loss-10-capped")
	r := play(t, s, 1, "oracle")
	require.InDelta(t, 0.1, float64(r.Flows[0].PacketsRepeated)/float64(r.Flows[0].PacketsSent), 0.015)
	require.Zero(t, r.Flows[0].Player.Still)
	require.Zero(t, r.Flows[0].Player.Lost)
	require.InEpsilon(t, 1.8e6, float64(r.Delivered), 0.01, "as much arrives as the source makes")
	s.Flows[0].Player.NoRetransmission = true
	r = play(t, s, 1, "oracle")
	require.Zero(t, r.Flows[0].PacketsRepeated)
	require.Greater(t, r.Flows[0].Player.Still, 0.5)
}

func TestRetransmissionsAreTakenOffTheEncodersShare(t *testing.T) {
	s := selected(t, "loss-10")
	r := play(t, s, 1, "fixed:2Mbps")
	sent := float64(r.Flows[0].BytesSent) * 8 / s.Duration.Std().Seconds()
	require.InEpsilon(t, 2e6, sent, 0.02)
	require.Greater(t, r.Flows[0].RepeatedBytes, r.Flows[0].BytesSent/12)
}

func TestALadderIsFilledBesideRetransmissions(t *testing.T) {
	r := play(t, selected(t, "live-weak-10"), 1, "default")
	flow := &r.Series.Flows[0]
	require.Equal(t, 1833*bwe.Kbps, meanRate(flow.Encoder[100:]))
	require.InEpsilon(t, 1833e3, float64(meanRate(flow.Video[100:])), 0.02)
	require.Zero(t, r.Flows[0].Player.Still)
}

// Frames and the bytes of their packets are conserved over any path, with the rate
// controller and without.
func TestFramesAreConserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &Scenario{
			Name: "random", Duration: Duration(rapid.Int64Range(int64(second), int64(10*second)).Draw(t, "duration")),
			Forward: []Link{{
				Capacity: Constant(Rate(rapid.Int64Range(100_000, 4_000_000).Draw(t, "rate"))), Delay: 30 * millisecond,
				Loss:    &Loss{Rate: rapid.Float64Range(0, 0.4).Draw(t, "loss"), Burst: 3},
				Outages: []Window{{From: 500 * millisecond, To: Duration(rapid.Int64Range(int64(600*millisecond), int64(4*second)).Draw(t, "outage"))}},
			}},
			Flows: []Flow{{
				Source: Source{Model: SourceRFC8593, KeyInterval: 2 * second, Audio: 64 * kbps, Tiers: ladder720()},
				Player: Player{Buffer: Duration(rapid.Int64Range(int64(50*millisecond), int64(3*second)).Draw(t, "buffer"))},
			}},
		}
		require.NoError(t, s.Validate())
		choice, err := ParseChoice(rapid.SampledFrom([]string{"default", "default+rc", "gcc"}).Draw(t, "flow"))
		require.NoError(t, err)
		run := &simulation{scenario: s.withDefaults()}
		require.NoError(t, run.build(Options{Flows: []Choice{choice}, Seed: rapid.Uint64().Draw(t, "seed")}))
		require.NoError(t, run.play(context.Background()))

		f := run.senders[0]
		inQueue := int64(0)
		for _, queue := range []*ring[waiting]{&f.pacer.queue, &f.pacer.repeats} {
			for i := range queue.len() {
				inQueue += int64(queue.at(i).size)
			}
		}
		require.Equal(t, inQueue, f.pacer.bytes)
		r := run.result(Options{Flows: []Choice{choice}}).Flows[0]
		p := r.Player
		require.Equal(t, int(r.Frames), p.Shown+p.Skipped+p.Dropped+p.Lost+p.Unplayed)
		require.Equal(t, int(r.FramesSkipped), p.Skipped+p.Dropped)
		require.InDelta(t, s.Duration.Std().Seconds(), p.Startup+p.Played+p.StallTime, 1e-6)
		for i := range f.delivery.frames {
			frame := &f.delivery.frames[i]
			require.Equal(t, frame.fate == framePending, frame.settled == bwe.Never)
			if frame.fate == frameArrived {
				require.Zero(t, frame.missing)
			}
		}
	})
}
