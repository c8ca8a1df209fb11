// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/link"
)

func TestLinkRefuses(t *testing.T) {
	folder := t.TempDir()
	wrong := filepath.Join(folder, "wrong.json")
	require.NoError(t, os.WriteFile(wrong, []byte(`{"duration":"5s","forward":[{"delay":40}]}`), 0o600))
	for _, c := range []struct {
		code      int
		want      string
		arguments []string
	}{
		{exitUsage, "between what?", []string{"steady-2m"}},
		{exitUsage, "exclude each other", []string{"steady-2m", "--tun", "--to", "127.0.0.1:1"}},
		{exitUsage, "add --tun", []string{"steady-2m", "--to", "127.0.0.1:1", "--", "true"}},
		{exitUsage, "address \"10.0.0.1\"", []string{"steady-2m", "--tun", "--addr-a", "10.0.0.1"}},
		{exitUsage, "no such scenario", []string{"nonsense", "--to", "127.0.0.1:1"}},
		{exitUsage, "scenarios fit", []string{"steady-*", "--to", "127.0.0.1:1"}},
		{exitFailed, "forward.delay", []string{wrong, "--to", "127.0.0.1:1"}},
		{exitFailed, "forward.delay", []string{`{"duration":"5s","forward":[{"delay":40}]}`, "--to", "127.0.0.1:1"}},
		{exitFailed, "duration", []string{"steady-2m", "--to", "127.0.0.1:1", "--duration=-5s"}},
		{exitFailed, "target address", []string{"steady-2m", "--to", "127.0.0.1"}},
		{exitFailed, "cannot write", []string{"steady-2m", "--to", "127.0.0.1:1", "--log", filepath.Join(wrong, "such.csv")}},
		{exitFailed, "want at least 1s", []string{"steady-2m", "--to", "127.0.0.1:1", "--idle", "1ms"}},
	} {
		r := call(t, "", 0, append([]string{"link"}, c.arguments...)...)
		require.Equal(t, c.code, r.code, c.arguments)
		require.Contains(t, r.err.String(), c.want)
		require.Empty(t, r.out.String())
	}
}

// answer echoes datagrams until its socket is closed.
func answer(t *testing.T) (address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 2000)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(buffer[:n], from)
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		<-done
	})

	return conn.LocalAddr().String()
}

// relayed sends and gets back one datagram through a link that is starting.
func relayed(t *testing.T, r *result) {
	t.Helper()
	within(t, r.err, "UDP from ")
	address := regexp.MustCompile(`UDP from (\S+) to`).FindStringSubmatch(r.err.String())[1]
	conn, err := net.Dial("udp", address)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	_, err = conn.Write([]byte("hello"))
	require.NoError(t, err)
	buffer := make([]byte, 100)
	n, err := conn.Read(buffer)
	require.NoError(t, err)
	require.Equal(t, "hello", string(buffer[:n]))
}

func TestLinkRelays(t *testing.T) {
	folder := t.TempDir()
	capacity := filepath.Join(folder, "up.csv")
	require.NoError(t, os.WriteFile(capacity, []byte("0,8000000\n4000,3000000\n"), 0o600))
	scenario := filepath.Join(folder, "mine.json")
	require.NoError(t, os.WriteFile(scenario, []byte(`{"duration":"5s","forward":[{"capacity":{"trace":"up.csv"}}]}`), 0o600))
	inline := `{"duration":"5s","forward":[{"delay":"1ms"}]}`
	for argument, name := range map[string]string{"steady-8m": "steady-8m", capacity: "trace-up", scenario: "mine", inline: "inline"} {
		log := filepath.Join(folder, name+".log")
		ctx, cancel := context.WithCancel(t.Context())
		r, done := start(ctx, "", 0, "link", argument, "--to", answer(t), "--listen", "127.0.0.1:0", "--json", "--log", log, "--wait")
		relayed(t, r)
		cancel()
		<-done
		require.Equal(t, exitOK, r.code, r.err.String())
		var got struct {
			Summary struct {
				link.Summary

				Relay link.RelaySummary `json:"relay"`
			} `json:"summary"`
		}
		require.NoError(t, json.Unmarshal([]byte(r.out.String()), &got))
		require.Equal(t, name, got.Summary.Scenario)
		require.Equal(t, uint64(1), got.Summary.Forward.Delivered)
		require.Equal(t, uint64(1), got.Summary.Backward.Delivered)
		require.Equal(t, link.RelaySummary{Clients: 1}, got.Summary.Relay)
		text, err := os.ReadFile(log)
		require.NoError(t, err)
		require.Regexp(t, `^sent_ms,.*\n0\.000,forward,33,0\.000,delivered,\d+\.\d+,\d+\.\d+\n\d+\.\d+,backward,33,0\.000,delivered,`, string(text))
	}
}

func TestLinkPrintsForPeople(t *testing.T) {
	for _, columns := range []int{0, 40} {
		ctx, cancel := context.WithCancel(t.Context())
		r, done := start(ctx, "", columns, "link", "steady-8m", "--to", answer(t), "--listen", "127.0.0.1:0")
		relayed(t, r)
		if columns > 0 {
			within(t, r.err, "\x1b[K0:01  forward ")
		}
		cancel()
		<-done
		require.Equal(t, exitOK, r.code)
		require.Regexp(t, `(?m)^forward +1 packets, 0.00 MB, 1 delivered$`, r.out.String())
		require.Contains(t, r.out.String(), "clients   1 served, 0 datagrams found no place\n")
		for line := range strings.SplitSeq(r.err.String(), "\x1b[K") {
			if line, _, _ = strings.Cut(line, "\n"); columns > 0 && !strings.Contains(line, "UDP") {
				require.Less(t, len(strings.TrimRight(line, "\r")), columns)
			}
		}
	}
}
