// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testLink is one bottleneck in virtual time with an encoder, a pacer and a receiver
// around it: enough of a path to see what the estimator does.
type testLink struct {
	capacity func(Time) Bitrate
	delay    time.Duration
	queue    time.Duration // drop-tail, zero for 300 ms
	jitter   func(*rand.Rand, Time) time.Duration
	loss     float64
	// deaf and blind say when packets and feedback are lost.
	deaf, blind func(Time) bool
	// clock shifts the receiver's clock.
	clock    func(Time) time.Duration
	appLimit Bitrate
	silent   func(Time) bool
	every    time.Duration // feedback interval, zero for 50 ms
	fps      int           // zero for 30
	seed     int64
	firstSeq int64
}

// testRun is what a run over a testLink showed.
type testRun struct {
	est      *Estimator
	delay    []time.Duration // queueing of each delivered packet
	bits     map[int]float64 // delivered by second
	targets  []Update        // one each 100 ms
	events   []string
	lost     int
	sent     int
	heldBack int
}

func flat(b Bitrate) func(Time) Bitrate { return func(Time) Bitrate { return b } }

const testPacket = 1200

// run drives an estimator over l for d.
func (l testLink) run(t testing.TB, cfg Config, d time.Duration) *testRun {
	t.Helper()
	s := l.sender(t, cfg)
	for s.now < Time(d) {
		s.step()
	}

	return s.testRun
}

// sender returns what drives an estimator over l step by step.
func (l testLink) sender(t testing.TB, cfg Config) *testSender {
	t.Helper()
	est, err := New(cfg, 0)
	require.NoError(t, err)
	s := &testSender{testLink: l, testRun: &testRun{est: est, bits: map[int]float64{}}, r: rand.New(rand.NewSource(l.seed + 1)), seq: l.firstSeq}
	if s.every == 0 {
		s.every = 50 * time.Millisecond
	}
	if s.queue == 0 {
		s.queue = 300 * time.Millisecond
	}
	if s.fps == 0 {
		s.fps = 30
	}
	est.SetObserver(func(e Event) { s.events = append(s.events, e.EventName()) })
	s.update = est.Latest()

	return s
}

type arrival struct {
	seq int64
	at  Time
}

type report struct {
	at      Time
	results []PacketResult
}

type testSender struct {
	testLink
	*testRun
	r      *rand.Rand
	now    Time
	update Update
	probes []Probe
	probed int

	seq                         int64
	backlog                     int
	frameAt, sendAt             Time
	feedbackAt, timerAt, tickAt Time

	free, lastOut Time
	arrived       []arrival
	base          int64
	reports       []report
}

func (s *testSender) step() {
	before := s.now
	s.now = min(s.frameAt, s.feedbackAt, s.timerAt, s.tickAt)
	if s.backlog > 0 || len(s.probes) > 0 {
		s.now = min(s.now, max(s.sendAt, before))
	}
	if len(s.reports) > 0 {
		s.now = min(s.now, s.reports[0].at)
	}
	switch {
	case len(s.reports) > 0 && s.now >= s.reports[0].at:
		r := s.reports[0]
		s.reports = s.reports[1:]
		s.take(s.est.OnFeedback(Feedback{At: s.now, Results: r.results}))
	case s.now >= s.frameAt:
		s.frame()
	case s.now >= s.feedbackAt:
		s.feedback()
	case s.now >= s.timerAt:
		s.timerAt = s.now.Add(25 * time.Millisecond)
		s.take(s.est.OnTimer(s.now))
	case s.now >= s.tickAt:
		s.tickAt = s.now.Add(100 * time.Millisecond)
		s.targets = append(s.targets, s.update)
	default:
		s.send()
	}
}

func (s *testSender) take(u Update) {
	s.update = u
	s.probes = append(s.probes, u.Probes...)
}

func (s *testSender) frame() {
	s.frameAt = s.now.Add(time.Second / time.Duration(s.fps))
	rate := s.update.Estimate
	if s.appLimit > 0 {
		rate = min(rate, s.appLimit)
	}
	if s.silent != nil && s.silent(s.now) {
		return
	}
	if Bitrate(s.backlog)*8*2 > s.update.PacingRate {
		s.heldBack++

		return
	}
	s.backlog += int(float64(rate) / 8 / float64(s.fps) * (1 + 0.15*s.r.NormFloat64()))
	s.sendAt = max(s.sendAt, s.now)
}

