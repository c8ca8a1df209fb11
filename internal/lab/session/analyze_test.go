// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// constant is a signal of one value.
func constant(bins int, v float64) timeline.Signal {
	s := make(timeline.Signal, bins)
	for i := range s {
		s[i] = v
	}

	return s
}

// sawtooth climbs to peak over period and falls by depth, times in bins.
func sawtooth(bins, period int, peak, depth float64) timeline.Signal {
	s := make(timeline.Signal, bins)
	for i := range s {
		s[i] = peak * (1 - depth + depth*float64(i%period)/float64(period-1))
	}

	return s
}

// calm is a timeline of so many bins over a path without trouble, with an estimate of
// 2 Mbps of which all is sent.
func calm(bins int) *timeline.Timeline {
	return &timeline.Timeline{
		Sent: constant(bins, 2e6), Media: constant(bins, 2e6), Received: constant(bins, 2e6), Delay: constant(bins, 0.002),
		DelayMax: constant(bins, 0.003), DelayMin: constant(bins, 0.001), Rise: constant(bins, 0.001), Loss: constant(bins, 0),
		RTT: constant(bins, 0.05), Silence: constant(bins, 0.1), Recorded: &timeline.Track{Name: "x", Estimate: constant(bins, 2e6)},
		Totals: timeline.Totals{
			PacketsSent: int64(bins) * 20, PacketsReceived: int64(bins) * 20, BytesSent: int64(bins) * 25_000,
			BytesReceived: int64(bins) * 25_000, Feedbacks: int64(bins),
		},
	}
}

func TestSessionsThatCannotBeJudgedSayWhy(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*timeline.Timeline)
		track  string
		want   string
	}{
		"empty":              {func(l *timeline.Timeline) { *l = timeline.Timeline{} }, "", "nothing was recorded"},
		"too short":          {func(l *timeline.Timeline) { *l = *calm(199) }, "", "19.9 s are too short to judge, 20 s are needed"},
		"a receiver's":       {func(l *timeline.Timeline) { l.Totals.PacketsSent = 0 }, "", "nothing was sent"},
		"without feedback":   {func(l *timeline.Timeline) { l.Totals.PacketsReceived = 0 }, "", "no feedback names a packet"},
		"track not replayed": {func(*timeline.Timeline) {}, "gcc", `no controller "gcc" was replayed`},
	} {
		t.Run(name, func(t *testing.T) {
			l := calm(600)
			c.change(l)
			cfg := session.Default()
			cfg.Track = c.track
			s := session.Analyze(l, cfg)
			require.Contains(t, s.Error, c.want)
			require.False(t, s.Healthy())
			require.False(t, s.Estimate.Oscillates)
			require.Equal(t, []string{"The session could not be judged: " + s.Error + "."}, session.Describe(s))
		})
	}
	s := session.Analyze(calm(200), session.Default())
	require.Empty(t, s.Error, "20 s are enough")
	require.True(t, s.Healthy())
}

func TestWhatTheRecordingDoesNotHaveIsSaid(t *testing.T) {
	l := calm(600)
	require.Equal(t, []string{"target"}, session.Analyze(l, session.Default()).Unknown)
	l.Recorded.Estimate, l.Recorded.Target = nil, constant(600, 2e6)
	require.Equal(t, []string{"estimate"}, session.Analyze(l, session.Default()).Unknown)
	l.Recorded = nil
	s := session.Analyze(l, session.Default())
	require.Equal(t, []string{"estimate", "target"}, s.Unknown)
	require.Empty(t, s.Error, "the path can be judged")
	require.Contains(t, session.Describe(s)[0], "only the path can be judged")
}

func TestAReplayedControllerIsJudgedWhereAskedFor(t *testing.T) {
	l := calm(600)
	l.Replayed = []*timeline.Track{{Name: "gcc", Estimate: sawtooth(600, 50, 2e6, 0.3)}}
	cfg := session.Default()
	require.False(t, session.Analyze(l, cfg).Estimate.Oscillates)
	cfg.Track = "gcc"
	require.True(t, session.Analyze(l, cfg).Estimate.Oscillates)
}

