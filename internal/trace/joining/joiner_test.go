// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package joining

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback"
	"github.com/rtmcc/rtmcc/internal/ccfeedback/feedbacktest"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

const (
	ms   = time.Millisecond
	lost = feedbacktest.Lost
)

func at(d time.Duration) bwe.Time { return bwe.Time(d) }

// send lets n packets leave, a millisecond apart, and returns the number of the first.
func send(t require.TestingT, j *Joiner, from time.Duration, wire uint16, n int) int64 {
	first := int64(0)
	for i := range n {
		p := j.Sent(at(from+time.Duration(i)*ms), wire+uint16(i), 1200, bwe.PacketVideo, 0)
		require.NotNil(t, p)
		if i == 0 {
			first = p.Seq
		}
		require.Equal(t, first+int64(i), p.Seq)
	}

	return first
}

// results returns what the only feedback of an answer says.
func results(t require.TestingT, evs []bwe.Event) []bwe.PacketResult {
	require.Len(t, evs, 1)
	f, is := evs[0].(*bwe.Feedback)
	require.True(t, is)

	return slices.Clone(f.Results)
}

func TestSent(t *testing.T) {
	j := New()
	p := j.Sent(at(ms), 65534, 700, bwe.PacketAudio, 3)
	require.Equal(t, bwe.SentPacket{At: at(ms), Seq: p.Seq, Size: 700, Kind: bwe.PacketAudio, ProbeCluster: 3}, *p)
	seq := p.Seq
	require.Positive(t, seq)
	require.Equal(t, seq+3, j.Sent(at(2*ms), 1, 700, bwe.PacketVideo, 0).Seq, "the wire number wraps")
	require.Equal(t, seq+2, j.Sent(at(2*ms), 0, 700, bwe.PacketVideo, 0).Seq, "out of order")
	require.Nil(t, j.Sent(at(3*ms), 1, 700, bwe.PacketVideo, 0), "sent twice")
}

func TestPause(t *testing.T) {
	for _, c := range []struct {
		pause time.Duration
		anew  bool
	}{{maxGap, false}, {maxGap + 1, true}} {
		j := New()
		seq := send(t, j, 0, 100, 1)
		p := j.Sent(at(c.pause), 50, 700, bwe.PacketVideo, 0)
		require.Equal(t, c.anew, p.Seq > seq)
		require.EqualValues(t, 50, uint16(p.Seq))
		evs := j.RTCP(at(c.pause+ms), feedbacktest.TransportWide(100, 0, 0, 0))
		require.Equal(t, c.anew, len(evs) == 0, "numbers from before the pause are forgotten")
		require.Equal(t, c.anew, j.Damage().Unmatched == 1)
	}
}

func TestFeedback(t *testing.T) {
	j := New()
	seq := send(t, j, 0, 65534, 4)
	got := results(t, j.RTCP(at(100*ms), feedbacktest.TransportWide(65534, 1<<24-1, 0, 0, lost, 5*ms, 4*ms)))
	require.Equal(t, []bwe.PacketResult{
		{Seq: seq, Received: true, ReceivedAt: at(100 * ms)},
		{Seq: seq + 1},
		{Seq: seq + 2, Received: true, ReceivedAt: at(105 * ms)},
		{Seq: seq + 3, Received: true, ReceivedAt: at(104 * ms)},
	}, got)

	got = results(t, j.RTCP(at(200*ms), feedbacktest.TransportWide(65534, 1, 1, lost, 3*ms, lost)))
	require.Equal(t, []bwe.PacketResult{{Seq: seq + 1, Received: true, ReceivedAt: at((100 + 2*64 + 3) * ms)}}, got,
		"an arrival is final, a loss is not; the reference time wraps")

	send(t, j, 210*ms, 2, 1)
	got = results(t, j.RTCP(at(300*ms), feedbacktest.TransportWide(2, 1<<24-2, 2, 0)))
	require.Equal(t, at(36*ms), got[0].ReceivedAt, "an older reference time goes back")
	require.Zero(t, j.Damage())
}

// What a receiver never mentions between two feedbacks was lost, unless a feedback went
// missing between them.
func TestLossesThatFeedbackSkips(t *testing.T) {
	for count, want := range map[uint8]int{8: 2, 9: 0} {
		j := New()
		seq := send(t, j, 0, 65530, 10)
		require.Len(t, results(t, j.RTCP(at(20*ms), feedbacktest.TransportWide(65530, 0, 7, 0, 0, 0))), 3)
		got := results(t, j.RTCP(at(40*ms), feedbacktest.TransportWide(65535, 0, count, 0, 0)))
		require.Len(t, got, 2+want)
		for i := range want {
			require.Equal(t, bwe.PacketResult{Seq: seq + 3 + int64(i)}, got[i])
		}
		require.Equal(t, seq+5, got[want].Seq)
		late := results(t, j.RTCP(at(60*ms), feedbacktest.TransportWide(65534, 0, count+1, 3*ms)))
		require.True(t, late[0].Received, "a late arrival overrides it")
		require.Zero(t, j.Damage())
	}
}

