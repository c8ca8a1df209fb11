// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// set has the owner change its own state.
func (r *rig) set(change func(*owner)) {
	r.s.post(func(in *inbox) { in.calls = append(in.calls, change) })
	synctest.Wait()
}

func TestRepeatsArriveInTimeOrNotAtAll(t *testing.T) {
	inBubble(t, func(c *Config) { fast(c); c.Protection.ReceiverBuffer = 300 * time.Millisecond }, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		r.write(w, info, 1, 900)
		r.write(w, info, 1, 900)
		synctest.Wait()
		time.Sleep(300 * time.Millisecond)
		r.hear(nack(videoSSRC, 0))
		require.Len(t, r.packets(), 3)
		time.Sleep(time.Millisecond)
		r.hear(nack(videoSSRC, 1))
		require.Len(t, r.packets(), 3)
		require.EqualValues(t, 1, r.s.Stats().NACKsTooLate)
		events := eventsOf[*NACKReceived](r)
		require.Equal(t, 1, events[1].TooLate)
	})
}

func TestDisposableFramesAreNotRepeatedOnAPoorPath(t *testing.T) {
	for _, poor := range []bool{true, false} {
		inBubble(t, fast, func(r *rig) {
			info := videoInfo()
			w := r.add(info)
			for i, class := range []ratecontrol.FrameClass{ratecontrol.FrameDisposable, ratecontrol.FrameReference, ratecontrol.FrameKey} {
				r.s.DescribeFrame(videoSSRC, uint32(i), class)
				r.write(w, info, uint32(i), 900)
			}
			r.write(w, info, 99, 900) // not described
			synctest.Wait()
			r.set(func(o *owner) { o.plan.Poor = poor })
			r.hear(nack(videoSSRC, 0, 1, 2, 3))
			var repeated []uint16
			for _, p := range r.packets()[4:] {
				repeated = append(repeated, binary.BigEndian.Uint16(p.payload))
			}
			want := []uint16{2, 1, 3}
			if !poor {
				want = append(want, 0)
			}
			require.Equal(t, want, repeated, "key frames first")
			require.Equal(t, !poor, r.s.Stats().NACKsDisposable == 0)
			require.Equal(t, !poor, eventsOf[*NACKReceived](r)[0].Disposable == 0)
		})
	}
}

// A short budget is kept for what is worth most.
func TestBudgetIsKeptForKeyFrames(t *testing.T) {
	for class, want := range map[ratecontrol.FrameClass]int{
		ratecontrol.FrameDisposable: 5, ratecontrol.FrameReference: 7, ratecontrol.FrameKey: 10,
	} {
		var b budget
		taken := 0
		// The bucket holds 10 packets.
		for b.take(0, 1000, 80*bwe.Kbps, time.Second, reserve(class)) {
			taken++
		}
		require.Equal(t, want, taken, "class %d", class)
		require.True(t, b.take(0, 1000, 80*bwe.Kbps, time.Second, 0) || class == ratecontrol.FrameKey, "what was kept is there for others")
		require.True(t, b.take(bwe.Time(time.Hour), 20000, 80*bwe.Kbps, time.Second, reserve(class)), "one packet, now and then")
	}
}

// Repeats of audio overtake video that waits.
func TestAudioIsRepeatedFirst(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		video, audio := videoInfo(), audioInfo()
		vw, aw := r.add(video), r.add(audio)
		r.write(aw, audio, 1, 100)
		for range 20 {
			r.write(vw, video, 1, 1000)
		}
		synctest.Wait()
		before := len(r.packets())
		require.Less(t, before, 21, "some wait")
		r.hear(nack(videoSSRC, 0))
		r.hear(nack(audioSSRC, 0))
		time.Sleep(time.Second)
		left := r.packets()[before:]
		require.EqualValues(t, audioSSRC, left[0].header.SSRC)
	})
}

func TestLateDescriptionsAndOldOnes(t *testing.T) {
	var m frameMarks
	require.Equal(t, ratecontrol.FrameReference, m.class(0))
	for i := range uint32(maxMarks + 1) {
		m.add(frameMark{timestamp: i, class: ratecontrol.FrameKey})
	}
	require.Equal(t, ratecontrol.FrameReference, m.class(0), "forgotten")
	require.Equal(t, ratecontrol.FrameKey, m.class(1))
	m.add(frameMark{timestamp: 5, class: ratecontrol.FrameDisposable})
	require.Equal(t, ratecontrol.FrameDisposable, m.class(5), "the newest counts")
}

// What FEC and headers take is taken off the target, and given back.
func TestOverheadIsMeasured(t *testing.T) {
	inBubble(t, steadyFEC, func(r *rig) {
		info := fecInfo()
		w := r.add(info)
		r.lossy(w, info)
		// Long enough for what smooths the target.
		for i := range 300 {
			r.frame(w, info, uint32(1000+i), 3)
			time.Sleep(33 * time.Millisecond)
		}
		told := eventsOf[*ratecontrol.Overhead](r)
		require.NotEmpty(t, told)
		require.InDelta(t, 0.25, told[len(told)-1].Share, 0.05)
		u := r.s.Stats()
		// What smooths the target may still hold a part of it.
		require.InDelta(t, (1-told[len(told)-1].Share)*float64(u.Estimate), float64(u.Target), 0.1*float64(u.Estimate))
	})
}

func TestOverheadMeter(t *testing.T) {
	at := func(n int) bwe.Time { return bwe.Time(n) * bwe.Time(overheadInterval) }
	var m overheadMeter
	require.False(t, m.measure(at(1), 0.05), "nothing was sent")
	m.add(bwe.PacketVideo, 1000, 980)
	m.add(bwe.PacketPadding, 1000000, 999000)
	require.False(t, m.measure(at(1)-1, 0.05), "too soon")
	require.False(t, m.measure(at(1), 0.05), "less than is set aside")
	require.InDelta(t, 0.02, m.share, 1e-9)
	for i := 2; i < 30; i++ {
		m.add(bwe.PacketVideo, 1000, 980)
		m.add(bwe.PacketFEC, 1000, 980)
		m.measure(at(i), 0.05)
	}
	require.InDelta(t, 0.51, m.told, overheadStep)
	for i := 30; i < 60; i++ {
		m.add(bwe.PacketVideo, 1000, 980)
		m.measure(at(i), 0.05)
	}
	require.Less(t, m.told, 0.05+overheadStep)
}
