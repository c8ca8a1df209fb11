// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPacketsLeaveWholeAndStamped(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		header := &rtp.Header{
			Version: 2, Marker: true, SSRC: videoSSRC, PayloadType: 96, SequenceNumber: 7, Timestamp: 9,
			CSRC: []uint32{1, 2},
		}
		require.NoError(t, header.SetExtension(3, []byte{0xaa, 0xbb, 0xcc}))
		payload := []byte{1, 2, 3, 4, 5}
		_, err := w.Write(header, payload, nil)
		require.NoError(t, err)
		// The caller may reuse what it wrote.
		payload[0], header.SequenceNumber = 99, 99
		header.GetExtension(3)[0] = 0
		synctest.Wait()

		left := r.packets()
		require.Len(t, left, 1)
		h := left[0].header
		require.Equal(t, []byte{1, 2, 3, 4, 5}, left[0].payload)
		require.Equal(t, []uint32{1, 2}, h.CSRC)
		require.Equal(t, []byte{0xaa, 0xbb, 0xcc}, h.GetExtension(3))
		require.True(t, h.Marker)
		require.Equal(t, uint16(7), h.SequenceNumber)
		require.Equal(t, firstTransportSeq, left[0].stamp)
		require.Nil(t, header.GetExtension(stampID), "the caller's header is left alone")
	})
}

func TestPacketSizes(t *testing.T) {
	for _, size := range []int{0, 1, 255, 1460, 1461, 9000, 65000} {
		inBubble(t, fast, func(r *rig) {
			info := videoInfo()
			w := r.add(info)
			seq := r.seq[info.SSRC]
			h := &rtp.Header{Version: 2, SSRC: videoSSRC, PayloadType: 96, SequenceNumber: seq}
			_, err := w.Write(h, make([]byte, size), nil)
			require.NoError(t, err)
			time.Sleep(time.Second)
			require.Len(t, r.packets(), 1)
			require.Len(t, r.packets()[0].payload, size)
		})
	}
}

func TestPacketTooLargeIsRefusedByName(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		w := r.add(videoInfo())
		_, err := w.Write(&rtp.Header{Version: 2, SSRC: videoSSRC}, make([]byte, maxPacketSize), nil)
		require.ErrorIs(t, err, ErrPacketSize)
		_, err = w.Write(nil, nil, nil)
		require.Error(t, err)
	})
}

// The number is given when a packet leaves: audio overtakes video that was written
// before it, and the numbers on the wire stay in order.
func TestStampsAreInOrderOfDeparture(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		video, audio := videoInfo(), audioInfo()
		wv, wa := r.add(video), r.add(audio)
		for range 20 {
			r.write(wv, video, 1, 1200)
		}
		time.Sleep(10 * time.Millisecond)
		r.write(wa, audio, 1, 100)
		time.Sleep(5 * time.Second)
		left := r.packets()
		require.Len(t, left, 21)
		for i, p := range left {
			require.Equal(t, firstTransportSeq+i, p.stamp)
		}
		require.NotEqual(t, uint32(audioSSRC), left[20].header.SSRC, "audio waited for video")
	})
}

func TestUnconnectedTransportTakesNoNumbers(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		r.zero = true
		r.write(w, info, 1, 1000)
		synctest.Wait()
		r.mu.Lock()
		r.zero, r.fail = false, errors.New("boom")
		r.mu.Unlock()
		r.write(w, info, 1, 1000)
		synctest.Wait()
		r.mu.Lock()
		r.fail = nil
		r.mu.Unlock()
		r.write(w, info, 1, 1000)
		synctest.Wait()

		require.Equal(t, firstTransportSeq, r.packets()[0].stamp)
		st := r.s.Stats()
		require.EqualValues(t, 2, st.PacketsUnsent)
		require.EqualValues(t, 1, st.PacketsSent)
		require.Len(t, eventsOf[*bwe.SentPacket](r), 1)
	})
}

