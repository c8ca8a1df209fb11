// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
)

func selected(t require.TestingT, name string) *Scenario {
	found, err := Select(name)
	require.NoError(t, err)

	return &found[0]
}

func play(t require.TestingT, s *Scenario, seed uint64, flows ...string) *Result {
	var choices []Choice
	for _, name := range flows {
		c, err := ParseChoice(name)
		require.NoError(t, err)
		choices = append(choices, c)
	}
	r, err := Run(context.Background(), s, Options{Flows: choices, Seed: seed})
	require.NoError(t, err)

	return r
}

func TestTheOracleUsesNearlyAll(t *testing.T) {
	for _, name := range []string{"steady-500k", "steady-2m", "steady-8m", "steady-shallow", "jitter-ou", "loss-10", "poisson-4m", "feedback-coarse", "drop-8-1-8", "rfc8867-6.3"} {
		r := play(t, selected(t, name), 1, "oracle")
		require.InDelta(t, 0.97, r.Utilisation, 0.01, name)
		require.Less(t, r.TimeTo90, 2.0, name)
	}
	r := play(t, selected(t, "selffair-3"), 1, "oracle")
	require.InDelta(t, 0.97, r.Utilisation, 0.01)
	require.InDelta(t, 1, r.Jain, 0.001)
	require.InDelta(t, 1, r.Fairness["1s"], 0)
}

func TestEveryScenarioRunsUnderEveryPreset(t *testing.T) {
	for _, s := range Library() {
		last := Duration(0)
		for _, f := range s.Flows {
			last = max(last, f.Start)
		}
		s.Duration, s.Warmup = last+10*second, 0
		for _, flow := range []string{"default", "gcc", "default+rc", "oracle"} {
			r := play(t, &s, 1, flow)
			for _, f := range r.Flows {
				require.Positive(t, f.PacketsSent, "%s under %s", s.Name, flow)
				require.Positive(t, f.FeedbackSent, "%s under %s", s.Name, flow)
			}
			// Above one is what waited in the queue at the end of the warm-up, and what was
			// sent again.
			require.Less(t, r.Utilisation*(1-r.Loss), 1.2, "%s under %s", s.Name, flow)
		}
	}
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	text := func(name string, seed uint64) string {
		r := play(t, selected(t, name), seed, "default", "gcc+rc")
		out, err := json.Marshal(struct {
			*Result
			Series Series
		}{r, r.Series})
		require.NoError(t, err)

		return string(out)
	}
	for _, name := range []string{"cellular-2m", "rfc8867-5.7", "loss-jitter", "feedback-late"} {
		first := text(name, 7)
		require.Equal(t, first, text(name, 7), name)
		require.NotEqual(t, first, text(name, 8), name)
	}
}

func TestAnotherFlowLeavesThePathAsItWas(t *testing.T) {
	one := play(t, selected(t, "cellular-2m"), 3, "oracle")
	two := play(t, selected(t, "cellular-2m"), 3, "oracle", "default")
	require.Equal(t, one.Series.Capacity, two.Series.Capacity)
	require.Len(t, two.Flows, 2)
}

func TestControllersAreDealtInTurn(t *testing.T) {
	names := func(s *Scenario, flows ...string) []string {
		s.Duration, s.Warmup = 50*second, 0
		var out []string
		for _, f := range play(t, s, 1, flows...).Flows {
			out = append(out, f.Controller)
		}

		return out
	}
	require.Equal(t, []string{"oracle", "oracle", "oracle"}, names(selected(t, "selffair-3"), "oracle"))
	require.Equal(t, []string{"oracle", "default", "oracle"}, names(selected(t, "selffair-3"), "oracle", "default"))
	require.Equal(t, []string{"oracle", "default", "gcc"}, names(selected(t, "steady-2m"), "oracle", "default", "gcc"))
}

