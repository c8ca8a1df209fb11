// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
)

// fill queues a frame.
func fill(p *pacer, now bwe.Time, frame, header int) {
	n := packets(frame, header)
	for i := range n {
		p.put(waiting{size: packetSize(frame, header, i, n), since: now})
	}
}

// drain lets the pacer run and returns the bytes sent of each kind.
func drain(p *pacer, from, to bwe.Time, blocked bool) map[bwe.PacketKind]int {
	sent := map[bwe.PacketKind]int{}
	for now := from; now < to; {
		size, kind, wait := p.next(now, blocked)
		if size == 0 {
			if wait > to.Sub(now) {
				p.settle(to)

				break
			}
			now = now.Add(wait)

			continue
		}
		if kind != bwe.PacketPadding {
			p.take(kind)
		}
		sent[kind] += size
		p.sent(size)
	}

	return sent
}

func TestPacerKeepsTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := bwe.Bitrate(rapid.Int64Range(20_000, 50_000_000).Draw(t, "rate"))
		p := &pacer{}
		p.set(0, &bwe.Update{PacingRate: rate}, maxRate)
		fill(p, 0, 50_000_000, 0)
		sent := drain(p, 0, at(2*time.Second), false)
		require.InDelta(t, float64(rate)*2/8, float64(sent[bwe.PacketVideo]), payloadMost+50)
		require.Zero(t, sent[bwe.PacketPadding])
	})
}

func TestPacerSavesNothingWhileIdle(t *testing.T) {
	p := &pacer{}
	p.set(0, &bwe.Update{PacingRate: bwe.Mbps}, maxRate)
	p.settle(at(time.Minute))
	fill(p, at(time.Minute), 1_000_000, 0)
	sent := drain(p, at(time.Minute), at(time.Minute+100*time.Millisecond), false)
	require.InDelta(t, 12_500, sent[bwe.PacketVideo], payloadMost)
}

func TestPaddingFillsUp(t *testing.T) {
	p := &pacer{}
	p.set(0, &bwe.Update{PacingRate: 4 * bwe.Mbps, PaddingRate: bwe.Mbps}, maxRate)
	media, padding := 0, 0
	for i := range 300 {
		now := at(time.Duration(i) * 33 * time.Millisecond)
		fill(p, now, 2000, 0)
		sent := drain(p, now, now.Add(33*time.Millisecond), false)
		media += sent[bwe.PacketVideo]
		padding += sent[bwe.PacketPadding]
	}
	require.Equal(t, 600_000, media)
	require.InEpsilon(t, 1e6/8*9.9, float64(media+padding), 0.02)
	// Media above the padding rate leaves no room for any.
	p.set(p.at, &bwe.Update{PacingRate: 4 * bwe.Mbps, PaddingRate: 300 * bwe.Kbps}, maxRate)
	require.Zero(t, drain(p, p.at, p.at+1, false)[bwe.PacketPadding])
}

func TestProbesEndByBothOfTheirBounds(t *testing.T) {
	for name, c := range map[string]struct {
		probe bwe.Probe
		want  int
	}{
		"by duration": {bwe.Probe{ID: 7, Bitrate: 9600 * bwe.Kbps, MinPackets: 5, MinDuration: 15 * time.Millisecond}, 15},
		"by packets":  {bwe.Probe{ID: 7, Bitrate: 960 * bwe.Kbps, MinPackets: 5, MinDuration: 15 * time.Millisecond}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			p := &pacer{}
			p.set(0, &bwe.Update{Probes: []bwe.Probe{c.probe, {ID: 8}}}, maxRate)
			packets := 0
			last := bwe.Time(0)
			for now := bwe.Time(0); now < at(time.Second); {
				// A probe leaves although the window is full, as padding where there is no
				// media.
				size, kind, wait := p.next(now, true)
				if size == 0 {
					if wait > time.Second {
						break
					}
					now = now.Add(wait)

					continue
				}
				require.Equal(t, bwe.PacketPadding, kind)
				require.Equal(t, 7, p.sent(size))
				packets++
				last = now
			}
			require.Equal(t, c.want, packets)
			require.InDelta(t, c.probe.Bitrate.TimeFor(int64(packets-1)*payloadMost).Seconds(), time.Duration(last).Seconds(), 1e-5)
		})
	}
}

func TestFramesAreCutIntoLikePackets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frame := rapid.IntRange(1, 200_000).Draw(t, "frame")
		header := rapid.IntRange(0, 40).Draw(t, "header")
		p := &pacer{}
		fill(p, 0, frame, header)
		sum, least, most := 0, payloadMost, 0
		for i := range p.queue.len() {
			size := p.queue.at(i).size
			sum += size - header
			least, most = min(least, size), max(most, size)
		}
		require.Equal(t, frame, sum)
		require.LessOrEqual(t, most, payloadMost)
		require.LessOrEqual(t, most-least, 1)
		require.Equal(t, int64(frame+p.queue.len()*header), p.bytes)
	})
}

func TestOutstandingBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := outstanding{first: firstSeq}
		open := map[int64]int{}
		next := int64(firstSeq)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "send") {
				size := rapid.IntRange(1, 1500).Draw(t, "size")
				o.add(size)
				open[next] = size
				next++

				continue
			}
			var results []bwe.PacketResult
			for seq := rapid.Int64Range(0, next+3).Draw(t, "from"); seq < next && rapid.Bool().Draw(t, "more"); seq++ {
				results = append(results, bwe.PacketResult{Seq: seq})
				delete(open, seq)
			}
			o.report(results)
			for seq := range open {
				if len(results) > 0 && seq < results[0].Seq {
					delete(open, seq)
				}
			}
		}
		sum := 0
		for _, size := range open {
			sum += size
		}
		require.Equal(t, int64(sum), o.bytes)
	})
}

// listener is a receiver whose reports are kept.
type listener struct {
	run      *simulation
	receiver *receiver
}

func newListener(f Feedback) *listener {
	setDefault(&f.Interval, defaultInterval)
	setDefault(&f.Quantum, defaultQuantum)
	l := &listener{run: &simulation{}}
	record := newFlowRecord(0, 1000, 0)
	s := &sender{run: l.run, record: record, outstanding: outstanding{first: firstSeq}}
	l.receiver = &receiver{run: l.run, cfg: f, rng: stream(1, ""), sender: s, record: record, first: firstSeq, report: firstSeq}
	l.receiver.route = []*link{{timeline: &l.run.timeline}}

	return l
}

func (l *listener) arrive(t time.Duration, seqs ...int64) {
	l.run.timeline.now = at(t)
	for _, seq := range seqs {
		l.receiver.arrive(&packet{seq: seq, size: 100})
	}
}

// ask makes the receiver report and returns what it said.
func (l *listener) ask() []bwe.PacketResult {
	before := l.receiver.record.feedbackSent
	l.receiver.handle(0, nil)
	if l.receiver.record.feedbackSent == before {
		return nil
	}
	var last *packet
	for i := range l.run.timeline.heap {
		if p := l.run.timeline.heap[i].p; p != nil {
			last = p
		}
	}
	out := append([]bwe.PacketResult(nil), last.results...)
	l.run.timeline.heap = l.run.timeline.heap[:0]

	return out
}

func TestReports(t *testing.T) {
	l := newListener(Feedback{})
	require.Nil(t, l.ask(), "nothing came")
	l.arrive(1100*time.Microsecond, 1)
	l.arrive(2300*time.Microsecond, 2, 5)
	require.Equal(t, []bwe.PacketResult{
		{Seq: 1, Received: true, ReceivedAt: at(1000 * time.Microsecond)}, {Seq: 2, Received: true, ReceivedAt: at(2250 * time.Microsecond)},
		{Seq: 3}, {Seq: 4}, {Seq: 5, Received: true, ReceivedAt: at(2250 * time.Microsecond)},
	}, l.ask())
	require.Nil(t, l.ask(), "nothing new")
	l.arrive(3*time.Millisecond, 8)
	require.Equal(t, []bwe.PacketResult{{Seq: 6}, {Seq: 7}, {Seq: 8, Received: true, ReceivedAt: at(3 * time.Millisecond)}}, l.ask())
	// A late packet makes the report start over from it.
	l.arrive(4*time.Millisecond, 7)
	require.Equal(t, []bwe.PacketResult{
		{Seq: 7, Received: true, ReceivedAt: at(4 * time.Millisecond)}, {Seq: 8, Received: true, ReceivedAt: at(3 * time.Millisecond)},
	}, l.ask())
}

func TestCoarseReports(t *testing.T) {
	l := newListener(Feedback{Quantum: 20 * millisecond, OmitEdgeLoss: true})
	l.arrive(39999*time.Microsecond, 3)
	l.arrive(40*time.Millisecond, 5)
	require.Equal(t, []bwe.PacketResult{
		{Seq: 3, Received: true, ReceivedAt: at(20 * time.Millisecond)}, {Seq: 4}, {Seq: 5, Received: true, ReceivedAt: at(40 * time.Millisecond)},
	}, l.ask())
}

func TestReceiverClock(t *testing.T) {
	l := newListener(Feedback{ClockSkew: 200, Quantum: Duration(time.Microsecond)})
	l.receiver.offset = time.Hour
	l.arrive(10*time.Second, 1)
	require.Equal(t, at(time.Hour+10*time.Second+2*time.Millisecond), l.ask()[0].ReceivedAt)
}

func TestFeedbackSize(t *testing.T) {
	r := func(seq int64, t time.Duration) bwe.PacketResult {
		return bwe.PacketResult{Seq: seq, Received: true, ReceivedAt: at(t)}
	}
	require.Equal(t, 24, feedbackSize([]bwe.PacketResult{r(1, 0)}), "20, a chunk of 2, a delta of 1, padded")
	require.Equal(t, 24, feedbackSize([]bwe.PacketResult{r(1, 0), r(2, largestSmall)}))
	require.Equal(t, 28, feedbackSize([]bwe.PacketResult{r(1, 0), r(2, largestSmall+1), r(3, 0)}))
	many := make([]bwe.PacketResult, 50)
	require.Equal(t, 36, feedbackSize(many), "eight chunks and no deltas")
}
