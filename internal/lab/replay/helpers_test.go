// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"strings"
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

// behaviour names how the test binary acts when it is run as an outside controller.
const behaviour = "RTMCC_TEST_CONTROLLER"

func TestMain(m *testing.M) {
	if how := os.Getenv(behaviour); how != "" {
		actAsController(how)
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// actAsController speaks the driver protocol: it asks for one probe and answers with 500 kbps and
// as many bits per second more as it got questions. With "dies" it ends at the 21st.
func actAsController(how string) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for n := 0; in.Scan(); {
		if strings.HasPrefix(in.Text(), "sent") {
			continue
		}
		if n++; how == "dies" && n > 20 {
			fmt.Fprintln(os.Stderr, "out of cheese")
			os.Exit(3)
		}
		probes := "0"
		if n == 2 {
			probes = "1 7:1000000:5:15"
		}
		fmt.Printf("u %d 1000000 0 -1 %s\n", 500_000+n, probes)
	}
}

// outside is the choice of the test binary as a controller.
func outside(t require.TestingT, how string) string {
	path, err := os.Executable()
	require.NoError(t, err)

	return fmt.Sprintf("exec:env %s=%s '%s'", behaviour, how, path)
}

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

// signal makes a signal of values that hold for some seconds each: value, seconds, value,
// seconds and so on.
func signal(valuesAndSeconds ...float64) timeline.Signal {
	var out timeline.Signal
	for i := 0; i < len(valuesAndSeconds); i += 2 {
		for range int(math.Round(valuesAndSeconds[i+1] * 10)) {
			out = append(out, valuesAndSeconds[i])
		}
	}

	return out
}

var unknown = math.NaN()