// Every packet that was sent arrived, was lost or is on its way.
func TestPacketsAreConserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &Scenario{Name: "random", Duration: Duration(rapid.Int64Range(int64(200*millisecond), int64(8*second)).Draw(t, "duration"))}
		for range rapid.IntRange(1, 3).Draw(t, "links") {
			l := Link{
				Capacity: Constant(Rate(rapid.Int64Range(100_000, 5_000_000).Draw(t, "rate"))),
				Delay:    Duration(rapid.Int64Range(0, int64(200*millisecond)).Draw(t, "delay")),
				Queue:    Duration(rapid.Int64Range(int64(millisecond), int64(second)).Draw(t, "queue")),
			}
			if rapid.Bool().Draw(t, "lossy") {
				l.Loss = &Loss{Rate: 0.2, Burst: 3}
			}
			if rapid.Bool().Draw(t, "jittery") {
				l.Jitter = &Jitter{Kind: JitterUniform, Amplitude: 80 * millisecond, Reorder: rapid.Bool().Draw(t, "reorder")}
			}
			if rapid.Bool().Draw(t, "stalls") {
				l.Stalls = []Window{{From: 50 * millisecond, To: 300 * millisecond}}
			}
			s.Forward = append(s.Forward, l)
		}
		s.Backward = []Link{{Capacity: Constant(100 * kbps), Delay: 20 * millisecond, Loss: &Loss{Rate: 0.1}}}
		s.Flows = []Flow{{}, {Start: 100 * millisecond, Backward: true}, {Links: &[2]int{0, 0}, Delay: 30 * millisecond}}
		s.TCP = []TCP{{Count: 2}}
		s.Cross = []Cross{{Rate: Constant(50 * kbps)}}
		require.NoError(t, s.Validate())
		run := &simulation{scenario: s.withDefaults()}
		gcc, err := ParseChoice("gcc")
		require.NoError(t, err)
		require.NoError(t, run.build(Options{Flows: []Choice{gcc}, Seed: rapid.Uint64().Draw(t, "seed")}))
		require.NoError(t, run.play(context.Background()))

		media, feedback := map[int]int64{}, map[*sender]int64{}
		onTheWay := func(p *packet) {
			if p == nil {
				return
			}
			if p.flow >= 0 {
				media[p.flow]++
			}
			if s, ok := p.owner.(*sender); ok {
				feedback[s]++
			}
		}
		for i := range run.timeline.heap {
			onTheWay(run.timeline.heap[i].p)
		}
		for _, l := range append(run.forward, run.backward...) {
			require.Equal(t, l.counts.entered, l.counts.overflowed+l.counts.lost+l.counts.carried+int64(l.queue.len()))
			bytes := 0
			for i := range l.queue.len() {
				onTheWay(*l.queue.at(i))
				bytes += (*l.queue.at(i)).size
			}
			require.Equal(t, bytes, l.queuedBytes)
		}
		for i, f := range run.senders {
			r := f.record
			require.Equal(t, r.packetsSent, r.packetsArrived+r.packetsLost+media[i])
			require.Equal(t, r.feedbackSent, r.feedbackArrived+r.feedbackLost+feedback[f])
		}
	})
}

func TestLossOfTheRunIsThatOfThePath(t *testing.T) {
	s := selected(t, "loss-10-capped")
	s.Flows[0].Player.NoRetransmission = true
	r := play(t, s, 1, "oracle")
	require.InDelta(t, 0.1, r.Loss, 0.01)
	require.InDelta(t, 0.9*float64(r.Available), float64(r.Delivered), 0.02*float64(r.Available))
	require.InDelta(t, 1, r.Utilisation, 0.01, "what is lost behind the link has used it")
}

func TestFixedRateIsWhatArrives(t *testing.T) {
	s := selected(t, "steady-8m")
	s.Flows = []Flow{{Source: Source{Noise: -1}}}
	r := play(t, s, 1, "fixed:3Mbps")
	require.InEpsilon(t, 3e6, float64(r.Delivered), 0.005)
	require.InEpsilon(t, 3.0/8, r.Utilisation, 0.005)
	require.Zero(t, r.Loss)
	require.Zero(t, r.TargetCV)
	require.InDelta(t, -1, r.TimeTo90, 0)
}

