// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package control

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// recorder keeps what an observer is shown.
type recorder struct {
	names  []string
	events []string
}

func (r *recorder) observe(ev bwe.Event) {
	r.names = append(r.names, ev.EventName())
	r.events = append(r.events, fmt.Sprintf("%s %d %+v", ev.EventName(), ev.Time(), ev))
}

// take returns the names seen since the last call.
func (r *recorder) take() []string {
	names := r.names
	r.names = nil

	return names
}

func newLoop(t require.TestingT, now bwe.Time) (*Loop, *recorder) {
	r := &recorder{}
	l, err := NewLoop(Default(), now, r.observe)
	require.NoError(t, err)

	return l, r
}

func TestInputsAreShownBeforeTheirDecisions(t *testing.T) {
	l, r := newLoop(t, 5)
	require.Equal(t, []string{"start"}, r.take())
	require.Equal(t, "start 5 "+fmt.Sprintf("%+v", &Started{At: 5, Config: Default()}), r.events[0])

	ms := func(n int) bwe.Time { return bwe.Time(n) * bwe.Time(time.Millisecond) }
	for _, tc := range []struct {
		input string
		call  func()
		last  []string
	}{
		{"sent", func() { l.OnSent(bwe.SentPacket{At: ms(1), Seq: 1, Size: 1200}) }, nil},
		{"timer", func() { l.OnTimer(ms(2)) }, []string{"estimate", "decision"}},
		{"feedback", func() {
			l.OnFeedback(bwe.Feedback{At: ms(50), Results: []bwe.PacketResult{{Seq: 1, Received: true, ReceivedAt: ms(20)}}})
		}, []string{"estimate", "decision"}},
		{"remb", func() { l.OnREMB(bwe.REMB{At: ms(51), Bitrate: bwe.Mbps}) }, []string{"estimate", "decision"}},
		{"pacer", func() { l.OnPacer(ratecontrol.PacerState{At: ms(52), Bytes: 10}) }, nil},
		{"frame", func() { l.OnFrame(ratecontrol.Frame{At: ms(53), Size: 1000, Key: true}) }, []string{"verdict"}},
		{"config", func() { require.NoError(t, l.SetConfig(Default(), ms(54))) }, []string{"estimate", "decision"}},
	} {
		tc.call()
		names := r.take()
		require.Equal(t, tc.input, names[0])
		require.GreaterOrEqual(t, len(names), 1+len(tc.last), tc.input)
		if tc.last != nil {
			require.Equal(t, tc.last, names[len(names)-len(tc.last):], tc.input)
		}
	}
}

func TestAnswersAreWhatWasShown(t *testing.T) {
	var update bwe.Update
	var decision ratecontrol.Decision
	var verdict ratecontrol.Verdict
	l, err := NewLoop(Default(), 0, func(ev bwe.Event) {
		switch e := ev.(type) {
		case *bwe.Update:
			update = *e
		case *ratecontrol.Decision:
			decision = *e
		case *ratecontrol.Verdict:
			verdict = *e
		}
	})
	require.NoError(t, err)
	require.Equal(t, bwe.Default().StartBitrate, l.Update().Estimate)
	require.Greater(t, l.Decision().Target, ratecontrol.Default().MinBitrate, "the controller knows the start bitrate")

	l.OnTimer(bwe.Time(30 * time.Millisecond))
	require.Equal(t, update, *l.Update())
	require.Equal(t, decision, *l.Decision())
	require.Equal(t, bwe.Time(30*time.Millisecond), update.At)
	require.Equal(t, bwe.Time(30*time.Millisecond), decision.At)
	require.Equal(t, l.OnFrame(ratecontrol.Frame{Size: 1}), verdict)
	require.LessOrEqual(t, l.NextTimer(), bwe.Never)
	require.Greater(t, l.NextTimer(), bwe.Time(30*time.Millisecond))
}

func TestInvalidConfigChangesNothing(t *testing.T) {
	for name, spoil := range map[string]func(*Config){
		"estimator":  func(c *Config) { c.BWE.MinBitrate = 0 },
		"controller": func(c *Config) { c.RateControl.MinBitrate = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			bad := Default()
			spoil(&bad)
			_, err := NewLoop(bad, 0, nil)
			require.Error(t, err)

			l, r := newLoop(t, 0)
			r.take()
			update, decision := *l.Update(), *l.Decision()
			require.Error(t, l.SetConfig(bad, 1))
			require.Empty(t, r.take())
			require.Equal(t, update, *l.Update())
			require.Equal(t, decision, *l.Decision())
		})
	}
}

