// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"flag"
	"net"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/stretchr/testify/require"
)

// A job server speaks to the pipeline as Flink's does.
func TestJobServerGivesTheSharesOfOneMachine(t *testing.T) {
	free, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	port := free.Addr().(*net.TCPAddr).Port
	require.NoError(t, free.Close())
	_, err = prism.CreateJobServer(t.Context(), prism.Options{Port: port})
	require.NoError(t, err)
	for name, value := range map[string]string{
		"runner": "flink", "endpoint": net.JoinHostPort("localhost", strconv.Itoa(port)), "environment_type": "loopback",
	} {
		before := flag.Lookup(name).Value.String()
		require.NoError(t, flag.Set(name, value))
		t.Cleanup(func() { _ = flag.Set(name, before) })
	}
	dir := recordings(t)
	patterns := []string{filepath.Join(dir, "*.gz")}
	require.ErrorIs(t, (&options{patterns: patterns}).run(context.Background(), &bytes.Buffer{}), errUsage, "its workers may be elsewhere")
	require.Equal(t, alone(t, dir), run(t, options{patterns: patterns, output: t.TempDir()}))
}
