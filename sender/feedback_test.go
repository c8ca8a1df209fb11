// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback"
)

// sendVideo lets n packets leave; their transport numbers start with
// firstTransportSeq.
func sendVideo(r *rig, n int) {
	info := videoInfo()
	w := r.add(info)
	for range n {
		r.write(w, info, 1, 100)
		time.Sleep(time.Millisecond)
	}
	synctest.Wait()
}

const ms = time.Millisecond

func lastFeedback(r *rig) []bwe.PacketResult {
	all := eventsOf[*bwe.Feedback](r)
	if len(all) == 0 {
		return nil
	}

	return all[len(all)-1].Results
}

func TestTransportFeedback(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		sendVideo(r, 4)
		r.hear(buildTWCC(1, 10, 0, 0, 2*ms, lost, 1*ms))
		base := bwe.Time(640 * time.Millisecond)
		require.Equal(t, []bwe.PacketResult{
			{Seq: 1, Received: true, ReceivedAt: base},
			{Seq: 2, Received: true, ReceivedAt: base.Add(2 * time.Millisecond)},
			{Seq: 3},
			{Seq: 4, Received: true, ReceivedAt: base.Add(time.Millisecond)},
		}, lastFeedback(r))
		require.Equal(t, FeedbackTransportCC, r.s.Stats().FeedbackKind)
	})
}

func TestFeedbackHeardTwiceCountsOnce(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		sendVideo(r, 4)
		fb := buildTWCC(1, 10, 0, 0, ms)
		r.hear(fb)
		r.hear(fb)
		other := buildTWCC(1, 10, 7, 0, ms)
		r.hear(other)
		require.Len(t, eventsOf[*bwe.Feedback](r), 1)
		ig := r.s.Stats().Ignored
		require.EqualValues(t, 1, ig.Duplicate)
		require.EqualValues(t, 2, ig.RepeatedResults)
	})
}

func TestArrivalIsFinalAndLossIsNot(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		sendVideo(r, 3)
		r.hear(buildTWCC(1, 10, 0, 0, lost, lost))
		r.hear(buildTWCC(1, 11, 1, lost, 0, lost))
		require.Equal(t, []bwe.PacketResult{
			{Seq: 2, Received: true, ReceivedAt: bwe.Time(704 * time.Millisecond)},
		}, lastFeedback(r), "a late arrival is news, a loss of what arrived is not")
	})
}

func TestFeedbackForPacketsNeverSent(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		r.hear(buildTWCC(1, 10, 0, 0, 0))
		sendVideo(r, 2)
		for i, base := range []uint16{0, 2, 3, 40000, 65535} {
			r.hear(buildTWCC(base, 10, uint8(i+1), 0, 0))
		}
		for _, f := range eventsOf[*bwe.Feedback](r) {
			for _, res := range f.Results {
				require.Contains(t, []int64{1, 2}, res.Seq)
			}
		}
		require.EqualValues(t, 2+1+1+2+2+2, r.s.Stats().Ignored.UnknownPackets)
	})
}

func TestFeedbackOfNothingKnownIsNoFeedback(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		sendVideo(r, 1)
		r.hear(buildTWCC(500, 10, 0, 0, 0))
		require.Empty(t, eventsOf[*bwe.Feedback](r))
		require.Equal(t, FeedbackNone, r.s.Stats().FeedbackKind)
	})
}

// A receiver may start each feedback with the first packet that arrived, and never
// mention what it lost before.
func TestLossesAtTheEdgeAreInferred(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		sendVideo(r, 10)
		r.hear(buildTWCC(1, 10, 255, 0, ms))
		r.hear(buildTWCC(6, 10, 0, 5*ms, 6*ms))
		require.Equal(t, []bwe.PacketResult{{Seq: 3}, {Seq: 4}, {Seq: 5}}, lastFeedback(r)[:3])
		require.Len(t, lastFeedback(r), 5)
		require.EqualValues(t, 3, r.s.Stats().LossesInferred)
	})
}

func TestNothingIsInferredAcrossALostFeedback(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		sendVideo(r, 10)
		r.hear(buildTWCC(1, 10, 0, 0, ms))
		r.hear(buildTWCC(6, 10, 2, 5*ms, 6*ms))
		require.Len(t, lastFeedback(r), 2)
		// The missing one was only late.
		r.hear(buildTWCC(3, 10, 1, 2*ms, lost, 4*ms))
		require.Equal(t, int64(3), lastFeedback(r)[0].Seq)
		r.hear(buildTWCC(9, 10, 3, 9*ms))
		require.Len(t, lastFeedback(r), 2, "8 lies between the newest two")
		require.EqualValues(t, 1, r.s.Stats().LossesInferred)
	})
}

