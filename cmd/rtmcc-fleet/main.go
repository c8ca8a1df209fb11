// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Command rtmcc-fleet analyses recordings as an Apache Beam pipeline: on the embedded
// runner by default, on Flink or any portable runner by flags (docs/fleet.md).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// The exit codes.
const (
	exitOK = iota
	exitFailed
	exitUsage
)

const usage = `rtmcc-fleet analyses recordings of sessions on many machines, as "rtmcc analyze" does on one.

Usage: rtmcc-fleet [flags] PATTERN…
       rtmcc-fleet [flags] --kafka_brokers HOST:PORT,… --kafka_topic TOPIC

A pattern names files, such as '/data/2026-11-*/*.jsonl.zst' or 'gs://bucket/calls/*.log'; every recording that "rtmcc
analyze" reads will do. A message of the topic is one recording.

Examples:
  rtmcc-fleet '/data/*.jsonl.zst'
  rtmcc-fleet --output gs://bucket/result --runner flink --endpoint jobmanager:8099 'gs://bucket/calls/*.log'
  rtmcc-fleet --kafka_brokers kafka:9092 --kafka_topic calls --kafka_since 24h

Flags:
`

func main() {
	var o options
	o.register(flag.CommandLine)
	flag.Usage = func() {
		_, _ = io.WriteString(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	o.patterns = flag.Args()
	// A worker process of a cluster does not come back from here.
	beam.Init()
	level := slog.LevelWarn
	if o.verbose {
		level = slog.LevelInfo
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := exitOK
	if err := o.run(ctx, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "rtmcc-fleet: %v\n", err)
		code = exitFailed
		if errors.Is(err, errUsage) {
			code = exitUsage
		}
	}
	stop()
	os.Exit(code)
}
