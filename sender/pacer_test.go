// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
)

// pacerRig drives a pacer in virtual time.
type pacerRig struct {
	p       pacer
	now     bwe.Time
	dropped []item
	reasons []DropReason
	left    []departed
	video   *stream
	audio   *stream
	gate    gate
	// padSize is what the rig sends where padding is due.
	padSize int64
}

type departed struct {
	at    bwe.Time
	lane  lane
	size  int64
	probe int
	seq   uint16
}

func newPacerRig(cfg PacerConfig, rate bwe.Bitrate) *pacerRig {
	r := &pacerRig{
		now:   bwe.Time(time.Second),
		video: &stream{ssrc: videoSSRC, rtxSSRC: videoRTX}, audio: &stream{ssrc: audioSSRC, audio: true},
		gate: gate{room: -1}, padSize: 1000,
	}
	r.p = pacer{cfg: cfg, dropped: func(it item, reason DropReason) {
		r.dropped = append(r.dropped, it)
		r.reasons = append(r.reasons, reason)
	}}
	r.p.setRates(r.now, rate, 0)

	return r
}

func (r *pacerRig) push(l lane, seq uint16, timestamp uint32, size int) {
	st := r.video
	if l == laneAudio {
		st = r.audio
	}
	p := &packet{stream: st, size: size, header: rtp.Header{SequenceNumber: seq, Timestamp: timestamp}}
	r.p.push(item{p: p, at: r.now}, l)
}

// step lets out what is due now and returns when the pacer wants to be asked again.
func (r *pacerRig) step() bwe.Time {
	for {
		d, wake, ok := r.p.next(r.now, r.gate)
		if !ok {
			return wake
		}
		size, seq := r.padSize, uint16(0)
		if d.lane != lanePadding {
			size, seq = d.item.size(), d.item.p.header.SequenceNumber
		}
		r.p.sent(r.now, size, d.probe)
		r.left = append(r.left, departed{at: r.now, lane: d.lane, size: size, probe: d.probe, seq: seq})
	}
}

// run follows the pacer's own wake-up times until end.
func (r *pacerRig) run(end bwe.Time) {
	for {
		wake := r.step()
		if wake > end {
			r.now = end

			return
		}
		if wake <= r.now {
			panic("the pacer wants to be asked again at once")
		}
		r.now = wake
	}
}

func (r *pacerRig) bytes(from, to bwe.Time, count func(departed) bool) (sum int64) {
	for _, d := range r.left {
		if d.at >= from && d.at <= to && count(d) {
			sum += d.size
		}
	}

	return sum
}

func paced(d departed) bool { return d.probe == 0 }

func TestPacerHoldsTheRate(t *testing.T) {
	for _, rate := range []bwe.Bitrate{30 * bwe.Kbps, bwe.Mbps, 50 * bwe.Mbps} {
		r := newPacerRig(Default().Pacer, rate)
		r.p.cfg.MaxQueueTime, r.p.cfg.MaxQueueBytes = time.Hour, 1<<40
		for i := range 20_000 {
			r.push(laneVideo, uint16(i), uint32(i), 1200)
		}
		start := r.now
		r.run(start.Add(2 * time.Second))
		got := r.bytes(start, r.now, paced)
		require.LessOrEqual(t, got, rate.Bytes(2*time.Second+r.p.cfg.Burst)+1200, rate)
		require.GreaterOrEqual(t, got, rate.Bytes(2*time.Second)-1200, rate)
	}
}

func TestPacerIdleEarnsNothing(t *testing.T) {
	r := newPacerRig(Default().Pacer, bwe.Mbps)
	r.run(r.now.Add(time.Hour))
	for i := range 300 {
		r.push(laneVideo, uint16(i), 1, 1000)
	}
	r.step()
	require.LessOrEqual(t, r.bytes(0, r.now, paced), max(1000, bwe.Mbps.Bytes(r.p.cfg.Burst)))
	require.NotEmpty(t, r.left)
}

func TestPacerWakesForHighRatesOnceAMillisecond(t *testing.T) {
	r := newPacerRig(Default().Pacer, 50*bwe.Mbps)
	for i := range 2000 {
		r.push(laneVideo, uint16(i), 1, 1200)
	}
	wakes := 0
	for end := r.now.Add(100 * time.Millisecond); r.now < end; wakes++ {
		r.now = r.step()
	}
	require.LessOrEqual(t, wakes, 101)
}