func TestSwingsAreMeasured(t *testing.T) {
	for name, c := range map[string]struct {
		bins, period int
		depth        float64
		want         bool
	}{
		"deep enough":         {600, 50, 0.16, true},
		"too shallow":         {600, 50, 0.14, false},
		"four falls":          {600, 110, 0.3, true},
		"three falls":         {390, 110, 0.3, false},
		"the longest periods": {4200, 790, 0.3, true},
		"too long a period":   {4200, 810, 0.3, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := calm(c.bins)
			l.Recorded.Estimate = sawtooth(c.bins, c.period, 2e6, c.depth)
			s := session.Analyze(l, session.Default())
			require.Equal(t, c.want, s.Estimate.Oscillates)
			if c.want {
				require.Equal(t, session.Overuse, s.Estimate.Cause)
				require.InDelta(t, float64(c.period)/10, s.Estimate.Period, 0.2)
				require.InDelta(t, c.depth, s.Estimate.Depth, 0.01)
				require.Greater(t, s.Estimate.Share, 0.5)
			}
		})
	}
}

func TestSwingsOfAPartCountByTheirShare(t *testing.T) {
	l := calm(1000)
	copy(l.Recorded.Estimate, sawtooth(350, 50, 2e6, 0.3))
	require.True(t, session.Analyze(l, session.Default()).Estimate.Oscillates)
	l = calm(1000)
	copy(l.Recorded.Estimate, sawtooth(250, 50, 2e6, 0.3))
	require.False(t, session.Analyze(l, session.Default()).Estimate.Oscillates)
}

func TestADeepFallDoesNotHideSwingsFurtherDown(t *testing.T) {
	l := calm(600)
	l.Recorded.Estimate = sawtooth(600, 50, 4e5, 0.2)
	copy(l.Recorded.Estimate, constant(20, 4e6))
	require.True(t, session.Analyze(l, session.Default()).Estimate.Oscillates)
}

// atFalls puts a value into the second before each fall of a sawtooth.
func atFalls(s timeline.Signal, period int, v func(fall int) float64) {
	for i := range s {
		if i%period >= period-10 {
			s[i] = v(i / period)
		}
	}
}

func always(v float64) func(int) float64 { return func(int) float64 { return v } }

func TestTheCauseIsWhatComesBeforeTheFalls(t *testing.T) {
	swinging := func() *timeline.Timeline {
		l := calm(600)
		l.Recorded.Estimate = sawtooth(600, 50, 2e6, 0.3)

		return l
	}
	for name, c := range map[string]struct {
		change func(*timeline.Timeline)
		want   session.Cause
	}{
		"nothing":           {func(*timeline.Timeline) {}, session.Overuse},
		"a queue":           {func(l *timeline.Timeline) { atFalls(l.Delay, 50, always(0.016)) }, session.Congestion},
		"hardly a queue":    {func(l *timeline.Timeline) { atFalls(l.Delay, 50, always(0.012)) }, session.Overuse},
		"loss":              {func(l *timeline.Timeline) { atFalls(l.Loss, 50, always(0.04)) }, session.Loss},
		"hardly any loss":   {func(l *timeline.Timeline) { atFalls(l.Loss, 50, always(0.03)) }, session.Overuse},
		"much loss always":  {func(l *timeline.Timeline) { copy(l.Loss, constant(600, 0.06)) }, session.Loss},
		"some loss always":  {func(l *timeline.Timeline) { copy(l.Loss, constant(600, 0.04)) }, session.Overuse},
		"a queue with loss": {func(l *timeline.Timeline) { atFalls(l.Delay, 50, always(0.1)); atFalls(l.Loss, 50, always(0.3)) }, session.Congestion},
	} {
		t.Run(name, func(t *testing.T) {
			l := swinging()
			c.change(l)
			s := session.Analyze(l, session.Default())
			require.True(t, s.Estimate.Oscillates)
			require.Equal(t, c.want, s.Estimate.Cause)
		})
	}
}

func TestAnEstimateThatFollowsThePathDoesNotOscillate(t *testing.T) {
	l := calm(600)
	l.Recorded.Estimate = sawtooth(600, 50, 2e6, 0.3)
	atFalls(l.Delay, 50, always(0.1))
	require.True(t, session.Analyze(l, session.Default()).Estimate.Oscillates, "the path carries 2 Mbps at every fall")
	l.Received = timeline.Signal(append([]float64(nil), l.Received...))
	for i := range l.Received {
		l.Received[i] = []float64{1e6, 1.5e6, 2e6}[(i+25)/50%3]
	}
	require.False(t, session.Analyze(l, session.Default()).Estimate.Oscillates, "it carries something else at each")
}

