// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

const (
	// enough is the share of what is available that counts as using it.
	enough = 0.9
	// shortQueue is the mean queueing delay up to which a path counts as drained.
	shortQueue = 50 * time.Millisecond
	// fallShare is what a fall leaves of the peak.
	fallShare = 0.85
	// lasting is how long a change of the available rate must hold to be followed,
	// and noticeable how large it must be.
	lasting    = 5 * int(time.Second/Bin)
	noticeable = 0.1
	// The watermarks of oscillation, as shares of the mean.
	lowMark, highMark = 0.85, 1.15
	// unfair is the ratio of two flows' rates above which a window is unfair.
	unfair = 3
)

func (s *simulation) result(o Options) *Result {
	sc := &s.scenario
	available := s.available()
	warm := min(binOf(sc.Warmup.time()), len(available)-1)
	for _, f := range s.senders {
		f.playback = watch(&f.cfg.Player, f.delivery.frames, f.cfg.Start.time(), min(f.cfg.Stop, sc.Duration).time())
	}
	r := &Result{
		Scenario: sc.Name, Seed: o.Seed, Duration: sc.Duration.Std().Seconds(),
		Available: meanRate(available[warm:]), Series: s.series(available),
	}
	used := s.used()
	r.Utilisation = ratio(sumBytes(used[warm:])*8/Bin.Seconds(), sumRates(available[warm:]))
	r.TCP = rateOfBytes(s.monitor.tcp[warm:])
	r.TimeTo90 = s.timeTo90(used, available)
	r.Convergence = s.convergence(used, available)
	queueing := newQueueing()
	var sent, lost, media, feedback int64
	for i, f := range s.senders {
		flow := f.result(warm)
		r.Flows = append(r.Flows, flow)
		r.Delivered += rateOfBytes(f.record.delivered[warm:])
		r.Target += meanRate(f.record.targets[warm:])
		r.TargetCV += flow.TargetCV / float64(len(s.senders))
		r.Falls += flow.Falls / float64(len(s.senders))
		r.Stalls += flow.Player.PerMinute() / float64(len(s.senders))
		r.Still += flow.Player.Still / float64(len(s.senders))
		r.Latency += flow.Player.Latency / float64(len(s.senders))
		sent, lost = sent+flow.PacketsSent, lost+flow.PacketsLost
		media, feedback = media+flow.BytesSent, feedback+flow.FeedbackBytes
		queueing.Merge(&s.senders[i].record.queueing)
	}
	r.Queue50, r.Queue95, r.Queue99 = quantiles(&queueing)
	r.Loss = ratio(float64(lost), float64(sent))
	r.FeedbackOverhead = ratio(float64(feedback), float64(media))
	r.Jain, r.Fairness = s.fairness(warm)

	return r
}

// available is what was there for media at the reference link in each bin.
func (s *simulation) available() []bwe.Bitrate {
	sc := &s.scenario
	bins := len(s.monitor.tcp)
	out := make([]bwe.Bitrate, bins)
	capacity := s.reference
	for i := range out {
		from, to := bwe.Time(i)*bwe.Time(Bin), bwe.Time(i+1)*bwe.Time(Bin)
		cross := bwe.Bitrate(0)
		for _, c := range s.cross {
			if from >= c.cfg.Start.time() && from < c.cfg.Stop.time() {
				cross += c.schedule.mean(from, to)
			}
		}
		made := bwe.Bitrate(0)
		for k := range sc.Flows {
			f := &sc.Flows[k]
			if !s.crosses(f) || !f.active(from) {
				continue
			}
			if f.Source.Max == 0 {
				made = maxRate

				break
			}
			made += (f.Source.Max + f.Source.Audio).Bitrate()
		}
		out[i] = min(max(0, capacity.mean(from, to)-cross), made)
	}

	return out
}

// crosses reports whether a flow's media crosses the reference link.
func (s *simulation) crosses(f *Flow) bool {
	return !f.Backward && (f.Links == nil || f.Links[0] <= s.scenario.Reference && s.scenario.Reference <= f.Links[1])
}

// used is the bytes of all media through the reference link in each bin.
func (s *simulation) used() []int64 {
	out := make([]int64, len(s.monitor.tcp))
	for _, carried := range s.monitor.carried {
		for i, b := range carried {
			out[i] += b
		}
	}

	return out
}

// secondUsed reports whether the second before the end of bin used what there was.
func secondUsed(used []int64, available []bwe.Bitrate, end int) bool {
	from := end - binsPerSecond
	room := sumRates(available[from:end])

	return room > 0 && sumBytes(used[from:end])*8/Bin.Seconds() >= enough*room
}

func (s *simulation) timeTo90(used []int64, available []bwe.Bitrate) float64 {
	first := s.scenario.Flows[0].Start
	for i := range s.scenario.Flows {
		first = min(first, s.scenario.Flows[i].Start)
	}
	begin := binOf(first.time())
	for end := begin + binsPerSecond; end <= len(used); end++ {
		if secondUsed(used, available, end) {
			return float64(end-begin) / float64(binsPerSecond)
		}
	}

	return -1
}