func TestPacerPriorities(t *testing.T) {
	r := newPacerRig(Default().Pacer, bwe.Mbps)
	for i := range 10 {
		r.push(laneVideo, uint16(300+i), 1, 1200)
		r.push(laneFEC, uint16(200+i), 1, 1200)
		r.push(laneRetransmission, uint16(100+i), 1, 1200)
		r.push(laneAudio, uint16(i), 1, 100)
	}
	r.run(r.now.Add(time.Second))
	require.Len(t, r.left, 40)
	for i, d := range r.left {
		require.Equal(t, lane(i/10), d.lane)
		require.Equal(t, i%10, int(d.seq)%100, "order within a priority")
	}
}

func TestPacerAudio(t *testing.T) {
	for _, paceAudio := range []bool{false, true} {
		cfg := Default().Pacer
		cfg.PaceAudio = paceAudio
		r := newPacerRig(cfg, 100*bwe.Kbps)
		r.push(laneVideo, 1, 1, 1200)
		r.step()
		r.push(laneAudio, 2, 1, 100)
		r.step()
		require.Equal(t, paceAudio, len(r.left) == 1, "video is owed for 96 ms")
		r.push(laneVideo, 3, 2, 1200)
		r.run(r.now.Add(time.Second))
		// What audio took comes off video's time.
		require.GreaterOrEqual(t, r.left[2].at.Sub(r.left[0].at), (100*bwe.Kbps).TimeFor(1300)-cfg.Burst)
	}
}

func TestPacerQueueTime(t *testing.T) {
	r := newPacerRig(Default().Pacer, 100*bwe.Kbps)
	start := r.now
	for i := range 500 {
		r.push(laneVideo, uint16(i), uint32(i/5), 1200)
	}
	r.run(start.Add(r.p.cfg.MaxQueueTime))
	require.Empty(t, r.dropped)
	r.run(start.Add(r.p.cfg.MaxQueueTime + time.Nanosecond))
	require.Equal(t, 500, len(r.left)+len(r.dropped))
	require.Zero(t, r.p.bytes)
	// The rest of a frame of which a packet was dropped does not wait.
	r.push(laneVideo, 500, 99, 1200)
	require.Equal(t, DropFrame, r.reasons[len(r.reasons)-1])
	r.push(laneVideo, 501, 100, 1200)
	r.run(r.now.Add(time.Second))
	require.EqualValues(t, 501, r.left[len(r.left)-1].seq)
}

func TestPacerQueueBytes(t *testing.T) {
	cfg := Default().Pacer
	cfg.MaxQueueBytes = 10_000
	r := newPacerRig(cfg, bwe.Kbps)
	for i := range 8 {
		r.push(laneVideo, uint16(i), uint32(i/4), 1250)
	}
	require.Empty(t, r.dropped)
	require.EqualValues(t, 10_000, r.p.bytes)
	r.push(laneVideo, 8, 1, 1)
	require.EqualValues(t, 5_000, r.p.bytes, "the whole frame goes")
	require.Len(t, r.dropped, 5)
	r.push(laneVideo, 9, 1, 1)
	require.Len(t, r.dropped, 6, "and what follows of it")

	for i := range 10 {
		r.push(laneRetransmission, uint16(i), 9, 500)
	}
	require.EqualValues(t, 10_000, r.p.bytes)
	r.push(laneRetransmission, 99, 9, 500)
	require.Len(t, r.dropped, 7)

	// Audio displaces video first, then repeats, and itself only at the very end.
	r.push(laneAudio, 1, 1, 1000)
	require.Zero(t, r.p.lanes[laneVideo].n)
	require.EqualValues(t, 6_000, r.p.bytes)
	for i := range 9 {
		r.push(laneAudio, uint16(i), 1, 1000)
	}
	require.Zero(t, r.p.lanes[laneRetransmission].n)
	require.EqualValues(t, 10_000, r.p.bytes)
	before := len(r.dropped)
	r.push(laneAudio, 77, 1, 1000)
	require.Len(t, r.dropped, before+1)
	require.EqualValues(t, 77, r.dropped[before].p.header.SequenceNumber)
}

