// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/lab/session"
)

func TestWriteTable(t *testing.T) {
	var tally Tally
	for range 9 {
		tally.Add(&session.Summary{Class: session.Plain, Duration: 3600})
	}
	require.NotContains(t, tableOf(t, &tally), "episodes", "there are none")
	tally = Tally{}
	for i := range 9 {
		s := session.Summary{Class: session.Plain, Duration: 3600}
		if i < 2 {
			s.Episodes.FrozenPictures.Count = new(int64(1))
		}
		tally.Add(&s)
	}
	tally.Add(&session.Summary{
		Class: session.Jittery, Duration: 1800, Path: session.Path{Jittery: true}, Unknown: []string{noTarget},
		Estimate: session.EstimateSwing{Oscillates: true, Cause: session.Overuse},
	})
	var out strings.Builder
	require.NoError(t, WriteTable(&out, &tally))
	require.Equal(t, `path                        all      jittery        plain
sessions                     10            1            9
hours                       9.5          0.5          9.0
healthy              9 (90.0 %)    0 (0.0 %)  9 (100.0 %)
… with episodes      2 (20.0 %)    0 (0.0 %)   2 (22.2 %)
estimate oscillates  1 (10.0 %)  1 (100.0 %)    0 (0.0 %)
… by delay overuse   1 (10.0 %)  1 (100.0 %)    0 (0.0 %)
… by congestion       0 (0.0 %)    0 (0.0 %)    0 (0.0 %)
… by loss             0 (0.0 %)    0 (0.0 %)    0 (0.0 %)
target oscillates     0 (0.0 %)    0 (0.0 %)    0 (0.0 %)
… alone               0 (0.0 %)    0 (0.0 %)    0 (0.0 %)
capped                0 (0.0 %)    0 (0.0 %)    0 (0.0 %)
low bandwidth         0 (0.0 %)    0 (0.0 %)    0 (0.0 %)
lossy                 0 (0.0 %)    0 (0.0 %)    0 (0.0 %)
jittery              1 (10.0 %)  1 (100.0 %)    0 (0.0 %)
feedback trouble      0 (0.0 %)    0 (0.0 %)    0 (0.0 %)
target not recorded  1 (10.0 %)  1 (100.0 %)    0 (0.0 %)
`, out.String())
	out.Reset()
	require.NoError(t, WriteTable(&out, &Tally{}))
	require.Contains(t, out.String(), "0 (0.0 %)\n")
}

func tableOf(t *testing.T, tally *Tally) string {
	var out strings.Builder
	require.NoError(t, WriteTable(&out, tally))

	return out.String()
}

func TestSkippedNote(t *testing.T) {
	var tally Tally
	require.Empty(t, tally.SkippedNote())
	tally.Skip(NoFile)
	tally.Skip(UnknownFormat)
	tally.Skip(UnknownFormat)
	require.Equal(t, "passed over: 2 (no recording), 1 (no file, but a pipe, socket or device)", tally.SkippedNote())
}
