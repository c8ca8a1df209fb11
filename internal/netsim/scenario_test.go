// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestUnits(t *testing.T) {
	for text, want := range map[string]Rate{
		"2Mbps": 2 * mbps, "2.5 Mbps": 2500 * kbps, "300kbps": 300 * kbps, "800bps": 800, "64000": 64_000, "1Gbps": 1000 * mbps, "2.5M": 2500 * kbps, "0bps": 0,
	} {
		var got Rate
		require.NoError(t, got.UnmarshalText([]byte(text)))
		require.Equal(t, want, got, text)
		again, err := got.MarshalText()
		require.NoError(t, err)
		var back Rate
		require.NoError(t, back.UnmarshalText(again))
		require.Equal(t, want, back, "%s", again)
	}
	for _, text := range []string{"", "fast", "-1Mbps", "NaN", "101Gbps", "1e400", "2Mbpsbps", "2 M bps x"} {
		var r Rate
		require.ErrorIs(t, r.UnmarshalText([]byte(text)), ErrScenario, text)
	}
	var d Duration
	require.NoError(t, d.UnmarshalText([]byte("1.5s")))
	require.Equal(t, 1500*time.Millisecond, d.Std())
	require.ErrorIs(t, d.UnmarshalText([]byte("fast")), ErrScenario)
}

func TestLibraryIsValidAndSurvivesJSON(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Library() {
		require.NoError(t, s.Validate(), s.Name)
		require.False(t, seen[s.Name], "%s is there twice", s.Name)
		seen[s.Name] = true
		require.NotEmpty(t, s.About, s.Name)
		text, err := json.Marshal(s)
		require.NoError(t, err)
		back, err := Load(bytes.NewReader(text), nil)
		require.NoError(t, err, "%s: %s", s.Name, text)
		require.Equal(t, s, *back)
	}
}

func TestLibraryHoldsEveryCaseOfRFC8867(t *testing.T) {
	flows := map[string]int{"5.1": 1, "5.2": 2, "5.3": 2, "5.4": 3, "5.5": 5, "5.6": 1, "5.7": 2, "5.8": 3, "6.1": 3, "6.3": 3}
	lengths := map[string]Duration{"5.1": 100, "5.2": 125, "5.3": 100, "5.4": 120, "5.5": 300, "5.6": 120, "5.7": 300, "5.8": 120, "6.1": 120, "6.3": 300}
	for section, n := range flows {
		found, err := Select("rfc8867-" + section)
		require.NoError(t, err)
		require.Len(t, found[0].Flows, n, section)
		require.Equal(t, lengths[section]*second, found[0].Duration, section)
	}
	for _, variant := range []string{"5.1-100ms", "5.1-cbr", "5.2-cbr", "5.3-cbr", "5.6-1000ms"} {
		_, err := Select("rfc8867-" + variant)
		require.NoError(t, err)
	}
	_, err := Select("rfc8867-6.2")
	require.ErrorIs(t, err, ErrUnsupported)
	require.ErrorContains(t, err, "ECN")
	// With cross traffic the same is left as the variable link has.
	pair, err := Select("rfc8867-5.1", "rfc8867-5.1-cbr")
	require.NoError(t, err)
	for i, step := range pair[0].Forward[0].Capacity.Steps {
		cross := pair[1].Cross[0].Rate.Steps[i]
		require.Equal(t, step.At, cross.At)
		require.Equal(t, rfcShared, step.Rate+cross.Rate)
	}
}

func TestSelect(t *testing.T) {
	found, err := Select("steady-2m", "jitter-*", "steady-2m")
	require.NoError(t, err)
	require.Equal(t, "steady-2m", found[0].Name)
	require.Greater(t, len(found), 10)
	_, err = Select("jitter-nonsense")
	require.ErrorIs(t, err, ErrUnknown)
	require.ErrorContains(t, err, "jitter-ou")
	_, err = Select("[")
	require.ErrorIs(t, err, ErrUnknown)
	// The caller's changes stay the caller's.
	found[0].Forward[0].Delay = 0
	again, err := Select("steady-2m")
	require.NoError(t, err)
	require.NotZero(t, again[0].Forward[0].Delay)
}

