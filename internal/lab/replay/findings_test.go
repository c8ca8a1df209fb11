// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestFindingsOnTheCapacity(t *testing.T) {
	t.Parallel()
	falls := func(changes, met, missed int, median float64) *AgainstCapacity {
		return &AgainstCapacity{Falls: Reactions{Changes: changes, Met: met, Missed: missed, Median: median}}
	}
	for name, tc := range map[string]struct {
		a, b, recorder *AgainstCapacity
		want           string
	}{
		"alike":            {&AgainstCapacity{}, &AgainstCapacity{}, nil, ""},
		"sooner":           {falls(2, 0, 0, 0.3), falls(2, 0, 0, 0.8), nil, "a came down 0.5 s sooner than b after falls of the capacity."},
		"the other":        {falls(1, 0, 0, 1.8), falls(1, 0, 0, 0.3), nil, "b came down 1.5 s sooner than a after the fall of the capacity."},
		"hardly sooner":    {falls(2, 0, 0, 0.4), falls(2, 0, 0, 0.8), nil, ""},
		"one at once":      {falls(2, 1, 0, 0.3), falls(2, 0, 0, 3), nil, ""},
		"not the same":     {falls(1, 0, 0, 0.3), falls(2, 0, 0, 3), nil, ""},
		"missed":           {falls(4, 1, 0, 1), falls(4, 0, 1, 1), nil, "b did not come down to the capacity after 1 of 4 falls, a after 0."},
		"hardly missed":    {falls(5, 0, 0, 1), falls(5, 0, 1, 1), nil, ""},
		"over":             {&AgainstCapacity{ShareOver: 0.31}, &AgainstCapacity{ShareOver: 0.41}, nil, "b was more than 5 % above the capacity for 41 % of the time, a for 31 %."},
		"hardly over":      {&AgainstCapacity{ShareOver: 0.32}, &AgainstCapacity{ShareOver: 0.41}, nil, ""},
		"under":            {&AgainstCapacity{Under: 0.3}, &AgainstCapacity{Under: 0.2}, nil, "a was 30 % below the capacity on average, b 20 %."},
		"hardly under":     {&AgainstCapacity{Under: 0.29}, &AgainstCapacity{Under: 0.2}, nil, ""},
		"both":             {&AgainstCapacity{Under: 0.3}, &AgainstCapacity{ShareOver: 1}, nil, "b was more than 5 % above the capacity for 100 % of the time, a for 0 %; a was 30 % below it on average, b 0 %."},
		"one known":        {&AgainstCapacity{ShareOver: 1}, nil, nil, ""},
		"none known":       {nil, nil, nil, ""},
		"the recorder":     {&AgainstCapacity{ShareOver: 1}, nil, &AgainstCapacity{}, "a was more than 5 % above the capacity for 100 % of the time, the recorder for 0 %."},
		"the recorder too": {&AgainstCapacity{ShareOver: 1}, &AgainstCapacity{}, &AgainstCapacity{}, "a was more than 5 % above the capacity for 100 % of the time, b for 0 %."},
	} {
		r := &Result{Controllers: []Comparison{{Controller: "a", Capacity: tc.a}, {Controller: "b", Capacity: tc.b}}}
		if tc.recorder != nil {
			r.Recorder = &Comparison{Controller: "rtmcc", Capacity: tc.recorder}
		}
		if tc.want == "" {
			require.Empty(t, r.Findings(), name)

			continue
		}
		require.Equal(t, []string{tc.want}, r.Findings(), name)
		r.Controllers[0].Error = "died"
		require.NotContains(t, append(r.Findings(), "")[0], "a was", "figures of one that failed are of another time")
	}
}

func TestFindingsOnTheRecorder(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		a, b *Difference
		want []string
	}{
		"unknown":     {nil, nil, nil},
		"near":        {&Difference{Median: 0.099, P95: 0.2}, &Difference{Median: 0.05, P95: 0.011}, nil},
		"off":         {&Difference{Median: 0.1, P95: 0.2}, nil, []string{"a is off the recorder's estimate by a median of 10 %."}},
		"the farther": {&Difference{Median: 0.1, P95: 0.2}, &Difference{Median: 0.782, P95: 1}, []string{"b is off the recorder's estimate by a median of 78 %, with a mean of 5.00 Mbps beside 3.00 Mbps."}},
		"the same":    {&Difference{Median: 0.05, P95: 0.06}, &Difference{P95: 0.01}, []string{"b came out as the recorder did, within 1 % for 95 % of the time."}},
		"both": {&Difference{Median: 0.5, P95: 0.6}, &Difference{}, []string{
			"a is off the recorder's estimate by a median of 50 %; b came out as the recorder did, within 1 % for 95 % of the time.",
		}},
	} {
		r := &Result{
			Recorder:    &Comparison{Mean: new(3 * bwe.Mbps)},
			Controllers: []Comparison{{Controller: "a", Recorder: tc.a}, {Controller: "b", Recorder: tc.b, Mean: new(5 * bwe.Mbps)}},
		}
		require.Equal(t, tc.want, r.Findings(), name)
		r.Controllers[0].Error, r.Controllers[1].Error = "died", "died"
		require.Empty(t, r.Findings(), name)
	}
	r := &Result{}
	require.Empty(t, r.Findings())
}
