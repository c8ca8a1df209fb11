// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/internal/cli"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// output is what a command printed; it is safe to read while the command runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()

	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()

	return o.text.String()
}

type result struct {
	code     int
	out, err *output
}

func start(ctx context.Context, in string, columns int, arguments ...string) (*result, <-chan struct{}) {
	r := &result{out: &output{}, err: &output{}}
	done := make(chan struct{})
	s := cli.Streams{In: strings.NewReader(in), Out: r.out, Err: r.err, Width: func() int { return columns }}
	go func() {
		defer close(done)
		r.code = run(ctx, arguments, s)
	}()

	return r, done
}

func call(t *testing.T, in string, columns int, arguments ...string) *result {
	t.Helper()
	r, done := start(t.Context(), in, columns, arguments...)
	<-done

	return r
}

// within waits until the output shows a text.
func within(t *testing.T, o *output, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(o.String(), text) }, 30*time.Second, 10*time.Millisecond)
}

func TestHelpTeaches(t *testing.T) {
	for _, arguments := range [][]string{{}, {"--help"}} {
		r := call(t, "", 0, arguments...)
		require.Equal(t, exitOK, r.code)
		for _, text := range []string{"push", "ingest", "replay", "drive", "version", "Examples:", "Exit codes:"} {
			require.Contains(t, r.out.String(), text)
		}
	}
	for command, texts := range map[string][]string{
		"push": {
			"rtmcc push --duration 10s --record out.ts", "RTMCC_TOKEN", "--loop", "--trace", "--record", "--metrics", "--json",
			"--min-bitrate", "--start-bitrate", "--max-bitrate", "--preset", "--config", "--rendition", "--encode",
		},
		"ingest":  {"rtmcc ingest --listen 127.0.0.1:8889", "--record", "--token", "/sessions"},
		"replay":  {"rtmcc replay t.jsonl", "--json", "--with", "--no-verify", "--from", "--to", "--report", "--plot", "--series", "--start", "--min", "--max"},
		"convert": {"rtmcc convert call.log call.jsonl.zst", "--force", "--json"},
		"verify":  {"rtmcc verify d", "--json"},
		"drive":   {"rtmcc drive", "--preset", "--config"},
	} {
		r := call(t, "", 0, command, "--help")
		require.Equal(t, exitOK, r.code)
		for _, text := range texts {
			require.Contains(t, r.out.String(), text, command)
		}
	}
}

func TestDocumentationNamesEveryFlag(t *testing.T) {
	page, err := os.ReadFile("../../docs/cli.md")
	require.NoError(t, err)
	flags := regexp.MustCompile("--[a-z-]+").FindAllString(string(page), -1)
	for _, command := range []string{"push", "ingest", "replay", "convert", "verify", "drive"} {
		require.Contains(t, string(page), "\n## "+command+"\n")
		for _, word := range strings.Fields(call(t, "", 0, command, "--help").out.String()) {
			if name, _, _ := strings.Cut(word, "="); strings.HasPrefix(name, "--") {
				if name = strings.TrimRight(name, `.,;")`); name != "--help" {
					require.Contains(t, flags, name, "%s of %s", name, command)
				}
			}
		}
	}
}

func TestVersion(t *testing.T) {
	r := call(t, "", 0, "version")
	require.Equal(t, exitOK, r.code)
	require.Regexp(t, `^rtmcc \S+ go\S+ \w+/\w+\n$`, r.out.String())
}