func TestValidateNamesTheField(t *testing.T) {
	const valid = `{"name":"x","duration":"10s","forward":[{"capacity":{"constant":"2Mbps"},"delay":"50ms"}]}`
	_, err := Load(strings.NewReader(valid), nil)
	require.NoError(t, err)
	link := func(fields string) string {
		return `{"name":"x","duration":"10s","forward":[{"capacity":{"constant":"2Mbps"},` + fields + `}]}`
	}
	more := func(fields string) string { return strings.TrimSuffix(valid, "}") + "," + fields + "}" }
	for text, want := range map[string]string{
		``:                       "EOF",
		`[]`:                     "line 1",
		valid + "{}":             "something follows",
		"{\n\"duration\": 10\n}": `line 2: duration: a number, want a duration in quotes, such as "50ms"`,
		`{"forward":[{"capacity":{"constant":2000000}}]}`:                  `a bitrate in quotes, such as "2.5Mbps"`,
		`{"duration":"10 s"}`:                                              `"10 s" is no duration`,
		`{"speed":1}`:                                                      `unknown field "speed"`,
		"{\n\n\"name\" \"x\"}":                                             "line 3",
		`{}`:                                                               "duration: 0s, want 100ms to 24h",
		`{"duration":"99ms","forward":[{}]}`:                               "duration",
		`{"duration":"24h0m1s","forward":[{}]}`:                            "duration",
		`{"duration":"10s"}`:                                               "forward: no link",
		more(`"warmup":"10s"`):                                             "warmup",
		more(`"reference":1`):                                              "reference",
		more(`"start":"20kbps","min":"30kbps"`):                            "start: min 30kbps",
		more(`"max":"200kbps"`):                                            "start: min",
		link(`"delay":"61s"`):                                              "forward[0].delay",
		link(`"queue":"1s","queue_bytes":1`):                               "exclude each other",
		link(`"queue_bytes":-1`):                                           "queue_bytes",
		link(`"loss":{"rate":1}`):                                          "forward[0].loss.rate: 1",
		link(`"loss":{"rate":0.9,"burst":2}`):                              "too short",
		link(`"jitter":{"kind":"odd"}`):                                    `forward[0].jitter.kind: "odd"`,
		link(`"jitter":{"kind":"sine","amplitude":"5ms"}`):                 "jitter.period",
		link(`"jitter":{"kind":"sawtooth","period":"1s","rise":"2s"}`):     "jitter.rise",
		link(`"jitter":{"kind":"stall","period":"1s","mean":"5ms"}`):       "jitter.amplitude",
		link(`"outages":[{"from":"2s","to":"1s"}]`):                        "outages[0]",
		link(`"stalls":[{"from":"1s","to":"2s"},{"from":"2s","to":"3s"}]`): "stalls[1]",
		`{"duration":"10s","forward":[{"capacity":{"constant":"1Mbps","trace":"x"}}]}`:                                  "exclude each other",
		`{"duration":"10s","forward":[{"capacity":{"steps":[{"at":"1s","rate":"1Mbps"}]}}]}`:                            "the first step at 0s",
		`{"duration":"10s","forward":[{"capacity":{"steps":[{"at":"0s","rate":"1Mbps"},{"at":"0s","rate":"2Mbps"}]}}]}`: "steps[1].at",
		`{"duration":"10s","forward":[{"capacity":{"generator":{"kind":"odd"}}}]}`:                                      "generator.kind",
		`{"duration":"10s","forward":[{"capacity":{"generator":{"kind":"markov","states":["1Mbps"]}}}]}`:                "2 to 1024",
		`{"duration":"10s","forward":[{"capacity":{"generator":{"kind":"poisson","mean":"9Gbps"}}}]}`:                   "in units",
		`{"duration":"10s","forward":[{"capacity":{"trace":"x.csv"}}]}`:                                                 `trace "x.csv": no files`,
		`{"duration":"10s","forward":[{"capacity":{"trace":"x.csv","trace_bin":"1.5ms"}}]}`:                             "whole milliseconds",
		more(`"flows":[{"start":"5s","stop":"5s"}]`):                                                                    "flows[0].stop",
		more(`"flows":[{},{"weight":-1}]`):                                                                              "flows[1].weight",
		more(`"flows":[{"links":[0,1]}]`):                                                                               "flows[0].links",
		more(`"flows":[{"source":{"fps":0.5}}]`):                                                                        "source.fps",
		more(`"flows":[{"source":{"model":"x264"}}]`):                                                                   "source.model",
		more(`"flows":[{"source":{"interval_noise":1.5}}]`):                                                             "source.interval_noise",
		more(`"flows":[{"source":{"reaction":"2m"}}]`):                                                                  "source.reaction",
		more(`"flows":[{"source":{"ramp":"-1s"}}]`):                                                                     "source.ramp",
		more(`"flows":[{"source":{"burst_frames":1001}}]`):                                                              "source.burst_frames",
		more(`"flows":[{"source":{"burst_frames":4,"burst_size":5}}]`):                                                  "source.burst_size",
		more(`"flows":[{"source":{"burst_above":-1}}]`):                                                                 "source.burst_above",
		more(`"flows":[{"source":{"tiers":[{"name":""}]}}]`):                                                            "source.tiers",
		more(`"flows":[{"player":{"buffer":"-1s"}}]`):                                                                   "player.buffer",
		more(`"flows":[{"player":{"buffer":"1h"}}]`):                                                                    "player.buffer",
		more(`"flows":[{"player":{"resume":"3s"}}]`):                                                                    "player.resume",
		more(`"flows":[{"player":{"catch_up":1.1}}]`):                                                                   "player.catch_up",
		more(`"flows":[{"source":{"min":"2Mbps","max":"1Mbps"}}]`):                                                      "source.min",
		more(`"tcp":[{"kind":"vegas"}]`):                                                                                "tcp[0].kind",
		more(`"tcp":[{"count":65}]`):                                                                                    "tcp[0].count",
		more(`"tcp":[{"short_min":5,"short_max":4}]`):                                                                   "tcp[0].short_max",
		more(`"tcp":[{"short_min":4,"short_max":5}]`):                                                                   "tcp[0].idle",
		more(`"cross":[{}]`): "cross[0].rate: want one of",
		more(`"cross":[{"rate":{"constant":"1Mbps"},"packet_size":39}]`): "packet_size",
		more(`"feedback":{"interval":"0.5ms"}`):                          "feedback.interval",
		more(`"feedback":{"clock_skew_ppm":1e9}`):                        "clock_skew_ppm",
		more(`"feedback":{"duplicate":1.5}`):                             "feedback.duplicate",
	} {
		_, err := Load(strings.NewReader(text), nil)
		require.ErrorIs(t, err, ErrScenario, text)
		require.ErrorContains(t, err, want, text)
	}
}

