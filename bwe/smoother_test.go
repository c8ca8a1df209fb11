// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// toyPath is a fluid link with jitter under an estimator that cries overuse at every
// fixed interval, whatever the path does: it falls to 0.85 of what is acknowledged, at
// most to 0.85 of itself, and climbs by 8 % a second.
type toyPath struct {
	t        require.TestingT
	smoother *Smoother
	events   []Smoothing

	now      Time
	capacity float64
	// every is the time between two cries of overuse.
	every  time.Duration
	growth float64
	jitter func(Time) time.Duration
	loss   float64

	estimate float64
	output   float64
	acked    float64
	queue    float64 // seconds
	carried  float64 // bits
}

const (
	toyFeedback = 50 * time.Millisecond
	toyBase     = 80 * time.Millisecond
)

// toyJitter is a triangle of 20 ms over 600 ms.
func toyJitter(t Time) time.Duration {
	const period = 600 * time.Millisecond
	phase := time.Duration(t) % period
	if phase > period/2 {
		phase = period - phase
	}

	return phase / 15
}

func newToyPath(t require.TestingT, cfg SmootherConfig) *toyPath {
	s, err := NewSmoother(cfg)
	require.NoError(t, err)
	p := &toyPath{t: t, smoother: s, capacity: 4e6, every: 1700 * time.Millisecond, growth: 0.08, jitter: toyJitter, estimate: 3e6, output: 3e6, acked: 3e6}
	s.SetObserver(func(e Event) {
		if v, ok := e.(*Smoothing); ok {
			require.Equal(t, "smoothing", v.EventName())
			require.Equal(t, v.At, v.Time())
			p.events = append(p.events, *v)
		}
	})

	return p
}

func enabled() SmootherConfig {
	c := DefaultSmoother()
	c.Enabled = true

	return c
}

// step runs one feedback interval.
func (p *toyPath) step() SmootherInput {
	const dt = float64(toyFeedback) / float64(time.Second)
	p.now = p.now.Add(toyFeedback)
	sent := p.output
	through := min(p.capacity, sent+p.queue*p.capacity/dt)
	p.queue = max(0, p.queue+(sent-p.capacity)/p.capacity*dt)
	p.carried += through * dt
	p.acked += 0.3 * (through - p.acked)
	if time.Duration(p.now)%p.every < toyFeedback || p.queue > 0.05 {
		p.estimate = min(p.estimate, 0.85*max(p.acked, 0))
	} else {
		p.estimate = min(p.estimate*(1+p.growth*dt), 1.5*p.acked+1e4)
	}
	p.estimate = max(p.estimate, 5e4)
	delay := p.jitter(p.now) + time.Duration(p.queue*float64(time.Second))
	in := SmootherInput{
		At: p.now, Estimate: Bitrate(p.estimate), Acked: Bitrate(p.acked), RTT: toyBase + delay, MinRTT: toyBase,
		QueueDelay: delay, Loss: p.loss,
	}
	p.output = float64(p.smoother.OnFeedback(in))
	if !p.smoother.Engaged() {
		require.Equal(p.t, in.Estimate, Bitrate(p.output))
	}

	return in
}

func (p *toyPath) run(d time.Duration) {
	for end := p.now.Add(d); p.now < end; {
		p.step()
	}
}

// engage runs until the smoother is in charge and has found its level.
func (p *toyPath) engage() {
	for p.now < Time(2*time.Minute) && !p.smoother.Engaged() {
		p.step()
	}
	require.True(p.t, p.smoother.Engaged())
	p.run(12 * time.Second)
	require.True(p.t, p.smoother.Engaged())
}

func TestSmootherGivesJitteryPathItsCapacity(t *testing.T) {
	t.Parallel()
	alone := newToyPath(t, DefaultSmoother())
	alone.run(2 * time.Minute)
	require.Empty(t, alone.events)
	p := newToyPath(t, enabled())
	worst := 0.0
	for p.now < Time(2*time.Minute) {
		p.step()
		worst = max(worst, p.queue)
	}
	require.NotEmpty(t, p.events)
	require.Equal(t, SmoothingOscillation, p.events[0].Reason)
	require.Greater(t, p.carried, 1.5*alone.carried)
	require.Greater(t, p.output, 0.85*p.capacity)
	require.Less(t, p.output, 1.05*p.capacity)
	require.Less(t, worst, 0.1)
}

func TestSmootherLetsGoWithinTwoRoundTrips(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*toyPath)
		reason SmoothingReason
	}{
		{"capacity falls to a third", func(p *toyPath) { p.capacity /= 3 }, SmoothingQueue},
		{"capacity falls to a tenth", func(p *toyPath) { p.capacity /= 10 }, SmoothingQueue},
		{"loss rises", func(p *toyPath) { p.loss = 0.04 }, SmoothingLoss},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newToyPath(t, enabled())
			p.engage()
			c.change(p)
			changed := p.now
			for p.smoother.Engaged() && p.now.Sub(changed) < time.Second {
				p.step()
			}
			last := p.events[len(p.events)-1]
			require.False(t, last.Engaged)
			require.Equal(t, c.reason, last.Reason)
			require.LessOrEqual(t, last.At.Sub(changed), 2*toyBase)
			require.Equal(t, Bitrate(p.estimate), Bitrate(p.output))
			require.Equal(t, last.Estimate, last.Output)
		})
	}
}