func TestWrongUsage(t *testing.T) {
	dir := t.TempDir()
	for name, tc := range map[string]struct {
		arguments string
		code      int
		want      string
	}{
		"unknown command":      {"pull", exitUsage, "unexpected argument pull"},
		"unknown flag":         {"push --fast", exitUsage, "unknown flag --fast"},
		"no bitrate":           {"push --max-bitrate fast", exitUsage, `"fast" is no bitrate`},
		"no duration":          {"push --duration ten", exitUsage, "--duration"},
		"no preset":            {"drive --preset bbr", exitUsage, `must be one of "default","gcc"`},
		"no config":            {"push --config " + dir + "/none", exitUsage, "no such file"},
		"nothing to replay":    {"replay", exitUsage, `expected "<file> ..."`},
		"two files":            {"push a.ts b.ts", exitUsage, "two files, a.ts and b.ts"},
		"two URLs":             {"push http://a http://b", exitUsage, "two URLs, http://a and http://b"},
		"record and URL":       {"push http://a --record out.ts", exitUsage, "leave the URL out"},
		"signalling, no URL":   {"push --signalling srs", exitUsage, "needs a URL"},
		"unknown signalling":   {"push --signalling rtmp http://a", exitUsage, "--signalling"},
		"WHIP at webrtc":       {"push webrtc://a/live/s --signalling whip", exitFailed, "http://"},
		"webrtc, no stream":    {"push webrtc://a/live", exitFailed, "webrtc://host/app/stream"},
		"negative duration":    {"push --duration=-1s", exitUsage, "is negative"},
		"file and rendition":   {"push a.ts --rendition b.ts", exitUsage, "give the file as one more --rendition"},
		"rendition, encoded":   {"push --rendition b.ts --encode x264", exitUsage, "leave one out"},
		"nothing to encode":    {"push --encode x264 http://a", exitUsage, "--encode needs a FILE"},
		"no such encoder":      {"push --encode vp8 a.ts", exitUsage, "--encode must be one of"},
		"no such rendition":    {"push --rendition " + dir + "/none.ts", exitFailed, "no such file"},
		"rendition, a folder":  {"push --rendition " + dir, exitUsage, "not a regular file"},
		"renditions differ":    {"push --rendition ../../testdata/clip.ts --rendition ../../testdata/rendition-low.ts", exitFailed, "encode all from the same pictures"},
		"min above max":        {"push --min-bitrate 2M --max-bitrate 1M", exitUsage, "--min-bitrate 2.00 Mbps is above"},
		"no such file":         {"push " + dir + "/none.ts", exitFailed, "no such file"},
		"a directory":          {"push " + dir, exitFailed, "is a directory"},
		"no media":             {"push main_test.go", exitFailed, "main_test.go"},
		"scheme":               {"push rtmp://127.0.0.1/live", exitFailed, "http"},
		"nobody listens":       {"push http://" + unused(t) + "/whip", exitFailed, "refused"},
		"metrics address":      {"push --metrics nowhere", exitFailed, "--metrics cannot listen"},
		"trace in no folder":   {"push --trace main_test.go/no/t", exitFailed, "cannot write the trace"},
		"replay nothing":       {"replay " + dir + "/none", exitFailed, "no such file"},
		"replay no trace":      {"replay main_test.go", exitFailed, "rtmcc: main_test.go: recording: unknown format"},
		"ingest address":       {"ingest --listen nowhere", exitFailed, "nowhere"},
		"ingest feedback":      {"ingest --listen 127.0.0.1:0 --feedback 1s", exitFailed, "feedback interval 1s"},
		"drive without init":   {"drive", exitFailed, `line 1: driver protocol: "tick" before init`},
		"drive with bad knobs": {"drive --config testdata/bad.json", exitFailed, "bwe: invalid config"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			r, done := start(ctx, "tick 0\n", 0, strings.Fields(tc.arguments)...)
			if name == "nobody listens" {
				// It would be tried again and again: a server may come back.
				within(t, r.err, tc.want)
				cancel()
				<-done

				return
			}
			<-done
			require.Equal(t, tc.code, r.code, r.err.String())
			require.Contains(t, r.err.String(), tc.want)
			require.Contains(t, r.err.String(), "rtmcc: ")
			require.Empty(t, r.out.String())
		})
	}
}

// unused returns an address at which nobody listens.
func unused(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())

	return address
}

func TestDrive(t *testing.T) {
	for _, preset := range []string{"default", "gcc"} {
		r := call(t, "init 300000 30000 20000000 0\nsent 0 1200 1000\ntick 25000\n", 0, "drive", "--preset", preset)
		require.Equal(t, exitOK, r.code, r.err.String())
		require.Equal(t, 2, strings.Count(r.out.String(), "\n"))
		require.True(t, strings.HasPrefix(r.out.String(), "u "))
	}
}