func TestPauseAndStop(t *testing.T) {
	s := selected(t, "steady-2m")
	s.Duration = 30 * second
	s.Flows = []Flow{{Start: 2 * second, Stop: 20 * second, Source: Source{Pauses: []Window{{From: 8 * second, To: 12 * second}}}}}
	r := play(t, s, 1, "fixed:1Mbps")
	rate := r.Series.Flows[0].Delivered
	require.Zero(t, meanRate(rate[:20]))
	require.InEpsilon(t, 1e6, float64(meanRate(rate[30:80])), 0.05)
	require.Zero(t, meanRate(rate[85:119]))
	require.InEpsilon(t, 1e6, float64(meanRate(rate[130:200])), 0.05)
	require.Zero(t, meanRate(rate[205:]))
	require.Zero(t, r.Series.Available[100])
}

func TestACongestionWindowBoundsWhatIsInFlight(t *testing.T) {
	const window = 20_000
	bounded := ControllerChoice("window", func(l Limits, v PathView) Controller {
		return &windowed{steady: steady{rate: 5 * bwe.Mbps}, window: window}
	})
	s := selected(t, "steady-8m")
	s.Forward[0].Outages = []Window{{From: 30 * second, To: 33 * second}}
	r, err := Run(context.Background(), s, Options{Flows: []Choice{bounded}, Seed: 1})
	require.NoError(t, err)
	// A window a round trip of 40 ms, and up to 50 until the report.
	require.Less(t, float64(r.Delivered), window*8/0.04)
	require.Greater(t, float64(r.Delivered), window*8/0.12)
	// All of it was lost in the outage, and no feedback came.
	late := r.Series.Flows[0].Delivered[340:]
	require.Greater(t, float64(meanRate(late)), window*8/0.12)
}

type windowed struct {
	steady

	window int64
}

func (c *windowed) Start(now bwe.Time) (bwe.Update, error) { return c.OnTimer(now) }

func (c *windowed) OnFeedback(f bwe.Feedback) (bwe.Update, error) { return c.OnTimer(f.At) }

func (c *windowed) OnTimer(now bwe.Time) (bwe.Update, error) {
	u, err := c.steady.OnTimer(now)
	u.CongestionWindow = c.window

	return u, err
}

var errBroken = errors.New("broken")

// broken fails at one of its calls.
type broken struct {
	steady

	at string
}

func (c *broken) fail(at string) error {
	if c.at == at {
		return errBroken
	}

	return nil
}

func (c *broken) Start(now bwe.Time) (bwe.Update, error) {
	u, _ := c.steady.Start(now)

	return u, c.fail("start")
}
func (c *broken) OnSent(bwe.SentPacket) error { return c.fail("sent") }

func (c *broken) OnFeedback(f bwe.Feedback) (bwe.Update, error) {
	u, _ := c.OnTimer(f.At)

	return u, c.fail("feedback")
}
func (c *broken) Close() error { return c.fail("close") }

func TestAControllersErrorEndsTheRun(t *testing.T) {
	for _, call := range []string{"start", "sent", "feedback", "close"} {
		choice := ControllerChoice("mine", func(Limits, PathView) Controller { return &broken{steady: steady{rate: bwe.Mbps}, at: call} })
		_, err := Run(context.Background(), selected(t, "steady-2m"), Options{Flows: []Choice{choice}})
		require.ErrorIs(t, err, errBroken, call)
		require.ErrorContains(t, err, "steady-2m")
	}
}