func TestSmootherStaysWhereThePathExplainsIt(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*toyPath){
		"loss within the margin": func(p *toyPath) { p.loss = 0.029 },
		"one late feedback": func(p *toyPath) {
			usual, at := p.jitter, p.now.Add(toyFeedback)
			p.jitter = func(t Time) time.Duration {
				if t == at {
					return usual(t) + 60*time.Millisecond
				}

				return usual(t)
			}
		},
		"estimate falls alone": func(p *toyPath) { p.estimate /= 3 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newToyPath(t, enabled())
			p.engage()
			change(p)
			p.run(time.Second)
			require.True(t, p.smoother.Engaged())
		})
	}
}

func TestSmootherStepsBackFromAStandingQueue(t *testing.T) {
	t.Parallel()
	p := newToyPath(t, enabled())
	p.engage()
	p.capacity = 0.93 * p.output
	before := p.output
	p.run(4 * time.Second)
	require.True(t, p.smoother.Engaged())
	last := p.events[len(p.events)-1]
	require.Equal(t, SmoothingTrimmed, last.Reason)
	require.Less(t, float64(last.Output), 0.9*before)
	require.Less(t, p.queue, 0.005)
}

// TestSmootherWaitsLongerEachTime makes every engagement end in congestion.
func TestSmootherWaitsLongerEachTime(t *testing.T) {
	t.Parallel()
	p := newToyPath(t, enabled())
	var released Time
	var waits []time.Duration
	for len(waits) < 3 && p.now < Time(5*time.Minute) {
		p.loss = 0
		if p.smoother.Engaged() {
			if released != 0 {
				waits = append(waits, p.now.Sub(released))
			}
			p.loss = 0.3
			p.step()
			require.False(t, p.smoother.Engaged())
			released, p.loss = p.now, 0
			p.run(time.Second)
		}
		p.step()
	}
	require.Len(t, waits, 3)
	cfg := enabled()
	for i, w := range waits {
		require.GreaterOrEqual(t, w, cfg.Wait<<i)
	}
}

func TestSmootherIsNothingWhereNothingSwings(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*toyPath{
		"off":     newToyPath(t, DefaultSmoother()),
		"no fall": newToyPath(t, enabled()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "no fall" {
				p.every, p.growth = time.Hour, 0
			}
			for p.now < Time(3*time.Minute) {
				in := p.step()
				require.Equal(t, in.Estimate, Bitrate(p.output))
				require.Equal(t, in.Estimate, p.smoother.OnTimer(p.now, in.Estimate))
			}
			require.Empty(t, p.events)
			// Off, a swing is still seen.
			require.Equal(t, name == "off", p.smoother.Oscillation().Active)
		})
	}
}

func TestSmootherLetsGoWhenBlindOrSwitchedOff(t *testing.T) {
	t.Parallel()
	reason := func(p *toyPath) SmoothingReason {
		require.False(t, p.smoother.Engaged())

		return p.events[len(p.events)-1].Reason
	}
	silent := newToyPath(t, enabled())
	silent.engage()
	require.Equal(t, Bitrate(silent.output), silent.smoother.OnTimer(silent.now.Add(500*time.Millisecond), Mbps))
	require.Equal(t, Mbps, silent.smoother.OnTimer(silent.now.Add(501*time.Millisecond), Mbps))
	require.Equal(t, SmoothingBlind, reason(silent))

	late := newToyPath(t, enabled())
	late.engage()
	late.now = late.now.Add(500 * time.Millisecond)
	late.step()
	require.Equal(t, SmoothingBlind, reason(late))

	told := newToyPath(t, enabled())
	told.engage()
	told.smoother.OnFeedback(SmootherInput{At: told.now.Add(toyFeedback), Estimate: Mbps, Acked: Mbps, State: StateBlind})
	require.Equal(t, SmoothingBlind, reason(told))

	off := newToyPath(t, enabled())
	off.engage()
	require.NoError(t, off.smoother.SetConfig(DefaultSmoother()))
	off.step()
	require.Equal(t, SmoothingOff, reason(off))

	grown := newToyPath(t, enabled())
	grown.engage()
	grown.estimate = 2 * grown.output
	grown.acked = grown.output
	grown.step()
	require.Equal(t, SmoothingOutgrown, reason(grown))

	calm := newToyPath(t, enabled())
	calm.engage()
	calm.every = time.Hour
	for calm.smoother.Engaged() && calm.now < Time(5*time.Minute) {
		calm.estimate = calm.output
		calm.step()
	}
	require.Equal(t, SmoothingCalm, reason(calm))
}

func TestSmootherIgnoresThePast(t *testing.T) {
	t.Parallel()
	plain, odd := newToyPath(t, enabled()), newToyPath(t, enabled())
	for plain.now < Time(time.Minute) {
		plain.step()
		in := odd.step()
		in.At = in.At.Add(-time.Second)
		in.Estimate, in.QueueDelay = 9*Mbps, time.Hour
		odd.smoother.OnFeedback(in)
		in.At, in.Estimate = odd.now, 0
		odd.smoother.OnFeedback(in)
		require.Equal(t, Bitrate(plain.output), Bitrate(odd.output))
	}
	require.True(t, odd.smoother.Engaged())
	// A clock that goes back for good: let go and learn anew.
	odd.now = 0
	odd.step()
	require.False(t, odd.smoother.Engaged())
	odd.engage()
}