func TestSequenceWrap(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		for i := range 65536 + 20 {
			r.write(w, info, uint32(i), 50)
			if i%500 == 0 {
				time.Sleep(20 * time.Millisecond)
			}
		}
		time.Sleep(time.Second)
		last := firstTransportSeq + 65536 + 20 - 1
		left := r.packets()
		require.Equal(t, last&0xffff, left[len(left)-1].stamp)
		r.hear(buildTWCC(65530, 10, 0, 0, lost, ms, ms, ms, ms, ms, ms, ms, ms))
		res := lastFeedback(r)
		require.Len(t, res, 10)
		for i, p := range res {
			require.EqualValues(t, 65530+i, p.Seq)
		}
	})
}

func TestMalformedTransportFeedback(t *testing.T) {
	good := buildTWCC(1, 10, 0, 0, ms, lost, 3*ms)
	cut := func(n int) []byte { return append([]byte(nil), good[:n]...) }
	set := func(i int, v byte) []byte { b := cut(len(good)); b[i] = v; return b }
	for name, b := range map[string][]byte{
		"header only":        cut(4),
		"no chunks":          cut(20),
		"no deltas":          cut(22),
		"half a delta":       cut(23),
		"status count large": set(15, 40),
		"status count huge":  set(14, 0xff),
		"no status":          set(15, 0),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, fast, func(r *rig) {
				sendVideo(r, 4)
				r.hear(b)
				require.Empty(t, eventsOf[*bwe.Feedback](r))
				require.EqualValues(t, 1, r.s.Stats().Ignored.Malformed)
				r.hear(good)
				require.Len(t, lastFeedback(r), 4, "and the next one counts")
			})
		})
	}
}

// A status count that is too small turns chunks into deltas: the times are noise.
func TestTooSmallStatusCountIsRefused(t *testing.T) {
	fates := make([]fate, 28)
	for i := range fates {
		fates[i] = fate(i) * ms
	}
	b := buildTWCC(1, 10, 0, fates...)
	b[15] = 7
	var f ccfeedback.TransportWide
	require.ErrorIs(t, f.Parse(b), ccfeedback.ErrMalformed)
}

func TestNotRTCP(t *testing.T) {
	for _, b := range [][]byte{{}, {0}, {0x80}, {0x80, 205, 0}, {0x40, 205, 0, 0}, make([]byte, 100)} {
		inBubble(t, nil, func(r *rig) {
			r.hear(b)
			require.Empty(t, eventsOf[*bwe.Feedback](r))
		})
	}
}

func TestRFC8888(t *testing.T) {
	cfg := func(c *Config) { fast(c) }
	inBubble(t, cfg, func(r *rig) {
		video, audio := videoInfo(), audioInfo()
		video.RTPHeaderExtensions, audio.RTPHeaderExtensions = nil, nil
		r.seq[videoSSRC] = 65535
		wv, wa := r.add(video), r.add(audio)
		for i := range uint32(3) {
			r.write(wv, video, i, 100)
			synctest.Wait()
			r.write(wa, audio, i, 100)
			synctest.Wait()
		}
		const second = 65536
		report := &rtcp.CCFeedbackReport{
			SenderSSRC: 1, ReportTimestamp: 10 * second,
			ReportBlocks: []rtcp.CCFeedbackReportBlock{
				{MediaSSRC: videoSSRC, BeginSequence: 65535, MetricBlocks: []rtcp.CCFeedbackMetricBlock{
					{Received: true, ArrivalTimeOffset: 1024}, {}, {Received: true, ArrivalTimeOffset: 0x1fff},
				}},
				{MediaSSRC: audioSSRC, BeginSequence: 0, MetricBlocks: []rtcp.CCFeedbackMetricBlock{
					{Received: true, ArrivalTimeOffset: 512}, {Received: true, ArrivalTimeOffset: 256}, {},
				}},
				{MediaSSRC: 99, BeginSequence: 0, MetricBlocks: []rtcp.CCFeedbackMetricBlock{{Received: true}}},
			},
		}
		// The session hands it out once for each stream that it names.
		r.hearPacket(report)
		r.hearPacket(report)
		require.Len(t, eventsOf[*bwe.Feedback](r), 1)
		s := func(f float64) bwe.Time { return bwe.Time(f * float64(time.Second)) }
		require.Equal(t, []bwe.PacketResult{
			{Seq: 1, Received: true, ReceivedAt: s(9)},
			{Seq: 2, Received: true, ReceivedAt: s(9.5)},
			{Seq: 3},
			{Seq: 4, Received: true, ReceivedAt: s(9.75)},
			{Seq: 5, Received: true, ReceivedAt: s(10)},
			{Seq: 6},
		}, lastFeedback(r))
		st := r.s.Stats()
		require.Equal(t, FeedbackRFC8888, st.FeedbackKind)
		require.EqualValues(t, 1, st.Ignored.Duplicate)
		require.EqualValues(t, 1, st.Ignored.UnknownPackets)

		// The next report covers the last one's range again.
		report.ReportTimestamp += second / 10
		report.ReportBlocks[0].MetricBlocks[1] = rtcp.CCFeedbackMetricBlock{Received: true, ArrivalTimeOffset: 1024}
		r.hearPacket(report)
		require.Equal(t, []bwe.PacketResult{{Seq: 3, Received: true, ReceivedAt: s(10.1 - 1)}}, roundMicro(lastFeedback(r)))
	})
}

