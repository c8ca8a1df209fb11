// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

const (
	commonRate  = 4 * mbps
	commonDelay = 40 * millisecond
)

func steadyScenarios() []Scenario {
	return []Scenario{
		path1("steady-500k", "constant 500 kbps", 500*kbps, 50*millisecond).with(func(s *Scenario) { s.Start = 200 * kbps }),
		path1("steady-2m", "constant 2 Mbps", 2*mbps, 50*millisecond),
		path1("steady-8m", "constant 8 Mbps", 8*mbps, 20*millisecond),
		path1("steady-2m-key", "constant 2 Mbps, a key frame every 2 s", 2*mbps, 50*millisecond).
			with(func(s *Scenario) { s.Flows = []Flow{{Source: Source{KeyInterval: 2 * second}}} }),
		path1("steady-shallow", "4 Mbps, a queue of 40 ms", commonRate, commonDelay).
			with(func(s *Scenario) { s.Forward[0].Queue = 40 * millisecond }),
		path1("steady-deep", "3 Mbps, a queue of 1.5 s", 3*mbps, commonDelay).
			with(func(s *Scenario) { s.Forward[0].Queue = 1500 * millisecond }),
		path1("steady-intl", "5 Mbps over 300 ms of round trip with 1 % of loss", 5*mbps, 150*millisecond).
			with(func(s *Scenario) { s.Forward[0].Loss = &Loss{Rate: 0.01} }),
	}
}

func capacityScenarios() []Scenario {
	generated := func(name, about string, g Generator) Scenario {
		s := path1(name, about, 0, commonDelay)
		s.Duration = 120 * second
		s.Forward[0].Capacity = Capacity{Generator: &g}

		return s
	}
	stepped := func(name, about string, steps ...Step) Scenario {
		s := path1(name, about, 0, 30*millisecond)
		s.Duration = 75 * second
		s.Forward[0].Capacity = Capacity{Steps: steps}

		return s
	}

	return []Scenario{
		stepped("drop-8-1-8", "8 Mbps falls to 1 from 30 to 45 s", Step{0, 8 * mbps}, Step{30 * second, mbps}, Step{45 * second, 8 * mbps}),
		stepped("drop-half", "4 Mbps falls to 2 at 30 s for good", Step{0, commonRate}, Step{30 * second, 2 * mbps}),
		stepped("drop-brief", "4 Mbps falls to 1 for one second, twice", Step{0, commonRate}, Step{25 * second, mbps},
			Step{26 * second, commonRate}, Step{50 * second, mbps}, Step{51 * second, commonRate}),
		generated("poisson-4m", "Poisson capacity of mean 4 Mbps, held 2.2 s", Generator{Kind: GeneratorPoisson, Mean: commonRate, Min: 800 * kbps}),
		generated("poisson-4m-slow", "Poisson capacity of mean 4 Mbps, held 4.2 s", Generator{Kind: GeneratorPoisson, Mean: commonRate, Min: 800 * kbps, Hold: 4 * second}),
		generated("markov-1-6m", "Markov chain over 1, 2, 4 and 6 Mbps, held 5 s", Generator{Kind: GeneratorMarkov, States: []Rate{mbps, 2 * mbps, commonRate, 6 * mbps}, Hold: 5 * second}),
		generated("cellular-2m", "fading cellular uplink around 2 Mbps that halves or doubles every 6 s", Generator{Kind: GeneratorCellular, Mean: 2 * mbps, Hold: 6 * second}),
		generated("cellular-6m", "fading cellular uplink around 6 Mbps that halves or doubles every 3 s", Generator{Kind: GeneratorCellular, Mean: 6 * mbps, Hold: 3 * second}),
		generated("cellular-deep", "deeply fading cellular uplink around 3 Mbps, released on a grid of 20 ms", Generator{Kind: GeneratorCellular, Mean: 3 * mbps, Hold: 8 * second, Depth: 0.5}).
			with(func(s *Scenario) { s.Forward[0].Jitter = &Jitter{Kind: JitterBatch, Period: 20 * millisecond} }),
	}
}