// A receiver that starts anew does not make all that follows hours late.
func TestReceiverClockThatIsReset(t *testing.T) {
	j := New()
	send(t, j, 0, 0, 3)
	first := results(t, j.RTCP(at(100*ms), feedbacktest.TransportWide(0, 1_000_000, 0, 0)))[0].ReceivedAt
	then := results(t, j.RTCP(at(200*ms), feedbacktest.TransportWide(1, 5, 1, 0)))[0].ReceivedAt
	require.Equal(t, 100*ms, then.Sub(first))
	after := results(t, j.RTCP(at(264*ms), feedbacktest.TransportWide(2, 6, 2, 0)))[0].ReceivedAt
	require.Equal(t, 64*ms, after.Sub(then))
}

func TestFeedbackWithoutNews(t *testing.T) {
	j := New()
	require.Empty(t, j.RTCP(0, feedbacktest.TransportWide(0, 0, 0, 0, lost)), "nothing was sent")
	require.Equal(t, recording.Damage{Unmatched: 2}, j.Damage())
	send(t, j, 0, 7, 1)
	fb := feedbacktest.TransportWide(7, 0, 0, 0)
	require.Len(t, j.RTCP(at(ms), fb), 1)
	require.Empty(t, j.RTCP(at(2*ms), fb))
}

func TestOldPackets(t *testing.T) {
	for _, c := range []struct {
		age   time.Duration
		heard bool
	}{{maxAge, true}, {maxAge + 1, false}} {
		j := New()
		send(t, j, 0, 7, 1)
		require.Equal(t, c.heard, len(j.RTCP(at(c.age), feedbacktest.TransportWide(7, 0, 0, 0))) == 1)
		require.Equal(t, c.heard, j.Damage().Unmatched == 0)
	}
}

func TestRFC8888(t *testing.T) {
	j := New()
	var seqs []int64
	for i := range uint16(3) {
		seqs = append(seqs, j.SentRTP(0, 1, 65535+i, 1000, bwe.PacketVideo).Seq)
		seqs = append(seqs, j.SentRTP(0, 2, i, 100, bwe.PacketAudio).Seq)
	}
	report := rtcp.CCFeedbackReport{ReportTimestamp: 1 << 31, ReportBlocks: []rtcp.CCFeedbackReportBlock{
		{MediaSSRC: 2, BeginSequence: 0, MetricBlocks: []rtcp.CCFeedbackMetricBlock{{}, {Received: true, ArrivalTimeOffset: 0x1fff}}},
		{MediaSSRC: 1, BeginSequence: 65535, MetricBlocks: []rtcp.CCFeedbackMetricBlock{{Received: true, ArrivalTimeOffset: 512}, {}, {}}},
		{MediaSSRC: 3, BeginSequence: 0, MetricBlocks: []rtcp.CCFeedbackMetricBlock{{Received: true}}},
	}}
	raw, err := report.Marshal()
	require.NoError(t, err)
	require.Equal(t, []bwe.PacketResult{
		{Seq: seqs[0], Received: true, ReceivedAt: at(500 * ms)},
		{Seq: seqs[1]},
		{Seq: seqs[2]},
		{Seq: seqs[3], Received: true, ReceivedAt: at(1000 * ms)},
		{Seq: seqs[4]},
	}, results(t, j.RTCP(at(time.Second), raw)))
	require.Equal(t, recording.Damage{Unmatched: 1}, j.Damage())
}

func TestCompound(t *testing.T) {
	j := New()
	send(t, j, 0, 7, 2)
	remb, err := (&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e6, SSRCs: []uint32{1}}).Marshal()
	require.NoError(t, err)
	rr, err := (&rtcp.ReceiverReport{}).Marshal()
	require.NoError(t, err)
	raw := slices.Concat(rr, feedbacktest.TransportWide(7, 0, 0, 0), remb, feedbacktest.TransportWide(8, 0, 0, ms), remb, []byte{1, 2})
	evs := j.RTCP(at(50*ms), raw)
	require.Len(t, evs, 4)
	for i, seq := range map[int]uint16{0: 7, 2: 8} {
		require.Equal(t, seq, uint16(evs[i].(*bwe.Feedback).Results[0].Seq))
	}
	require.Equal(t, &bwe.REMB{At: at(50 * ms), Bitrate: bwe.Mbps}, evs[1])
	require.NotSame(t, evs[1], evs[3])
	require.Equal(t, 1, j.Damage().Records)
	require.Contains(t, j.Damage().First, "no RTCP")
}