// uneven falls from 2 Mbps and from another peak in turn, by depths of their own.
func uneven(bins, period int, other, depth, otherDepth float64) timeline.Signal {
	peaks, lows := [2]float64{2e6, other}, [2]float64{other * (1 - otherDepth), 2e6 * (1 - depth)}
	s := make(timeline.Signal, bins)
	for i := range s {
		tooth := i / period % 2
		s[i] = lows[tooth] + (peaks[tooth]-lows[tooth])*float64(i%period)/float64(period-1)
	}

	return s
}

func TestFallsThatHaveNothingInCommonAreThePathsWhereAQueueStands(t *testing.T) {
	for name, c := range map[string]struct {
		other, depth, otherDepth, queue float64
		want                            bool
	}{
		"all alike":              {2e6, 0.3, 0.3, 0.1, true},
		"other peaks":            {1.2e6, 0.5, 0.5, 0.1, true},
		"other depths":           {2e6, 0.7, 0.3, 0.1, true},
		"both hardly":            {1.6e6, 0.6, 0.4, 0.1, true},
		"both":                   {1.2e6, 0.75, 0.33, 0.1, false},
		"both without any queue": {1.2e6, 0.75, 0.33, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := calm(600)
			l.Recorded.Estimate = uneven(600, 50, c.other, c.depth, c.otherDepth)
			atFalls(l.Delay, 50, always(c.queue))
			require.Equal(t, c.want, session.Analyze(l, session.Default()).Estimate.Oscillates)
		})
	}
}

func TestCeilings(t *testing.T) {
	for name, c := range map[string]struct {
		ceiling  float64
		share    float64
		media    float64
		known    bool
		want     bool
		inferred bool
	}{
		"far below":                {1.4e6, 1, 1.4e6, true, true, false},
		"not far below":            {1.45e6, 1, 1.45e6, true, false, false},
		"for long enough":          {1e6, 0.3, 1e6, true, true, false},
		"not for long enough":      {1e6, 0.29, 1e6, true, false, false},
		"flat media":               {0, 0, 1.4e6, false, true, true},
		"flat media near it":       {0, 0, 1.45e6, false, false, false},
		"audio alone":              {0, 0, 64e3, false, false, false},
		"flat media below a known": {2e6, 0, 1e6, true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := calm(600)
			l.Media, l.Sent = constant(600, c.media), constant(600, c.media)
			if c.known {
				l.Recorded.Target, l.Recorded.Ceiling = constant(600, max(c.ceiling, c.media)), constant(600, math.NaN())
				copy(l.Recorded.Ceiling, constant(int(600*c.share), c.ceiling))
			}
			s := session.Analyze(l, session.Default())
			require.Equal(t, c.want, s.Capped.Present)
			require.Equal(t, c.inferred, s.Capped.Inferred)
			if c.want {
				require.InDelta(t, 2e6, float64(s.Capped.Estimate), 1)
				require.InDelta(t, c.media, float64(s.Capped.Ceiling), 1)
			}
		})
	}
}

// The estimate is 2 Mbps.
func TestMediaAboveACeilingIsNotHeldByIt(t *testing.T) {
	for media, want := range map[float64]bool{1.49e6: true, 1.51e6: false} {
		l := calm(600)
		l.Media, l.Sent = constant(600, media), constant(600, media)
		l.Recorded.Target, l.Recorded.Ceiling = constant(600, 1e6), constant(600, 1e6)
		require.Equal(t, want, session.Analyze(l, session.Default()).Capped.Present, media)
	}
}