func TestPacerWindow(t *testing.T) {
	r := newPacerRig(Default().Pacer, 10*bwe.Mbps)
	r.gate.room = 1199
	r.push(laneVideo, 1, 1, 1200)
	r.push(laneAudio, 2, 1, 100)
	wake := r.step()
	require.Len(t, r.left, 1)
	require.Equal(t, laneAudio, r.left[0].lane)
	require.Equal(t, r.now.Add(r.p.cfg.MaxQueueTime)+1, wake, "only feedback, or giving up, can change it")
	r.gate.room = 1200
	r.step()
	require.Len(t, r.left, 2)
}

func TestPacerPadding(t *testing.T) {
	r := newPacerRig(Default().Pacer, bwe.Mbps)
	r.p.setRates(r.now, bwe.Mbps, 200*bwe.Kbps)
	require.Equal(t, bwe.Never, r.step(), "no stream to pad on")
	r.gate.canPad = true
	start := r.now
	r.run(start.Add(2 * time.Second))
	got := r.bytes(start, r.now, paced)
	require.InEpsilon(t, (200 * bwe.Kbps).Bytes(2*time.Second), got, 0.03)

	// Media counts towards the rate that padding fills up.
	r.left = nil
	start = r.now
	for r.now < start.Add(2*time.Second) {
		r.push(laneVideo, 1, 1, 1000)
		r.run(r.now.Add(50 * time.Millisecond))
	}
	padding := r.bytes(start, r.now, func(d departed) bool { return d.lane == lanePadding })
	require.InEpsilon(t, (40 * bwe.Kbps).Bytes(2*time.Second), padding, 0.3, "160 of the 200 kbps are media")
}

func TestPacerRateChangeKeepsWhatIsOwed(t *testing.T) {
	r := newPacerRig(Default().Pacer, 100*bwe.Kbps)
	r.push(laneVideo, 1, 1, 1250)
	r.push(laneVideo, 2, 1, 1250)
	first := r.now
	r.step()
	r.p.setRates(r.now, bwe.Mbps, 0)
	r.run(r.now.Add(time.Second))
	require.Len(t, r.left, 2)
	require.LessOrEqual(t, r.left[1].at.Sub(first), 10*time.Millisecond)
	r.p.setRates(r.now, 0, 0)
	require.Positive(t, r.p.rate)
}

// Whatever is written when: no more leaves than rate, burst and one packet allow,
// audio apart; each priority keeps its order; nothing waits longer than it may; the
// queue stays within its bytes; every packet leaves or is reported dropped.
func TestPacerProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Default().Pacer
		cfg.MaxQueueTime = time.Duration(rapid.IntRange(1, 1000).Draw(t, "max_queue_ms")) * time.Millisecond
		cfg.MaxQueueBytes = rapid.Int64Range(2000, 50_000).Draw(t, "max_bytes")
		cfg.PaceAudio = rapid.Bool().Draw(t, "pace_audio")
		rate := bwe.Bitrate(rapid.Int64Range(10_000, 20_000_000).Draw(t, "rate"))
		r := newPacerRig(cfg, rate)
		start := r.now
		pushed := map[lane]uint16{}
		maxSize, total := int64(0), 0
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			l := lane(rapid.IntRange(0, queuedLanes-1).Draw(t, "lane"))
			size := rapid.IntRange(1, 1500).Draw(t, "size")
			r.push(l, pushed[l], uint32(pushed[l]/3), size)
			pushed[l]++
			total++
			maxSize = max(maxSize, int64(size))
			require.LessOrEqual(t, r.p.bytes, cfg.MaxQueueBytes)
			if pause := rapid.IntRange(0, 30).Draw(t, "pause_ms"); pause > 20 {
				r.run(r.now.Add(time.Duration(pause) * time.Millisecond))
			}
		}
		r.run(r.now.Add(cfg.MaxQueueTime + time.Minute))

		require.Equal(t, total, len(r.left)+len(r.dropped))
		require.Zero(t, r.p.bytes)
		limited := func(d departed) bool { return d.lane != laneAudio || cfg.PaceAudio }
		for i, from := range r.left {
			for _, to := range r.left[i:] {
				most := rate.Bytes(to.at.Sub(from.at)+cfg.Burst) + maxSize + 1
				require.LessOrEqual(t, r.bytes(from.at, to.at, limited), most)
			}
			require.GreaterOrEqual(t, from.at, start)
		}
		next := map[lane]int{}
		for _, d := range r.left {
			require.GreaterOrEqual(t, int(d.seq), next[d.lane])
			next[d.lane] = int(d.seq) + 1
		}
	})
}
