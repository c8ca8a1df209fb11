// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/cli"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// simulate runs the command and returns what it printed.
func simulate(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	var c struct {
		Sim simCommand `cmd:""`
	}
	parser, err := kong.New(&c, kong.Exit(func(int) { t.Error("kong wanted to exit") }),
		kong.BindTo(context.Background(), (*context.Context)(nil)), kong.Bind(cli.Streams{Out: &out, Err: &out}))
	require.NoError(t, err)
	parsed, err := parser.Parse(append([]string{"sim"}, arguments...))
	if err != nil {
		return out.String(), err
	}
	err = parsed.Run()

	return out.String(), err
}

func TestSimTable(t *testing.T) {
	out, err := simulate(t, "steady-2m", "--flow", "oracle", "--flow", "fixed:1Mbps", "--compare", "--seeds", "2", "--duration", "10s", "--summary")
	require.NoError(t, err)
	lines := strings.Split(out, "\n")
	require.Regexp(t, `^steady-2m +oracle +0\.9`, lines[2])
	require.Regexp(t, `^steady-2m +fixed:1Mbps +0\.(49|50)`, lines[3])
	require.Contains(t, out, "ALL (1)")
	again, err := simulate(t, "steady-2m", "--flow", "oracle", "--flow", "fixed:1Mbps", "--compare", "--seeds", "2", "--duration", "10s", "--summary")
	require.NoError(t, err)
	require.Equal(t, out, again)
}

func TestSimList(t *testing.T) {
	out, err := simulate(t, "--list")
	require.NoError(t, err)
	for _, s := range netsim.Library() {
		require.Contains(t, out, s.Name+" ")
	}
	require.Contains(t, out, "rfc8867-6.2")
}

func TestSimFilesAndJSON(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))

		return path
	}
	scenario := write("mine.json", `{"duration":"5s","forward":[{"capacity":{"trace":"up.csv"}}]}`)
	up := write("up.csv", "0,1000000\n4000,3000000\n")
	config := write("estimator.json", `{"max_bps":500000}`)
	plot := filepath.Join(folder, "plots")
	out, err := simulate(t, "--scenario-file", scenario, "--trace-file", up, "--flow", "config:"+config, "--json", "--plot", plot)
	require.NoError(t, err)
	var names []string
	for line := range strings.Lines(out) {
		var r struct {
			Scenario string `json:"scenario"`
			Flows    []struct {
				Controller string `json:"controller"`
			} `json:"flows"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		require.Equal(t, "config:"+config, r.Flows[0].Controller)
		names = append(names, r.Scenario)
	}
	require.Equal(t, []string{"mine", "trace-up"}, names)
	files, err := filepath.Glob(filepath.Join(plot, "*.png"))
	require.NoError(t, err)
	require.Len(t, files, 2)
}

func TestSimRefuses(t *testing.T) {
	folder := t.TempDir()
	wrong := filepath.Join(folder, "wrong.json")
	require.NoError(t, os.WriteFile(wrong, []byte(`{"duration":"5s","forward":[{"delay":40}]}`), 0o600))
	for _, c := range []struct {
		arguments []string
		want      string
	}{
		{[]string{"nonsense"}, "no such scenario"},
		{[]string{"rfc8867-6.2"}, "ECN"},
		{[]string{"steady-2m", "--flow", "bbr"}, "unknown controller"},
		{[]string{"steady-2m", "--flow", "config:" + wrong}, "unknown field"},
		{[]string{"steady-2m", "--flow", "exec:false"}, "ended instead of answering"},
		{[]string{"steady-2m", "--seeds", "0"}, "0 seeds"},
		{[]string{"steady-2m", "--duration", "-5s"}, "duration"},
		{[]string{"--scenario-file", wrong}, "line 1: forward.delay"},
		{[]string{"--scenario-file", filepath.Join(folder, "none.json")}, "none.json"},
		{[]string{"--trace-file", wrong}, "capacity trace"},
	} {
		_, err := simulate(t, c.arguments...)
		require.ErrorContains(t, err, c.want, "%v", c.arguments)
	}
}

func TestSimInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, flag := range []string{"--json", "--summary"} {
		r, done := start(ctx, "", 0, "sim", "steady-2m", flag)
		<-done
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.err.String(), "interrupted (context canceled): what was printed are whole runs", flag)
	}
}