// A stream whose answer left the extension out takes no numbers either, and its bytes
// are counted with those of the next packet that has one.
func TestStreamWithoutExtension(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		video, audio := videoInfo(), audioInfo()
		audio.RTPHeaderExtensions = nil
		wa, wv := r.add(audio), r.add(video)
		synctest.Wait()
		r.write(wa, audio, 1, 100)
		synctest.Wait()
		r.write(wv, video, 1, 1000)
		synctest.Wait()
		left := r.packets()
		require.Equal(t, -1, left[0].stamp)
		require.Equal(t, firstTransportSeq, left[1].stamp)
		sent := eventsOf[*bwe.SentPacket](r)
		require.Len(t, sent, 1)
		total := left[0].header.MarshalSize() + left[1].header.MarshalSize() + 1100
		require.Equal(t, total, sent[0].Size)
	})
}

func TestLongExtensionIDs(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		info.RTPHeaderExtensions[0].ID = 20
		w := r.add(info)
		r.write(w, info, 1, 100)
		synctest.Wait()
		h := r.packets()[0].header
		require.EqualValues(t, rtp.ExtensionProfileTwoByte, h.ExtensionProfile)
		require.Equal(t, []byte{0, firstTransportSeq}, h.GetExtension(20))
	})
}

// An interceptor nearer to the network that numbers packets itself is noticed.
func TestOverwrittenStampIsCounted(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.s.AddStream(info, interceptor.RTPWriterFunc(
			func(h *rtp.Header, p []byte, _ interceptor.Attributes) (int, error) {
				if err := h.SetExtension(stampID, []byte{0x12, 0x34}); err != nil {
					return 0, err
				}

				return r.network(h, p, nil)
			}))
		seq := r.write(w, info, 1, 100)
		synctest.Wait()
		require.EqualValues(t, 1, r.s.Stats().Ignored.StampsLost)
		// The repeat is stamped in our own memory all the same.
		r.hear(nack(videoSSRC, seq))
		require.Len(t, r.packets(), 2)
	})
}

func TestIdleSleepsWithoutTimer(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.add(videoInfo())
		synctest.Wait()
		before := len(r.events)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Len(t, r.events, before)
		require.False(t, r.s.owner.started)
		require.Equal(t, bwe.Never, r.s.owner.deadline())
	})
}

func TestIdleAfterMediaSleepsWithoutTimer(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		last := func() time.Duration {
			timers := eventsOf[*bwe.Timer](r)
			require.NotEmpty(t, timers)

			return time.Duration(timers[len(timers)-1].At)
		}
		info := videoInfo()
		w := r.add(info)
		r.write(w, info, 1, 100)
		time.Sleep(time.Hour)
		require.LessOrEqual(t, last(), Default().Pacer.IdleTimeout+time.Second)
		// The next packet does not leave before the estimator knows how late it is.
		r.write(w, info, 2, 100)
		synctest.Wait()
		require.Equal(t, time.Hour, last())
	})
}

func TestUnusedSenderHasNoGoroutine(t *testing.T) {
	s, err := NewBandwidthEstimator()
	require.NoError(t, err)
	require.False(t, s.running)
	require.NoError(t, s.Close())
}

func TestCloseWithPacketsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		info := videoInfo()
		w := r.add(info)
		for range 500 {
			r.write(w, info, 1, 1200)
		}
		require.NoError(t, r.s.Close())
		require.NoError(t, r.s.Close())
		_, err := w.Write(&rtp.Header{Version: 2, SSRC: videoSSRC}, nil, nil)
		require.ErrorIs(t, err, io.ErrClosedPipe)
		st := r.s.Stats()
		require.EqualValues(t, 500, st.PacketsSent+st.PacketsDropped)
		require.NotZero(t, st.PacketsDropped)
		require.Zero(t, st.QueueBytes)
		require.Equal(t, ratecontrol.KeepFrame, r.s.OfferFrame(ratecontrol.Video, 1, true, false).Drop)
		require.ErrorIs(t, r.s.SetConfig(Default()), io.ErrClosedPipe)
		r.s.hear([]byte{1})
		require.NoError(t, r.s.WriteRTCP(nil, nil))
		before := len(r.packets())
		time.Sleep(time.Minute)
		require.Len(t, r.packets(), before)
	})
}