func TestPaths(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*timeline.Timeline)
		want   session.Path
		class  session.Class
	}{
		"plain":           {func(*timeline.Timeline) {}, session.Path{}, session.Plain},
		"lossy":           {func(l *timeline.Timeline) { l.Loss = constant(600, 0.021) }, session.Path{Lossy: true}, session.Lossy},
		"not lossy":       {func(l *timeline.Timeline) { l.Loss = constant(600, 0.019) }, session.Path{}, session.Plain},
		"jumps of delay":  {func(l *timeline.Timeline) { l.Rise = constant(600, 0.032) }, session.Path{Jittery: true}, session.Jittery},
		"small jumps":     {func(l *timeline.Timeline) { l.Rise = constant(600, 0.03) }, session.Path{}, session.Plain},
		"wandering delay": {func(l *timeline.Timeline) { l.DelayMin = sawtooth(600, 7, 0.04, 0.9) }, session.Path{Jittery: true}, session.Jittery},
		"rare feedback":   {func(l *timeline.Timeline) { l.Totals.Feedbacks = 199 }, troubled(session.Sparse), session.FeedbackTrouble},
		"enough feedback": {func(l *timeline.Timeline) { l.Totals.Feedbacks = 200 }, session.Path{}, session.Plain},
		"silences":        {func(l *timeline.Timeline) { copy(l.Silence, constant(19, 0.6)) }, troubled(session.Silent), session.FeedbackTrouble},
		"few silences":    {func(l *timeline.Timeline) { copy(l.Silence, constant(18, 0.6)) }, session.Path{}, session.Plain},
		"packets unnamed": {func(l *timeline.Timeline) { l.Totals.PacketsUnreported = 601 }, troubled(session.Unreported), session.FeedbackTrouble},
		"unknown packets": {func(l *timeline.Timeline) { l.Totals.ResultsUnknown = 130 }, troubled(session.NeverSent), session.FeedbackTrouble},
		"both":            {func(l *timeline.Timeline) { l.Totals.Feedbacks, l.Totals.PacketsUnreported = 199, 601 }, troubled(session.Sparse, session.Unreported), session.FeedbackTrouble},
		"low":             {func(l *timeline.Timeline) { slow(l, 0.99e6) }, session.Path{LowBandwidth: true}, session.LowBandwidth},
		"not low":         {func(l *timeline.Timeline) { slow(l, 1.01e6) }, session.Path{}, session.Plain},
		"low and lossy": {func(l *timeline.Timeline) {
			slow(l, 5e5)
			l.Loss = constant(600, 0.1)
			copy(l.Delay, constant(300, 0.2))
		}, session.Path{LowBandwidth: true, Lossy: true}, session.Lossy},
		"hardly used": {func(l *timeline.Timeline) { slow(l, 5e5); l.Sent = constant(600, 3e5) }, session.Path{}, session.Plain},
	} {
		t.Run(name, func(t *testing.T) {
			l := calm(600)
			c.change(l)
			s := session.Analyze(l, session.Default())
			require.Equal(t, c.want, s.Path)
			require.Equal(t, c.class, s.Class)
		})
	}
}

func troubled(reasons ...session.FeedbackReason) session.Path {
	return session.Path{FeedbackTrouble: true, FeedbackReasons: reasons}
}

// slow is a session of which all goes at one rate.
func slow(l *timeline.Timeline, rate float64) {
	l.Sent, l.Received, l.Media, l.Recorded.Estimate = constant(600, rate), constant(600, rate), constant(600, rate), constant(600, rate)
}

func TestAnySignalsGiveASummaryThatJSONHolds(t *testing.T) {
	cfg := session.Default()
	cfg.MinDuration = 5 * time.Second
	rapid.Check(t, func(t *rapid.T) {
		bins := rapid.IntRange(0, 300).Draw(t, "bins")
		value := rapid.OneOf(rapid.Just(math.NaN()), rapid.Float64Range(0, 1e7), rapid.Just(0.0))
		signal := func(name string) timeline.Signal { return rapid.SliceOfN(value, bins, bins).Draw(t, name) }
		count := rapid.Int64Range(0, 1000)
		l := &timeline.Timeline{
			Sent: signal("sent"), Media: signal("media"), Received: signal("received"), Delay: signal("delay"), DelayMax: signal("most"),
			DelayMin: signal("least"), Rise: signal("rise"), Loss: signal("loss"), RTT: signal("rtt"), Silence: signal("silence"),
			Recorded: &timeline.Track{Estimate: signal("estimate"), Target: signal("target"), Ceiling: signal("ceiling")},
			Totals:   timeline.Totals{PacketsSent: count.Draw(t, "n"), PacketsReceived: count.Draw(t, "arrived"), Feedbacks: count.Draw(t, "feedbacks")},
		}
		s := session.Analyze(l, cfg)
		_, err := json.Marshal(s)
		require.NoError(t, err)
		require.NotEmpty(t, session.Describe(s))
		for _, share := range []float64{s.Estimate.Share, s.Estimate.Depth, s.Target.Share, s.Target.Depth, s.Capped.Share} {
			require.True(t, share >= 0 && share <= 1)
		}
	})
}

func BenchmarkAnalyzeTenMinutes(b *testing.B) {
	l := calm(6000)
	l.Recorded.Estimate = sawtooth(6000, 90, 2e6, 0.3)
	l.Recorded.Target = l.Recorded.Estimate
	noise := rand.New(rand.NewPCG(1, 2))
	for _, s := range []timeline.Signal{l.Delay, l.DelayMin, l.DelayMax, l.Rise, l.RTT, l.Sent, l.Media, l.Received} {
		for i := range s {
			s[i] *= 0.5 + noise.Float64()
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		session.Analyze(l, session.Default())
	}
}