func TestMalformed(t *testing.T) {
	good := feedbacktest.TransportWide(7, 0, 0, 0, lost)
	short := slices.Clone(good[:16])
	short[3] = 3
	j := New()
	send(t, j, 0, 7, 2)
	require.Len(t, j.RTCP(at(ms), slices.Concat(short, good)), 1, "the next one counts")
	require.Equal(t, 1, j.Damage().Records)
	require.Contains(t, j.Damage().First, ccfeedback.ErrMalformed.Error()+": transport-wide feedback ends in its header")
}

// Whatever is sent and reported, every result is of a packet that was sent and never
// said to have arrived before, with the time that its feedback gives it.
func TestJoining(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := New()
		var now time.Duration
		sent, arrived := map[int64]bool{}, map[int64]bool{}
		wire := uint16(rapid.IntRange(0, 65535).Draw(t, "wire"))
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now += time.Duration(rapid.IntRange(0, 100).Draw(t, "passed")) * ms
			n := rapid.IntRange(0, 30).Draw(t, "sent")
			for range n {
				wire++
				p := j.Sent(at(now), wire, 1000, bwe.PacketVideo, 0)
				require.NotNil(t, p)
				require.Equal(t, wire, uint16(p.Seq))
				require.False(t, sent[p.Seq])
				sent[p.Seq] = true
			}
			back := uint16(rapid.IntRange(0, 60).Draw(t, "back"))
			fates := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{lost, 0, ms, 7 * ms}), 1, 40).Draw(t, "fates")
			for _, ev := range j.RTCP(at(now), feedbacktest.TransportWide(wire-back, uint32(now/ccfeedback.ReferenceTick), 0, fates...)) {
				for _, r := range ev.(*bwe.Feedback).Results {
					require.True(t, sent[r.Seq])
					require.False(t, arrived[r.Seq])
					fate := fates[uint16(r.Seq)-(wire-back)]
					require.Equal(t, fate != lost, r.Received)
					arrived[r.Seq] = r.Received
				}
			}
		}
	})
}

func TestSteadyPathAllocatesNothing(t *testing.T) {
	j := New()
	fb := feedbacktest.TransportWide(0, 0, 0, make([]time.Duration, 20)...)
	wire := uint16(0)
	round := func() {
		fb[12], fb[13] = byte(wire>>8), byte(wire)
		for range 20 {
			j.Sent(0, wire, 1200, bwe.PacketVideo, 0)
			wire++
		}
		j.RTCP(0, fb)
	}
	round()
	require.Zero(t, testing.AllocsPerRun(100, round))
}

func BenchmarkJoiner(b *testing.B) {
	j := New()
	fb := feedbacktest.TransportWide(0, 0, 0, make([]time.Duration, 20)...)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		wire := uint16(i)
		j.Sent(at(time.Duration(i)*ms), wire, 1200, bwe.PacketVideo, 0)
		if i%20 == 19 {
			base := wire - 19
			fb[12], fb[13] = byte(base>>8), byte(base)
			j.RTCP(at(time.Duration(i)*ms), fb)
		}
	}
}

func FuzzJoiner(f *testing.F) {
	f.Add(feedbacktest.TransportWide(0, 0, 0, 0, lost, ms), uint16(0), int64(0))
	f.Add(feedbacktest.TransportWide(65535, 1<<23, 0, 0, lost, ms), uint16(65535), int64(time.Minute))
	report, _ := (&rtcp.CCFeedbackReport{ReportBlocks: []rtcp.CCFeedbackReportBlock{
		{MediaSSRC: 9, MetricBlocks: make([]rtcp.CCFeedbackMetricBlock, 3)},
	}}).Marshal()
	f.Add(report, uint16(7), int64(-1))
	remb, _ := (&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e6}).Marshal()
	f.Add(remb, uint16(7), int64(1)<<62)
	f.Fuzz(func(t *testing.T, raw []byte, wire uint16, passed int64) {
		j := New()
		sent := map[int64]bool{}
		now := bwe.Time(0)
		for i := range uint16(20) {
			if p := j.Sent(now, wire+i*i, 1000, bwe.PacketVideo, 0); p != nil {
				sent[p.Seq] = true
			}
			if p := j.SentRTP(now, 9, wire+i, 1000, bwe.PacketVideo); p != nil {
				sent[p.Seq] = true
			}
		}
		for range 3 {
			for _, ev := range j.RTCP(now, raw) {
				if fb, is := ev.(*bwe.Feedback); is {
					for _, r := range fb.Results {
						if !sent[r.Seq] {
							t.Fatalf("result for packet %d, which was never sent", r.Seq)
						}
					}
				}
			}
			now += bwe.Time(passed)
		}
	})
}