func TestUnbindDropsWhatWaits(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		for range 100 {
			r.write(w, info, 1, 1200)
		}
		synctest.Wait()
		r.s.UnbindLocalStream(info)
		synctest.Wait()
		before := len(r.packets())
		r.write(w, info, 1, 1200)
		time.Sleep(time.Second)
		require.Len(t, r.packets(), before)
		require.EqualValues(t, 101-before, r.s.Stats().PacketsDropped)
	})
}

func TestCallbacksMayCallTheSender(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var targets []int
		var decisions []ratecontrol.Decision
		r.s.OnTargetBitrateChange(func(b int) { targets = append(targets, b) })
		r.s.OnDecision(func(d ratecontrol.Decision) {
			decisions = append(decisions, d)
			r.s.OfferFrame(ratecontrol.Video, 100, true, false)
			r.s.Stats()
		})
		synctest.Wait()
		require.Equal(t, []int{r.s.GetTargetBitrate()}, targets)
		require.Len(t, decisions, 1)
		cfg := Default()
		cfg.RateControl.MaxBitrate = 100 * bwe.Kbps
		require.NoError(t, r.s.SetConfig(cfg))
		synctest.Wait()
		require.Equal(t, 100_000, targets[len(targets)-1])
		require.Equal(t, r.s.GetTargetBitrate(), targets[len(targets)-1])
	})
}

func TestCloseFromCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.s.OnDecision(func(ratecontrol.Decision) { _ = r.s.Close() })
		synctest.Wait()
		_, err := r.add(videoInfo()).Write(&rtp.Header{Version: 2}, nil, nil)
		require.ErrorIs(t, err, io.ErrClosedPipe)
	})
}

func TestSetConfig(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		bad := Default()
		bad.Pacer.Burst = 0
		require.ErrorIs(t, r.s.SetConfig(bad), ErrConfig)
		bad = Default()
		bad.BWE.MinBitrate = 0
		require.ErrorIs(t, r.s.SetConfig(bad), bwe.ErrConfig)
		good := Default()
		good.Pacer.DisablePadding = true
		good.Pacer.MaxQueueTime = 300 * time.Millisecond
		require.NoError(t, r.s.SetConfig(good))
		info := videoInfo()
		w := r.add(info)
		for i := range 200 {
			r.write(w, info, uint32(i/10), 1200)
		}
		time.Sleep(10 * time.Second)
		require.NotZero(t, r.s.Stats().PacketsDropped)
		last := r.packets()[len(r.packets())-1]
		require.LessOrEqual(t, last.at, 300*time.Millisecond)
	})
}

func TestGetStatsKeys(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		m := r.s.GetStats()
		require.Equal(t, FeedbackNone, m["feedback_kind"])
		require.Equal(t, r.s.GetTargetBitrate(), m["target_bps"])
		require.EqualValues(t, 0, m["packets_sent"])
		require.EqualValues(t, 0, m["late_p99_ns"])
		require.Len(t, m, 19)
	})
}

func TestSentBitrate(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		for range 200 {
			r.write(w, info, 1, 1230)
			time.Sleep(10 * time.Millisecond)
		}
		// 1230 bytes of payload, 12 of header and 8 of extension, a hundred a second.
		require.InEpsilon(t, 1250*8*100, int(r.s.Stats().SentBitrate), 0.1)
		time.Sleep(2 * time.Second)
		require.Zero(t, r.s.Stats().SentBitrate)
	})
}