func jitterScenarios() []Scenario {
	jittered := func(name, about string, j Jitter) Scenario {
		s := path1("jitter-"+name, about, commonRate, commonDelay)
		s.Forward[0].Jitter = &j

		return s
	}
	ou := func(mean, deviation, period Duration) Jitter {
		return Jitter{Kind: JitterOU, Mean: mean * millisecond, Deviation: deviation * millisecond, Period: period * millisecond}
	}

	return []Scenario{
		jittered("rfc8868", "truncated Gaussian, deviation 5 ms", Jitter{Kind: JitterGaussian, Deviation: 5 * millisecond}),
		jittered("uniform", "uniform up to 60 ms", Jitter{Kind: JitterUniform, Amplitude: 60 * millisecond}),
		jittered("ou-mild", "Ornstein-Uhlenbeck, 12 ± 5 ms over 150 ms", ou(12, 5, 150)),
		jittered("ou", "Ornstein-Uhlenbeck, 25 ± 15 ms over 200 ms", ou(25, 15, 200)),
		jittered("ou-slow", "Ornstein-Uhlenbeck, 35 ± 20 ms over 1 s", ou(35, 20, 1000)),
		jittered("sine", "sine of 50 ms, period 4 s", Jitter{Kind: JitterSine, Amplitude: 50 * millisecond, Period: 4 * second}),
		jittered("sawtooth", "ramp to 60 ms over 600 ms, every 3 s", Jitter{Kind: JitterSawtooth, Amplitude: 60 * millisecond, Rise: 600 * millisecond, Period: 3 * second}),
		jittered("wifi", "stalls of 20 to 110 ms, every 1.2 s", Jitter{Kind: JitterStall, Mean: 20 * millisecond, Amplitude: 110 * millisecond, Deviation: 3 * millisecond, Period: 1200 * millisecond}),
		jittered("cellular", "released on a grid of 20 ms", Jitter{Kind: JitterBatch, Period: 20 * millisecond}),
		jittered("capped", "Ornstein-Uhlenbeck, 30 ± 20 ms over 300 ms, a source of at most 1.8 Mbps", ou(30, 20, 300)).
			with(func(s *Scenario) { s.Flows = []Flow{{Source: Source{Max: 1800 * kbps}}} }),
		jittered("reorder", "uniform up to 20 ms, packets overtake", Jitter{Kind: JitterUniform, Amplitude: 20 * millisecond, Reorder: true}),
	}
}

func lossScenarios() []Scenario {
	lossy := func(name, about string, delay Duration, l Loss) Scenario {
		s := path1("loss-"+name, about, commonRate, delay)
		s.Forward[0].Loss = &l

		return s
	}
	capped := func(s *Scenario) { s.Flows = []Flow{{Source: Source{Max: 1800 * kbps}}} }

	return []Scenario{
		lossy("2", "2 % at random", commonDelay, Loss{Rate: 0.02}),
		lossy("5", "5 % at random", 75*millisecond, Loss{Rate: 0.05}),
		lossy("10", "10 % at random", 75*millisecond, Loss{Rate: 0.10}),
		lossy("10-capped", "10 % at random, a source of at most 1.8 Mbps", 75*millisecond, Loss{Rate: 0.10}).with(capped),
		lossy("20-capped", "20 % at random, a source of at most 1.8 Mbps", 75*millisecond, Loss{Rate: 0.20}).with(capped),
		lossy("burst", "5 % in bursts of six", commonDelay, Loss{Rate: 0.05, Burst: 6}),
		lossy("jitter", "5 % at random with correlated jitter", 60*millisecond, Loss{Rate: 0.05}).with(func(s *Scenario) {
			s.Forward[0].Jitter = &Jitter{Kind: JitterOU, Mean: 20 * millisecond, Deviation: 12 * millisecond, Period: 200 * millisecond}
		}),
	}
}

