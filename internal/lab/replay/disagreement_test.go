// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

const second = bwe.Time(time.Second)

// estimated is a timeline of estimates, without loss and with a round-trip time of 50 ms.
func estimated(estimates ...timeline.Signal) *timeline.Timeline {
	t := &timeline.Timeline{}
	for i, e := range estimates {
		t.Sent = make(timeline.Signal, len(e))
		t.RTT, t.Loss = signal(0.05, float64(len(e))/10), signal(0, float64(len(e))/10)
		t.Replayed = append(t.Replayed, &timeline.Track{Name: string(rune('a' + i)), Estimate: e})
	}

	return t
}

func TestDisagreements(t *testing.T) {
	t.Parallel()
	type want struct{ from, to, ratio float64 }
	for name, tc := range map[string]struct {
		a, b timeline.Signal
		want []want
	}{
		"agree":             {signal(1e6, 10), signal(1e6, 10), nil},
		"at the bound":      {signal(1.25e6, 10), signal(1e6, 10), nil},
		"above it":          {signal(1.26e6, 10), signal(1e6, 10), []want{{0, 10, 1.26}}},
		"too short":         {signal(1e6, 5, 2e6, 0.9, 1e6, 4.1), signal(1e6, 10), nil},
		"long enough":       {signal(1e6, 5, 2e6, 1, 1e6, 4), signal(1e6, 10), []want{{5, 6, 2}}},
		"a gap":             {signal(2e6, 3, 1e6, 0.9, 2e6, 3), signal(1e6, 6.9), []want{{0, 6.9, 1.827}}},
		"a long gap":        {signal(2e6, 3, 1e6, 1, 2e6, 3), signal(1e6, 7), []want{{0, 3, 2}, {4, 7, 2}}},
		"change over":       {signal(2e6, 4, 1e6, 4), signal(1e6, 4, 4e6, 4), []want{{4, 8, 4}, {0, 4, 2}}},
		"unknown":           {signal(unknown, 4, 2e6, 4), signal(1e6, 4, unknown, 4), nil},
		"one is nothing":    {signal(0, 2), signal(1e6, 2), []want{{0, 2, 1000}}},
		"both are nothing":  {signal(0, 2), signal(900, 2), nil},
		"the longer first":  {signal(2e6, 2, 1e6, 2, 2e6, 3), signal(1e6, 7), []want{{4, 7, 2}, {0, 2, 2}}},
		"the greater first": {signal(2e6, 2, 1e6, 2, 4e6, 2), signal(1e6, 6), []want{{4, 6, 4}, {0, 2, 2}}},
	} {
		got := Disagreements(estimated(tc.a, tc.b))
		require.Len(t, got, len(tc.want), name)
		for i, w := range tc.want {
			require.InDelta(t, w.from, got[i].From.Sub(0).Seconds(), 1e-9, name)
			require.InDelta(t, w.to, got[i].To.Sub(0).Seconds(), 1e-9, name)
			require.InEpsilon(t, w.ratio, got[i].Ratio, 0.001, name)
			require.InDelta(t, 50, *got[i].RTT, 1e-9)
			require.Zero(t, *got[i].Loss)
		}
	}
}

func TestADisagreementTellsWhatEachHeldThePathToBe(t *testing.T) {
	t.Parallel()
	line := estimated(signal(1e6, 10), signal(2e6, 10))
	line.Recorded = line.Replayed[0]
	line.Replayed = line.Replayed[1:]
	line.Recorded.Name = "GoogCC"
	line.Recorded.States = []timeline.Band{
		{From: 0, To: 3 * second, State: bwe.StateUnderuse}, {From: 4 * second, To: 9 * second, State: bwe.StateOveruse},
		{From: 20 * second, To: 90 * second, State: bwe.StateBlind},
	}
	line.RTT, line.Loss = signal(unknown, 10), signal(unknown, 5, 0.1, 5)
	got := Disagreements(line)
	require.Len(t, got, 1)
	require.Equal(t, []Side{{"b", 2 * bwe.Mbps, bwe.StateNormal}}, got[0].High)
	require.Equal(t, []Side{{"GoogCC", bwe.Mbps, bwe.StateOveruse}}, got[0].Low)
	require.InDelta(t, 0.1, *got[0].Loss, 1e-9)
	require.Nil(t, got[0].RTT, "nothing was reported")
	require.Equal(t, "0:00.0-0:10.0  b 2.00 Mbps (normal) over GoogCC 1.00 Mbps (overuse), 2.00 times for 10.0 s, loss 10.0 %", got[0].String())
	require.Regexp(t, "^b 2.00 Mbps .* loss 10.0 %$", got[0].Words())
}

func TestPairsOfOneMindAreOneDisagreement(t *testing.T) {
	t.Parallel()
	a, b := signal(1e6, 10), signal(2e6, 10)
	got := Disagreements(estimated(a, b, a, b))
	require.Len(t, got, 1)
	require.Len(t, got[0].High, 2)
	require.Len(t, got[0].Low, 2)

	got = Disagreements(estimated(a, b, signal(4e6, 10)))
	require.Len(t, got, 2, "one is between the two others")
	require.Equal(t, "c", got[0].High[0].Controller)
	require.Equal(t, "b", got[0].High[1].Controller)
	require.Equal(t, "a", got[0].Low[0].Controller)
	require.Equal(t, "c", got[1].High[0].Controller)
	require.Equal(t, "b", got[1].Low[0].Controller)

	got = Disagreements(estimated(a, signal(1e6, 5, 2e6, 5), b))
	require.Len(t, got, 3, "the times differ")
}

func TestTheMostImportantDisagreementsAreListed(t *testing.T) {
	t.Parallel()
	var a timeline.Signal
	for i := range 30 {
		a = append(a, signal(float64(2+i)*1e6, 1, 1e6, 1.5)...)
	}
	got := Disagreements(estimated(a, signal(1e6, float64(len(a))/10)))
	require.Len(t, got, 20)
	require.InEpsilon(t, 31, got[0].Ratio, 1e-9)
	require.InEpsilon(t, 12, got[19].Ratio, 1e-9)
}
