// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package drive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

const begin = "init 300000 30000 20000000 0\n"

func run(t require.TestingT, in string) ([]string, error) {
	var out strings.Builder
	err := Run(strings.NewReader(in), &out, Config{BWE: bwe.Default()})
	if out.Len() == 0 {
		return nil, err
	}
	require.True(t, strings.HasSuffix(out.String(), "\n"))

	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n"), err
}

func answerOf(u bwe.Update) string {
	window := int64(-1)
	if u.CongestionWindow > 0 {
		window = u.CongestionWindow + u.Unreported
	}
	text := fmt.Sprintf("u %d %d %d %d %d", u.Estimate, u.PacingRate, u.PaddingRate, window, len(u.Probes))
	for _, p := range u.Probes {
		text += fmt.Sprintf(" %d:%d:%d:%d", p.ID, p.Bitrate, p.MinPackets, p.MinDuration.Milliseconds())
	}

	return text
}

// TestAnswersAreTheEstimators drives an estimator over the protocol and another one
// by calls.
func TestAnswersAreTheEstimators(t *testing.T) {
	cfg := bwe.Default()
	cfg.StartBitrate, cfg.MinBitrate, cfg.MaxBitrate = 500_000, 50_000, 5_000_000
	est, err := bwe.New(cfg, 7000)
	require.NoError(t, err)
	in := []string{"init 500000 50000 5000000 7"}
	want := []string{answerOf(est.Latest())}
	micros := func(v int64) bwe.Time { return bwe.Time(v * int64(time.Microsecond)) }
	seq := int64(0)
	for i := range int64(200) {
		now := 10_000 * (i + 1)
		fb := bwe.Feedback{At: micros(now)}
		line := fmt.Sprintf("fb %d 5", now)
		for k := range int64(5) {
			probe := int(i % 3)
			p := bwe.SentPacket{Seq: seq, Size: 1200, At: micros(now - 9000 + k), ProbeCluster: probe}
			est.OnSent(p)
			if probe == 0 {
				in = append(in, fmt.Sprintf("sent %d 1200 %d", seq, now-9000+k))
			} else {
				in = append(in, fmt.Sprintf("sent %d 1200 %d %d", seq, now-9000+k, probe))
			}
			r := bwe.PacketResult{Seq: seq, Received: seq%17 != 3}
			if r.Received {
				r.ReceivedAt = micros(now + 5_000_000 + k*300)
				line += fmt.Sprintf(" %d:%d", seq, now+5_000_000+k*300)
			} else {
				line += fmt.Sprintf(" %d:-1", seq)
			}
			fb.Results = append(fb.Results, r)
			seq++
		}
		in = append(in, line, fmt.Sprintf("tick %d", now+1))
		want = append(want, answerOf(est.OnFeedback(fb)), answerOf(est.OnTimer(micros(now+1))))
	}
	got, err := run(t, strings.Join(in, "\n")+"\n")
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestOneAnswerForEachQuestion(t *testing.T) {
	for in, answers := range map[string]int{
		"":                                  0,
		"\n \t\n":                           0,
		begin:                               1,
		"  init\t300000 30000 20000000 0\r": 1,
		begin + begin:                       2,
		begin + "sent 1 1200 1000\n":        1,
		begin + "sent 1 1200 1000 2\n":      1,
		begin + "tick 25000\n\ntick 25000":  3,
		begin + "fb 1000 0\n":               2,
		begin + "fb 1000 2 1:500 2:-1\n":    2,
		begin + "fb 1000 1 9223372036854775807:500\n": 2,
		begin + "sent -5 0 -1000\ntick -1000\n":       2,
	} {
		got, err := run(t, in)
		require.NoError(t, err, in)
		require.Len(t, got, answers, in)
		for _, line := range got {
			require.Regexp(t, `^u \d+ \d+ \d+ (-1|\d+) \d+( \d+:\d+:\d+:\d+)*$`, line)
		}
	}
}

func TestProbesAreWrittenOut(t *testing.T) {
	var out bytes.Buffer
	c := controller{out: &out}
	require.NoError(t, c.answer(estimateOf(bwe.Update{
		Estimate: 1, PacingRate: 2, PaddingRate: 3, CongestionWindow: 4,
		Probes: []bwe.Probe{
			{ID: 5, Bitrate: 6, MinPackets: 7, MinDuration: 15 * time.Millisecond},
			{ID: 8, Bitrate: 9, MinPackets: 10, MinDuration: 15*time.Millisecond + 1},
		},
	})))
	require.Equal(t, "u 1 2 3 4 2 5:6:7:15 8:9:10:16\n", out.String())
}

func TestBadLines(t *testing.T) {
	for in, want := range map[string]string{
		"hello\n":                                 `line 1: driver protocol: "hello" before init`,
		"tick 0\n":                                `line 1: driver protocol: "tick" before init`,
		begin + "hello\n":                         `line 2: driver protocol: unknown command "hello", want init, sent, fb or tick`,
		strings.Repeat("x", 60) + "\n":            strings.Repeat("x", 40) + "…",
		"init 300000 30000 20000000\n":            "line 1: driver protocol: too few arguments, want init <start_bps>",
		"init 300000 30000 20000000 0 0\n":        "line 1: driver protocol: too many arguments, want init <start_bps>",
		"init 300k 30000 20000000 0\n":            `line 1: driver protocol: start_bps "300k" is no integer`,
		"init 300000 400000 20000000 0\n":         "line 1: init: bwe: invalid config",
		"init 300000 0 20000000 0\n":              "line 1: init: bwe: invalid config",
		begin + "sent 1 1200\n":                   "line 2: driver protocol: too few arguments, want sent",
		begin + "sent 1 1200 1 1 1\n":             "line 2: driver protocol: too many arguments, want sent",
		begin + "sent 1 -1 1\n":                   "size_bytes -1 is out of range",
		begin + "sent 1 1073741825 1\n":           "size_bytes 1073741825 is out of range",
		begin + "sent 1 1 1 -1\n":                 "probe_cluster_id -1 is out of range",
		begin + "sent 1.5 1 1\n":                  `seq "1.5" is no integer`,
		begin + "sent 9223372036854775808 1 1\n":  `seq "9223372036854775808" is out of range`,
		begin + "tick 9223372036854775\n":         "now_us 9223372036854775 is out of range",
		begin + "tick -9223372036854775\n":        "now_us -9223372036854775 is out of range",
		begin + "tick\n":                          "too few arguments, want tick <now_us>",
		begin + "fb\n":                            "too few arguments, want fb",
		begin + "fb 1\n":                          "too few arguments, want fb",
		begin + "fb 1 2 1:1\n":                    "fb announces 2 packets and lists 1",
		begin + "fb 1 0 1:1\n":                    "fb announces 0 packets and lists 1",
		begin + "fb 1 1 1\n":                      `"1" is no <seq>:<recv_us>`,
		begin + "fb 1 1 :\n":                      `seq "" is no integer`,
		begin + "fb 1 1 1:\n":                     `recv_us "" is no integer`,
		begin + "fb 1 1 1:2:3\n":                  `recv_us "2:3" is no integer`,
		begin + "fb 1 1 1:9223372036854775\n":     "recv_us 9223372036854775 is out of range",
		begin + "tick 1\n" + "bye\n" + "tick 2\n": "line 3: driver protocol: unknown command",
		begin + strings.Repeat("x", mostLine+1):   "line 2: driver protocol: longer than 16777216 bytes",
	} {
		_, err := run(t, in)
		require.ErrorContains(t, err, want)
	}
	_, err := run(t, "hello")
	require.ErrorIs(t, err, ErrProtocol)
}

func TestBrokenPipes(t *testing.T) {
	failure := errors.New("pipe gone")
	require.ErrorIs(t, Run(io.MultiReader(strings.NewReader(begin), iotest.ErrReader(failure)), io.Discard, Config{BWE: bwe.Default()}), failure)
	require.ErrorIs(t, Run(strings.NewReader(begin), brokenWriter{failure}, Config{BWE: bwe.Default()}), failure)
}

type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 0, b.err }

func FuzzRun(f *testing.F) {
	f.Add(begin + "sent 1 1200 1000\nsent 2 1200 1000 1\nfb 2000 2 1:1500 2:-1\ntick 25000\n")
	f.Add(begin + "tick 4611686018427387\ntick -4611686018427387\n")
	f.Add("init 1 1 9223372036854775807 0\nsent 9223372036854775807 1 1\nfb 1 1 -9223372036854775808:4611686018427387\n")
	f.Fuzz(func(t *testing.T, in string) {
		answers, err := run(t, in)
		questions := 0
		for line := range strings.Lines(in) {
			if words := strings.Fields(line); len(words) > 0 && words[0] != "sent" {
				questions++
			}
		}
		if err == nil {
			require.Len(t, answers, questions)
		} else {
			require.LessOrEqual(t, len(answers), questions)
		}
	})
}

func BenchmarkSent(b *testing.B) {
	c := &controller{cfg: Config{BWE: bwe.Default()}, out: io.Discard}
	require.NoError(b, c.line([]byte(strings.TrimSpace(begin))))
	line := []byte("sent 123456 1200 123456789")
	b.ReportAllocs()
	for b.Loop() {
		if err := c.line(line); err != nil {
			b.Fatal(err)
		}
	}
}