func roundMicro(res []bwe.PacketResult) []bwe.PacketResult {
	for i := range res {
		at := time.Duration(res[i].ReceivedAt).Round(100 * time.Microsecond)
		res[i].ReceivedAt = bwe.Time(at)
	}

	return res
}

// Two kinds of feedback at a time would mix two clocks.
func TestOneKindOfFeedbackAtATime(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		sendVideo(r, 10)
		ccfb := func(begin uint16, stamp uint32) *rtcp.CCFeedbackReport {
			return &rtcp.CCFeedbackReport{ReportTimestamp: stamp, ReportBlocks: []rtcp.CCFeedbackReportBlock{{
				MediaSSRC: videoSSRC, BeginSequence: begin,
				MetricBlocks: []rtcp.CCFeedbackMetricBlock{{Received: true}},
			}}}
		}
		r.hear(buildTWCC(1, 10, 0, 0))
		r.hearPacket(ccfb(1, 4000<<16))
		require.Equal(t, FeedbackTransportCC, r.s.Stats().FeedbackKind)
		require.Len(t, eventsOf[*bwe.Feedback](r), 1)
		first := lastFeedback(r)[0].ReceivedAt

		// After a silence the other takes over, and the clock runs on.
		time.Sleep(3 * time.Second)
		info := videoInfo()
		w := r.s.AddStream(info, interceptor.RTPWriterFunc(r.network))
		seq := r.write(w, info, 1, 100)
		synctest.Wait()
		r.hearPacket(ccfb(seq, 4000<<16))
		require.Equal(t, FeedbackRFC8888, r.s.Stats().FeedbackKind)
		require.Equal(t, 3*time.Second, lastFeedback(r)[0].ReceivedAt.Sub(first))
	})
}

func TestNoFeedback(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		time.Sleep(time.Minute)
		info := videoInfo()
		w := r.add(info)
		r.write(w, info, 1, 100)
		time.Sleep(1499 * time.Millisecond)
		require.NotEqual(t, bwe.StateNoFeedback, r.s.Stats().State)
		time.Sleep(2 * time.Millisecond)
		require.Equal(t, bwe.StateNoFeedback, r.s.Stats().State)
		changes := eventsOf[*FeedbackChanged](r)
		require.Len(t, changes, 1)
		require.Equal(t, FeedbackNone, changes[0].Kind)

		r.hearPacket(&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 700_000, SSRCs: []uint32{videoSSRC}})
		require.Equal(t, FeedbackREMB, r.s.Stats().FeedbackKind)
		require.Equal(t, bwe.StateNoFeedback, r.s.Stats().State)

		r.write(w, info, 1, 100)
		synctest.Wait()
		r.hear(buildTWCC(2, 10, 0, 0))
		require.Equal(t, FeedbackTransportCC, r.s.Stats().FeedbackKind)
		require.NotEqual(t, bwe.StateNoFeedback, r.s.Stats().State)
		r.hearPacket(&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 700_000})
		require.Equal(t, FeedbackTransportCC, r.s.Stats().FeedbackKind)
		require.Len(t, eventsOf[*FeedbackChanged](r), 3)
	})
}