func TestConfigTakesEffect(t *testing.T) {
	l, _ := newLoop(t, 0)
	cfg := Default()
	cfg.RateControl.MaxBitrate = 100 * bwe.Kbps
	require.NoError(t, l.SetConfig(cfg, 1))
	require.Equal(t, 100*bwe.Kbps, l.Decision().Target)
	require.NoError(t, l.SetConfig(Default(), 2))
	require.Greater(t, l.Decision().Target, 100*bwe.Kbps)
}

func TestEstimatorAloneDecidesNothing(t *testing.T) {
	cfg := Default()
	cfg.EstimatorAlone = true
	r := &recorder{}
	l, err := NewLoop(cfg, 0, r.observe)
	require.NoError(t, err)
	l.OnSent(bwe.SentPacket{At: 1, Seq: 1, Size: 1200})
	l.OnPacer(ratecontrol.PacerState{At: 2, Delay: time.Hour, Bytes: 1 << 30})
	require.Equal(t, ratecontrol.Verdict{At: 3, Kind: ratecontrol.Audio}, l.OnFrame(ratecontrol.Frame{At: 3, Kind: ratecontrol.Audio, Size: 1 << 20}))
	l.OnShare(ratecontrol.Share{At: 4, Bitrate: bwe.Kbps})
	l.OnOverhead(ratecontrol.Overhead{At: 5, Share: 0.5})
	l.OnTimer(l.NextTimer())
	require.NoError(t, l.SetConfig(cfg, l.Update().At))
	require.Equal(t, []string{"start", "sent", "pacer", "frame", "share", "overhead", "timer", "estimate", "config", "estimate"}, r.take())
	require.Zero(t, *l.Decision())
	require.Zero(t, l.Stats())

	update := *l.Update()
	require.ErrorIs(t, l.SetConfig(Default(), update.At), errAlone)
	require.Empty(t, r.take())
	require.Equal(t, update, *l.Update())
	both, _ := newLoop(t, 0)
	require.ErrorIs(t, both.SetConfig(cfg, 0), errAlone)
}

// TestSameInputsSameDecisions also runs one of two loops without an observer.
func TestSameInputsSameDecisions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, ra := newLoop(t, 0)
		b, rb := newLoop(t, 0)
		c, err := NewLoop(Default(), 0, nil)
		require.NoError(t, err)
		now, seq := bwe.Time(0), int64(0)
		var results []bwe.PacketResult
		for range rapid.IntRange(1, 100).Draw(t, "inputs") {
			now = now.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "ms")) * time.Millisecond)
			call := rapid.IntRange(0, 4).Draw(t, "input")
			size := rapid.IntRange(0, 20_000).Draw(t, "size")
			received := rapid.Bool().Draw(t, "received")
			if call == 0 {
				seq++
				results = append(results, bwe.PacketResult{Seq: seq, Received: received, ReceivedAt: now})
			}
			for _, l := range []*Loop{a, b, c} {
				switch call {
				case 0:
					l.OnSent(bwe.SentPacket{At: now, Seq: seq, Size: size % 1500})
				case 1:
					l.OnFeedback(bwe.Feedback{At: now, Results: results})
				case 2:
					l.OnTimer(now)
				case 3:
					l.OnFrame(ratecontrol.Frame{At: now, Size: size, Key: received})
				default:
					l.OnPacer(ratecontrol.PacerState{At: now, Bytes: int64(size)})
				}
			}
			if call == 1 {
				results = nil
			}
		}
		require.Equal(t, ra.events, rb.events)
		require.Equal(t, *a.Update(), *c.Update())
		require.Equal(t, *a.Decision(), *c.Decision())
	})
}

func TestSteadyPathDoesNotAllocate(t *testing.T) {
	l, err := NewLoop(Default(), 0, func(bwe.Event) {})
	require.NoError(t, err)
	now, seq := bwe.Time(0), int64(0)
	results := make([]bwe.PacketResult, 10)
	step := func() {
		for i := range results {
			now = now.Add(time.Millisecond)
			seq++
			l.OnSent(bwe.SentPacket{At: now, Seq: seq, Size: 1200})
			results[i] = bwe.PacketResult{Seq: seq, Received: true, ReceivedAt: now.Add(20 * time.Millisecond)}
		}
		now = now.Add(40 * time.Millisecond)
		l.OnFrame(ratecontrol.Frame{At: now, Size: 12_000})
		l.OnPacer(ratecontrol.PacerState{At: now, Bytes: 100})
		l.OnFeedback(bwe.Feedback{At: now, Results: results})
		l.OnTimer(now)
	}
	for range 1000 {
		step()
	}
	require.Zero(t, testing.AllocsPerRun(1000, step))
}
