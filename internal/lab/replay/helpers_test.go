// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"bytes"
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/trace"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// simulated returns the trace that a simulation writes.
func simulated(t require.TestingT, scenario, flow string, seed uint64, length time.Duration) []byte {
	found, err := netsim.Select(scenario)
	require.NoError(t, err)
	choices := choices(t, flow)
	s := found[0]
	s.Duration, s.Warmup = netsim.Duration(length), 0
	var out bytes.Buffer
	w := trace.NewWriter(&out, trace.Header{Tool: "test"})
	_, err = netsim.Run(context.Background(), &s, netsim.Options{
		Flows: choices, Seed: seed, Observe: func(int) bwe.Observer { return w.Observe },
	})
	require.NoError(t, err)
	require.NoError(t, w.Close())

	return out.Bytes()
}

func choices(t require.TestingT, names ...string) []netsim.Choice {
	var out []netsim.Choice
	for _, name := range names {
		c, err := netsim.ParseChoice(name)
		require.NoError(t, err)
		out = append(out, c)
	}

	return out
}

func source(t require.TestingT, text []byte) recording.Source {
	r, err := trace.NewReader(bytes.NewReader(text))
	require.NoError(t, err)

	return trace.NewSource(r, nil)
}

func play(t require.TestingT, src recording.Source, names ...string) *Result {
	r, err := Run(context.Background(), src, Options{Controllers: choices(t, names...)})
	require.NoError(t, err)
	require.Len(t, r.Controllers, len(names))

	return r
}

// signal makes a signal of runs of equal values.
func signal(runs ...run10) timeline.Signal {
	var out timeline.Signal
	for _, r := range runs {
		for range int(math.Round(r.seconds * 10)) {
			out = append(out, r.value)
		}
	}

	return out
}

// run10 is a value that holds for some seconds.
type run10 struct{ seconds, value float64 }