// TestPushEndToEnd pushes the bundled clip over real UDP on loopback, with everything
// that a push can write, and replays its trace. It is patient, as machines that run tests
// stall now and then.
func TestPushEndToEnd(t *testing.T) {
	dir := t.TempDir()
	recording, trace := filepath.Join(dir, "out.ts"), filepath.Join(dir, "t.jsonl.gz")
	r, done := start(t.Context(), "", 0, "push", "--duration", "3s", "--json", "--record", recording, "--trace", trace,
		"--metrics", "127.0.0.1:0", "--config", "testdata/patient.json")
	within(t, r.out, `"state":"connected"`)
	_, after, ok := strings.Cut(r.err.String(), "metrics at ")
	require.True(t, ok)
	url, _, _ := strings.Cut(after, "\n")
	require.Contains(t, get(t, url), "rtmcc_connected 1")
	<-done
	require.Equal(t, exitOK, r.code, r.err.String())

	lines := strings.Split(strings.TrimSpace(r.out.String()), "\n")
	require.GreaterOrEqual(t, len(lines), 3)
	for _, line := range lines[:len(lines)-1] {
		var status map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &status))
		for _, name := range []string{"sent_bps", "estimate_bps", "target_bps", "rtt_ms", "loss", "queue_ms", "frames_dropped"} {
			require.Contains(t, status, name)
		}
	}
	var last struct {
		Summary map[string]any `json:"summary"`
	}
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &last))
	s := last.Summary
	for _, name := range []string{"packets_sent", "packets_retransmitted", "bytes_sent", "estimate_bps", "target_bps", "rtt_ms", "loss", "queue_ms"} {
		require.Contains(t, s, name)
	}
	require.Zero(t, s["frames_dropped"], s)
	require.Equal(t, s["frames_sent"], s["frames_received"], "every frame arrives")
	require.Greater(t, s["frames_sent"], 200.0)
	require.InDelta(t, 3.3, s["duration_s"], 1)

	content, err := os.ReadFile(recording)
	require.NoError(t, err)
	require.Greater(t, len(content), 100_000)
	require.Zero(t, len(content)%188, "whole MPEG-TS packets")

	r = call(t, "", 0, "replay", trace)
	require.Equal(t, exitOK, r.code, r.err.String())
	require.Regexp(t, `(?m)^identical: \d+ inputs in 1 connection give the same \d+ decisions\nrtmcc trace, `, r.out.String())
	require.Empty(t, r.err.String())

	r = call(t, "", 0, "replay", "--json", trace)
	require.Equal(t, exitOK, r.code)
	var replayed struct {
		Identical         bool
		Inputs, Decisions int
	}
	require.NoError(t, json.Unmarshal([]byte(r.out.String()), &replayed))
	require.True(t, replayed.Identical)
	require.Greater(t, replayed.Inputs, 500)
	require.Greater(t, replayed.Decisions, 200)
}

func get(t *testing.T, url string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(url)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)

	return string(body)
}

// TestPushToIngest runs both ends as commands, with a token, and ends them by Ctrl-C.
func TestPushToIngest(t *testing.T) {
	recording := filepath.Join(t.TempDir(), "out.ts")
	receiving, stopReceiving := context.WithCancel(t.Context())
	ingest, ingested := start(receiving, "", 0, "ingest", "--listen", "127.0.0.1:0", "--token", "secret", "--json", "--record", recording)
	within(t, ingest.err, "receiving at ")
	_, after, _ := strings.Cut(ingest.err.String(), "receiving at ")
	url, _, _ := strings.Cut(after, ":"+" push")

	r := call(t, "", 0, "push", url, "--token", "wrong")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "the token is missing or wrong")
	require.Equal(t, 1, strings.Count(r.err.String(), "is wrong"), "said once")

	t.Setenv("RTMCC_TOKEN", "secret")
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt)
	defer stop()
	push, pushed := start(ctx, "", 100, "push", url, "--loop")
	within(t, push.err, "0:01 sent")
	self, err := os.FindProcess(os.Getpid())
	require.NoError(t, err)
	require.NoError(t, self.Signal(os.Interrupt))
	<-pushed
	require.Equal(t, exitOK, push.code, push.err.String())
	require.Contains(t, push.out.String(), "pushed    ")
	// How many is up to the machine here.
	require.Regexp(t, ` sent \(.*, \d+ dropped`, push.out.String())
	require.NotContains(t, push.out.String(), "received", "nobody knows")

	stopReceiving()
	<-ingested
	require.Equal(t, exitOK, ingest.code, ingest.err.String())
	var statistics struct {
		Sessions []struct {
			State          string `json:"state"`
			FramesReceived int    `json:"frames_received"`
			Freezes        int    `json:"freezes"`
		} `json:"sessions"`
	}
	require.NoError(t, json.Unmarshal([]byte(ingest.out.String()), &statistics))
	require.Len(t, statistics.Sessions, 1)
	require.Equal(t, "ended", statistics.Sessions[0].State)
	require.Greater(t, statistics.Sessions[0].FramesReceived, 10)
}

func TestReplayOfADifferentTrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.jsonl")
	r := call(t, "", 0, "push", "--duration", "500ms", "--trace", path)
	require.Equal(t, exitOK, r.code, r.err.String())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	changed := strings.Replace(string(text), `{"e":"decision","t":`, `{"e":"decision","t":9`, 1)
	require.NotEqual(t, string(text), changed)
	require.NoError(t, os.WriteFile(path, []byte(changed), 0o600))
	r = call(t, "", 0, "replay", path)
	require.Equal(t, exitDiffers, r.code)
	require.Regexp(t, `^different: line \d+ of .*t.jsonl\n  recorded   \{"e":"decision".*\n  recomputed \{"e":"decision".*\n(.*\.\n)*rtmcc trace, `, r.out.String())
	require.Contains(t, r.err.String(), "the replay differs from the record in 1 of ")
}