func TestLoadFileFindsTracesBesideIt(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))

		return path
	}
	write("up.csv", "0,1000000\n1000,3000000\n")
	path := write("drive.json", `{"duration":"10s","forward":[{"capacity":{"trace":"up.csv"}}]}`)
	s, err := LoadFile(path)
	require.NoError(t, err)
	require.Equal(t, "drive", s.Name)
	schedule, err := s.Forward[0].Capacity.schedule(1, "", at(10*time.Second))
	require.NoError(t, err)
	require.Len(t, schedule.changes, 10, "the trace starts over each 2 s")
	require.Equal(t, 3*bwe.Mbps, schedule.rate(at(9500*time.Millisecond)))

	_, err = LoadFile(write("lost.json", `{"duration":"10s","forward":[{"capacity":{"trace":"none.csv"}}]}`))
	require.ErrorContains(t, err, "none.csv")
	write("bad.csv", "0,fast\n")
	_, err = LoadFile(write("bad.json", `{"duration":"10s","forward":[{"capacity":{"trace":"bad.csv"}}]}`))
	require.ErrorContains(t, err, "bad.csv")
	_, err = LoadFile(filepath.Join(folder, "none.json"))
	require.ErrorIs(t, err, os.ErrNotExist)

	alone, err := FromTrace(filepath.Join(folder, "up.csv"))
	require.NoError(t, err)
	require.Equal(t, "trace-up", alone.Name)
	require.Equal(t, 2*second, alone.Duration)
	_, err = FromTrace(filepath.Join(folder, "bad.csv"))
	require.Error(t, err)
}

func TestATraceIsNotRepeatedWithoutEnd(t *testing.T) {
	s, err := Load(strings.NewReader(`{"duration":"24h","forward":[{"capacity":{"trace":"x"}}]}`), func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("0,1\n0.001,2\n")), nil
	})
	require.NoError(t, err)
	_, err = s.Forward[0].Capacity.schedule(1, "", s.Duration.time())
	require.ErrorIs(t, err, ErrScenario)
	require.ErrorContains(t, err, "longer trace")
}

func FuzzLoad(f *testing.F) {
	for _, s := range Library() {
		text, err := json.Marshal(s)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte(`{"duration":"1s","forward":[{"capacity":{"trace":"x"}}]}`))
	f.Add([]byte(`{"duration":"1s","forward":[{"capacity":{"steps":[{"at":"0s","rate":"0bps"}]},"stalls":[{"from":"0.5s","to":"2s"}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Load(bytes.NewReader(text), func(string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("0 1000000\n500 0\n700 300000\n")), nil
		})
		if err != nil {
			return
		}
		require.NoError(t, s.Validate())
		playable := int64(s.Duration) < int64(30*second) && len(s.Flows) < 8 && !slices.ContainsFunc(s.capacities(), func(c *Capacity) bool { return c.Generator != nil })
		for _, c := range s.Cross {
			playable = playable && c.Rate.Constant < 10*mbps && len(c.Rate.Steps) == 0 && c.Rate.Trace == ""
		}
		if !playable {
			return
		}
		s.Duration = min(s.Duration, second)
		s.Warmup, s.TCP = 0, nil
		fixed, err := ParseChoice("fixed:200kbps")
		require.NoError(t, err)
		_, err = Run(t.Context(), s, Options{Flows: []Choice{fixed}})
		if err != nil && !errors.Is(err, ErrScenario) {
			require.NoError(t, err)
		}
	})
}
