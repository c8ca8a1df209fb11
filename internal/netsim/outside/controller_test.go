// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package outside

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/bwe"
)

// behaviour names how the test binary acts when it is run as a child.
const behaviour = "RTMCC_TEST_CHILD"

func TestMain(m *testing.M) {
	if how := os.Getenv(behaviour); how != "" {
		child(how)
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// child answers every question with what it was told last, so that the parent can
// check it.
func child(how string) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	sent, size := 0, 0
	for n := 0; in.Scan(); {
		words := strings.Fields(in.Text())
		if words[0] == "sent" {
			sent++
			size = len(words)

			continue
		}
		n++
		if n > 1 {
			switch how {
			case "dies":
				fmt.Fprintln(os.Stderr, "out of cheese")
				os.Exit(3)
			case "hangs", "deaf":
				time.Sleep(time.Hour)
			case "nonsense":
				fmt.Println("what?")

				continue
			case "torrent":
				fmt.Println(strings.Repeat("x", 1<<20))

				continue
			}
		}
		fmt.Printf("u %d %d %d %d 1 %d:1000000:5:15\n", 100_000+n, 200_000+sent, len(words), 5000, 40+size)
	}
	if how == "lingers" {
		time.Sleep(time.Hour)
	}
}

func start(t *testing.T, how string) (*Controller, bwe.Update) {
	t.Helper()
	c := New(fmt.Sprintf("env %s='%s' '%s'", behaviour, how, os.Args[0]), 300_000, 30_000, 2_000_000)
	u, err := c.Start(0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })

	return c, u
}

func TestConversation(t *testing.T) {
	c, u := start(t, "obeys")
	require.Equal(t, bwe.Update{
		Estimate: 100_001, PacingRate: 200_000, PaddingRate: 5, CongestionWindow: 5000,
		Probes: []bwe.Probe{{ID: 40, Bitrate: bwe.Mbps, MinPackets: 5, MinDuration: 15 * time.Millisecond}},
	}, u)
	require.Equal(t, bwe.Time(25*time.Millisecond), c.NextTimer())
	for i := range int64(5000) {
		require.NoError(t, c.OnSent(bwe.SentPacket{Seq: i, Size: 1200, At: bwe.Time(i)}))
	}
	require.NoError(t, c.OnSent(bwe.SentPacket{Seq: 5000, Size: 1200, ProbeCluster: 7}))
	u, err := c.OnTimer(bwe.Time(25 * time.Millisecond))
	require.NoError(t, err)
	require.Equal(t, bwe.Bitrate(205_001), u.PacingRate)
	require.Equal(t, 45, u.Probes[0].ID, "the probe's number was told")
	require.Equal(t, bwe.Time(25*time.Millisecond), u.At)
	u, err = c.OnFeedback(bwe.Feedback{At: bwe.Time(time.Second), Results: []bwe.PacketResult{{Seq: 1, Received: true, ReceivedAt: 5000}, {Seq: 2}}})
	require.NoError(t, err)
	require.Equal(t, bwe.Bitrate(5), u.PaddingRate, "fb, time, count and two packets")
	require.Equal(t, bwe.Time(1025*time.Millisecond), c.NextTimer())
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
}

func TestAChildThatFailsIsDescribed(t *testing.T) {
	for how, want := range map[string][]string{
		"dies":     {"ended instead of answering", `"tick 25000\n"`, "exit status 3", "out of cheese"},
		"nonsense": {"wrong answer", "what?", "want u TARGET"},
		"torrent":  {"line over"},
		"hangs":    {"did not answer within 200ms"},
	} {
		t.Run(how, func(t *testing.T) {
			c, _ := start(t, how)
			c.timeout = 200 * time.Millisecond
			_, err := c.OnTimer(bwe.Time(25 * time.Millisecond))
			require.ErrorIs(t, err, ErrController)
			for _, text := range want {
				require.ErrorContains(t, err, text)
			}
			require.NoError(t, c.Close())
		})
	}
}

func TestAChildThatDoesNotListenIsBounded(t *testing.T) {
	c, _ := start(t, "deaf")
	c.timeout = 200 * time.Millisecond
	c.begin("tick")
	c.integer(0)
	require.NoError(t, c.write(true))
	require.NoError(t, c.in.Flush())
	// It reads no more: the pipe fills up, and the write gives up.
	var err error
	for i := int64(0); err == nil && i < 1_000_000; i++ {
		err = c.OnSent(bwe.SentPacket{Seq: i, Size: 1200})
	}
	require.ErrorIs(t, err, ErrController)
	require.ErrorContains(t, err, "did not answer within 200ms")
}

func TestAChildThatLingersIsEnded(t *testing.T) {
	c, _ := start(t, "lingers")
	require.NoError(t, c.Close())
	require.NotNil(t, c.cmd.ProcessState)
}

func TestACommandThatDoesNotExist(t *testing.T) {
	c := New("/does/not/exist", 300_000, 30_000, 2_000_000)
	_, err := c.Start(0)
	require.ErrorIs(t, err, ErrController)
	require.ErrorContains(t, err, "not found")
	require.NoError(t, c.Close())
	require.NoError(t, New("true", 1, 1, 1).Close(), "never started")
}

func TestParseAnswer(t *testing.T) {
	u, err := parseAnswer([]byte("u 100 200 0 -1 0\n"), nil)
	require.NoError(t, err)
	require.Equal(t, bwe.Update{Estimate: 100, PacingRate: 200}, u)
	u, err = parseAnswer([]byte("u 100 200 0 0 0\n"), nil)
	require.NoError(t, err)
	require.Equal(t, int64(1), u.CongestionWindow, "a window of nothing is not none")
	for _, line := range []string{
		"", "u", "v 1 2 3 4 0", "u 1 2 3 4", "u 1 2 3 4 1", "u 1 2 3 4 0 1:2:3:4", "u -1 2 3 4 0", "u 1 2 3 -2 0", "u 1e6 2 3 4 0",
		"u 100000000001 2 3 4 0", "u 1 2 3 4 65", "u 1 2 3 4 1 1:2:3", "u 1 2 3 4 1 0:2:3:4", "u 1 2 3 4 1 1:0:3:4", "u 1 2 3 4 1 1:2:10001:4",
		"u 1 2 3 4 1 1:2:3:10001", "u 1 2 3 4 1 1:2:3:4:5", "u 99999999999999999999 2 3 4 0",
	} {
		_, err := parseAnswer([]byte(line), nil)
		require.ErrorIs(t, err, errAnswer, line)
	}
}

func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte("u 300000 750000 0 -1 2 1:900000:5:15 2:1800000:5:15\n"))
	f.Add([]byte("u 1 2 3 4 0"))
	f.Fuzz(func(t *testing.T, line []byte) {
		u, err := parseAnswer(line, nil)
		if err != nil {
			require.ErrorIs(t, err, errAnswer)

			return
		}
		require.GreaterOrEqual(t, u.Estimate, bwe.Bitrate(0))
		require.LessOrEqual(t, u.PacingRate, maxBitrate)
		require.GreaterOrEqual(t, u.CongestionWindow, int64(0))
		require.LessOrEqual(t, len(u.Probes), maxProbes)
		for _, p := range u.Probes {
			require.Positive(t, p.ID)
			require.Positive(t, p.Bitrate)
			require.LessOrEqual(t, p.MinDuration, maxProbeDuration)
		}
	})
}