func (s *testSender) send() {
	p := SentPacket{At: s.now, Seq: s.seq, Size: testPacket}
	rate := s.update.PacingRate
	if len(s.probes) > 0 {
		probe := s.probes[0]
		p.ProbeCluster, rate = probe.ID, probe.Bitrate
		s.probed++
		if s.probed >= probe.MinPackets && int64(s.probed*testPacket) >= probe.Bitrate.Bytes(probe.MinDuration) {
			s.probes, s.probed = s.probes[1:], 0
		}
	} else {
		p.Size = min(testPacket, max(s.backlog, 80))
		s.backlog = max(0, s.backlog-p.Size)
	}
	s.seq++
	s.sent++
	s.est.OnSent(p)
	s.sendAt = s.now.Add(max(rate, 1000).TimeFor(int64(p.Size)))
	s.forward(p)
}

func (s *testSender) forward(p SentPacket) {
	start := max(s.now, s.free)
	wait := start.Sub(s.now)
	if wait > s.queue {
		s.lost++

		return
	}
	s.free = start.Add(max(s.capacity(start), 1000).TimeFor(int64(p.Size)))
	s.testRun.delay = append(s.testRun.delay, wait)
	s.bits[int(s.free/Time(time.Second))] += float64(p.Size) * 8
	if s.r.Float64() < s.loss || s.deaf != nil && s.deaf(s.free) {
		s.lost++

		return
	}
	out := s.free.Add(s.testLink.delay)
	if s.jitter != nil {
		out = out.Add(s.jitter(s.r, s.free))
	}
	s.lastOut = max(out, s.lastOut+1000)
	s.arrived = append(s.arrived, arrival{p.Seq, s.lastOut})
}

func (s *testSender) feedback() {
	s.feedbackAt = s.now.Add(s.every)
	n := 0
	for n < len(s.arrived) && s.arrived[n].at <= s.now {
		n++
	}
	if n == 0 {
		return
	}
	shift := time.Duration(0)
	if s.clock != nil {
		shift = s.clock(s.now)
	}
	var results []PacketResult
	next := max(s.base, s.firstSeq)
	for _, a := range s.arrived[:n] {
		for ; next < a.seq; next++ {
			results = append(results, PacketResult{Seq: next})
		}
		results = append(results, PacketResult{Seq: a.seq, Received: true, ReceivedAt: (a.at / 250000 * 250000).Add(shift)})
		next = a.seq + 1
	}
	s.base = next
	s.arrived = slices.Delete(s.arrived, 0, n)
	if s.blind == nil || !s.blind(s.now) {
		s.reports = append(s.reports, report{s.now.Add(s.testLink.delay), results})
	}
}

// used returns the share of capacity that was delivered from one second to another.
func (r *testRun) used(capacity Bitrate, from, to int) float64 {
	sum := 0.0
	for s := from; s < to; s++ {
		sum += r.bits[s]
	}

	return sum / float64(to-from) / float64(capacity)
}

// queueing returns a quantile of the queueing of delivered packets.
func (r *testRun) queueing(q float64) time.Duration {
	d := slices.Clone(r.delay)
	slices.Sort(d)

	return d[int(q*float64(len(d)-1))]
}

// falls counts how often the estimate fell by over 15 % of its peak since the last
// fall.
func (r *testRun) falls(from int) int {
	n, peak := 0, Bitrate(0)
	for _, u := range r.targets[min(from*10, len(r.targets)):] {
		peak = max(peak, u.Estimate)
		if float64(u.Estimate) < 0.85*float64(peak) {
			n++
			peak = u.Estimate
		}
	}

	return n
}

// wanderingJitter is an Ornstein-Uhlenbeck delay.
func wanderingJitter(mean, deviation, constant time.Duration) func(*rand.Rand, Time) time.Duration {
	x, last := float64(mean), Time(0)

	return func(r *rand.Rand, now Time) time.Duration {
		a := math.Exp(-float64(now.Sub(last)) / float64(constant))
		last = now
		x = float64(mean) + (x-float64(mean))*a + float64(deviation)*math.Sqrt(1-a*a)*r.NormFloat64()

		return time.Duration(math.Max(0, x))
	}
}