func (s *simulation) convergence(used []int64, available []bwe.Bitrate) []Convergence {
	var changes []int
	last := 0
	for i := 1; i+lasting <= len(available); i++ {
		if !differs(available[i-1], available[i]) {
			continue
		}
		holds := i-last >= lasting || len(changes) == 0
		for k := i + 1; k < i+lasting && holds; k++ {
			holds = !differs(available[i], available[k])
		}
		last = i
		if holds {
			changes = append(changes, i)
		}
	}
	out := make([]Convergence, 0, len(changes))
	for n, i := range changes {
		until := len(available)
		if n+1 < len(changes) {
			until = changes[n+1]
		}
		c := Convergence{At: float64(i) / float64(binsPerSecond), From: available[i-1], To: available[i], Time: -1}
		for end := i + binsPerSecond; end <= until; end++ {
			if secondUsed(used, available, end) && s.meanQueue(end-binsPerSecond, end) <= shortQueue {
				c.Time = float64(end-i) / float64(binsPerSecond)

				break
			}
		}
		out = append(out, c)
	}

	return out
}

func differs(a, b bwe.Bitrate) bool {
	return math.Abs(float64(a-b)) > noticeable*float64(max(a, b))
}

func (s *simulation) meanQueue(from, to int) time.Duration {
	var sum time.Duration
	packets := int32(0)
	for i := from; i < to; i++ {
		sum += s.monitor.waited[i]
		packets += s.monitor.waits[i]
	}
	if packets == 0 {
		return 0
	}

	return sum / time.Duration(packets)
}

// fairness compares the flows that cross the reference link, over the bins in
// which all of them are active.
func (s *simulation) fairness(warm int) (jain float64, windows map[string]float64) {
	var rates [][]float64
	together := make([]bool, len(s.monitor.tcp))
	for i := range together {
		together[i] = i >= warm
	}
	for k := range s.scenario.Flows {
		f := &s.scenario.Flows[k]
		if !s.crosses(f) {
			continue
		}
		rate := make([]float64, len(together))
		for i, b := range s.monitor.carried[k] {
			rate[i] = float64(b) / f.Weight
			together[i] = together[i] && f.active(bwe.Time(i)*bwe.Time(Bin))
		}
		rates = append(rates, rate)
	}
	var sum, squares float64
	for _, rate := range rates {
		x := 0.0
		for i, v := range rate {
			if together[i] {
				x += v
			}
		}
		sum += x
		squares += x * x
	}
	windows = map[string]float64{}
	for _, w := range []struct {
		name string
		bins int
	}{{"1s", binsPerSecond}, {"5s", 5 * binsPerSecond}, {"20s", 20 * binsPerSecond}} {
		windows[w.name] = fairShare(rates, together, w.bins)
	}
	if squares == 0 {
		return 1, windows
	}

	return sum * sum / (float64(len(rates)) * squares), windows
}

// fairShare is the share of windows without an unfair pair of flows.
func fairShare(rates [][]float64, together []bool, width int) float64 {
	fair, all := 0, 0
	for from := 0; from+width <= len(together); from += width {
		if slices.Contains(together[from:from+width], false) {
			continue
		}
		least, most := math.Inf(1), 0.0
		for _, rate := range rates {
			sum := 0.0
			for _, v := range rate[from : from+width] {
				sum += v
			}
			least, most = min(least, sum), max(most, sum)
		}
		all++
		if most <= unfair*least {
			fair++
		}
	}
	if all == 0 {
		return 1
	}

	return float64(fair) / float64(all)
}

func (s *simulation) series(available []bwe.Bitrate) Series {
	m := s.monitor
	out := Series{Available: available, TCP: binRates(m.tcp), Cross: binRates(m.cross), QueueMax: m.longest}
	capacity := s.reference
	out.Queue = make([]time.Duration, len(available))
	out.Capacity = make([]bwe.Bitrate, len(available))
	for i := range available {
		out.Capacity[i] = capacity.mean(bwe.Time(i)*bwe.Time(Bin), bwe.Time(i+1)*bwe.Time(Bin))
		switch {
		case m.waits[i] > 0:
			out.Queue[i] = m.waited[i] / time.Duration(m.waits[i])
		case i > 0:
			out.Queue[i], out.QueueMax[i] = out.Queue[i-1], out.QueueMax[i-1]
		}
	}
	for _, f := range s.senders {
		flow := FlowSeries{
			Controller: f.name, Estimate: f.record.estimated, Target: f.record.targets, Encoder: f.record.asks, Video: binRates(f.record.made),
			Delivered: binRates(f.record.delivered), Tier: f.record.tiers,
		}
		flow.Buffer, flow.Still = f.playback.series(len(available))
		out.Flows = append(out.Flows, flow)
	}

	return out
}