func outageScenarios() []Scenario {
	window := []Window{{From: 30 * second, To: 32 * second}}
	common := func(name, about string) Scenario { return path1("outage-"+name, about, commonRate, commonDelay) }

	return []Scenario{
		common("2s", "everything is lost from 30 to 32 s").with(func(s *Scenario) { s.Forward[0].Outages = window }),
		common("stall", "nothing leaves the queue from 30 to 32 s").with(func(s *Scenario) { s.Forward[0].Stalls = window }),
		common("feedback", "no feedback from 30 to 32 s").with(func(s *Scenario) {
			s.Backward = []Link{{Delay: commonDelay, Outages: window}}
		}),
	}
}

func feedbackScenarios() []Scenario {
	common := func(name, about string, f Feedback) Scenario {
		s := path1("feedback-"+name, about, commonRate, commonDelay)
		s.Feedback = f

		return s
	}
	coarse := Feedback{Interval: 100 * millisecond, Quantum: 20 * millisecond, OmitEdgeLoss: true}

	return []Scenario{
		common("loss", "15 % of the feedback is lost", Feedback{}).with(func(s *Scenario) {
			s.Backward = []Link{{Delay: commonDelay, Loss: &Loss{Rate: 0.15}}}
		}),
		common("late", "feedback is reordered and up to 150 ms late", Feedback{}).with(func(s *Scenario) {
			s.Backward = []Link{{Delay: commonDelay, Jitter: &Jitter{Kind: JitterUniform, Amplitude: 150 * millisecond, Reorder: true}}}
		}),
		common("sparse", "feedback each 200 ms", Feedback{Interval: 200 * millisecond}),
		common("duplicate", "a third of the feedback comes twice", Feedback{Duplicate: 0.33}),
		common("skew", "the receiver's clock runs 200 ppm fast", Feedback{ClockSkew: 200}).with(func(s *Scenario) { s.Duration = 120 * second }),
		common("coarse", "receive times in steps of 20 ms, feedback each 100 ms, edge losses left out", coarse),
		common("coarse-loss", "the same with 3 % of loss", coarse).with(func(s *Scenario) {
			s.Forward[0].Delay = 60 * millisecond
			s.Forward[0].Loss = &Loss{Rate: 0.03}
		}),
	}
}

func sourceScenarios() []Scenario {
	common := func(name, about string, rate Rate, source Source) Scenario {
		s := path1("app-"+name, about, rate, commonDelay)
		s.Flows = []Flow{{Source: source}}

		return s
	}

	return []Scenario{
		common("capped", "a source of at most 3 Mbps on 8 Mbps", 8*mbps, Source{Max: 3 * mbps}),
		common("pause", "the source is silent from 25 to 35 s", commonRate, Source{Pauses: []Window{{From: 25 * second, To: 35 * second}}}),
		common("screen", "5 frames a second with key frames", 2*mbps, Source{FPS: 5, Noise: 0.3, KeyInterval: 5 * second, KeySize: 3}),
	}
}

func sharingScenarios() []Scenario {
	const shared = 3500 * kbps
	common := func(name, about string, length, warmup Duration, flows int, apart Duration) Scenario {
		s := path1(name, about, shared, 50*millisecond)
		s.Duration, s.Warmup = length, warmup
		for i := range flows {
			s.Flows = append(s.Flows, Flow{Start: Duration(i) * apart})
		}

		return s
	}
	against := func(name, about string, t TCP) Scenario {
		s := path1("tcp-"+name, about, commonRate, 50*millisecond)
		s.Duration, s.Warmup = 120*second, 25*second
		s.TCP = []TCP{t}

		return s
	}

	return []Scenario{
		common("selffair-2", "two flows, 10 s apart", 120*second, 40*second, 2, 10*second),
		common("selffair-3", "three flows, 20 s apart", 150*second, 70*second, 3, 20*second),
		against("cubic", "one CUBIC connection from 20 to 80 s", TCP{Start: 20 * second, Stop: 80 * second}),
		against("reno", "one Reno connection from 20 to 80 s", TCP{Kind: TCPReno, Start: 20 * second, Stop: 80 * second}),
		against("short", "five connections of 20 to 200 KB, 5 s apart", TCP{Count: 5, ShortMin: 20_000, ShortMax: 200_000, Idle: 5 * second}),
	}
}