func TestWildAnswersAreTamed(t *testing.T) {
	wild := ControllerChoice("wild", func(Limits, PathView) Controller {
		return &answering{update: bwe.Update{
			Estimate: 1 << 60, PacingRate: 1 << 60, PaddingRate: 1 << 60,
			Probes: []bwe.Probe{{ID: 1, Bitrate: 1 << 60, MinPackets: 10_000, MinDuration: time.Second}, {ID: 2, Bitrate: -5}},
		}}
	})
	s := selected(t, "steady-2m")
	s.Duration = 2 * second
	r, err := Run(context.Background(), s, Options{Flows: []Choice{wild}})
	require.NoError(t, err)
	require.InDelta(t, 1, r.Utilisation, 0.01)
	none := ControllerChoice("none", func(Limits, PathView) Controller { return &answering{update: bwe.Update{Estimate: -1, PacingRate: -1}} })
	r, err = Run(context.Background(), s, Options{Flows: []Choice{none}})
	require.NoError(t, err)
	require.Zero(t, r.Flows[0].PacketsSent)
}

type answering struct {
	steady

	update bwe.Update
}

func (c *answering) Start(bwe.Time) (bwe.Update, error)          { return c.update, nil }
func (c *answering) OnFeedback(bwe.Feedback) (bwe.Update, error) { return c.update, nil }

func TestRunRefuses(t *testing.T) {
	_, err := Run(context.Background(), selected(t, "steady-2m"), Options{})
	require.ErrorIs(t, err, ErrChoice)
	_, err = Run(context.Background(), &Scenario{}, Options{Flows: []Choice{fixed(t, "oracle")}})
	require.ErrorIs(t, err, ErrScenario)
	for _, name := range []string{"", "foo", "default+", "exec:", "exec: ", "fixed:", "fixed:0", "fixed:fast", "config:/does/not/exist", "oracle+rc"} {
		_, err := ParseChoice(name)
		require.Error(t, err, name)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	choice := ControllerChoice("mine", func(Limits, PathView) Controller {
		return &counting{steady: steady{rate: bwe.Mbps}, call: func() {
			if calls++; calls == 100 {
				cancel()
			}
		}}
	})
	s := selected(t, "steady-2m")
	s.Duration = maxDuration
	_, err := Run(ctx, s, Options{Flows: []Choice{choice}})
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, calls, 100+checkEvery)
}

type counting struct {
	steady

	call func()
}

func (c *counting) OnFeedback(f bwe.Feedback) (bwe.Update, error) {
	c.call()

	return c.steady.OnFeedback(f)
}

func TestNoAllocationPerPacket(t *testing.T) {
	for _, flow := range []string{"default", "default+rc"} {
		cost := func(length Duration) (mallocs uint64, packets int64) {
			s := selected(t, "loss-jitter")
			s.Forward[0].Jitter = nil
			s.Duration = length
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := play(t, s, 1, flow)
			runtime.ReadMemStats(&after)

			return after.Mallocs - before.Mallocs, r.Flows[0].PacketsSent
		}
		short, few := cost(20 * second)
		long, many := cost(120 * second)
		require.Greater(t, many-few, int64(10_000))
		require.Less(t, float64(long)-float64(short), 0.02*float64(many-few), flow)
	}
}

func BenchmarkTenMinuteCall(b *testing.B) {
	for _, flow := range []string{"default", "gcc", "default+rc", "oracle"} {
		b.Run(flow, func(b *testing.B) {
			s := selected(b, "jitter-rfc8868")
			s.Duration = 600 * second
			packets := int64(0)
			b.ReportAllocs()
			for range b.N {
				packets += play(b, s, 1, flow).Flows[0].PacketsSent
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(packets), "ns/packet")
		})
	}
}

func ExampleRun() {
	scenarios, _ := Select("steady-2m")
	oracle, _ := ParseChoice("oracle")
	r, _ := Run(context.Background(), &scenarios[0], Options{Flows: []Choice{oracle}, Seed: 1})
	fmt.Printf("%.2f\n", r.Utilisation)
	// Output: 0.97
}
