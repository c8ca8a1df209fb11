// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// The bridge is a WHIP endpoint for receivers that are no WHIP servers: a browser page, a
// GStreamer pipeline, Janus. It hands the offer that was pushed to whoever asks for it and gives
// that receiver's answer back to the pusher.
//
//	go run ./scripts/interop/bridge -listen 127.0.0.1:8890 -stats stats.jsonl
//
// Pushers POST to /whip/NAME. A receiver fetches /receiver/offer, which waits for one, posts its
// answer to /receiver/answer/ID, or what went wrong to /receiver/error/ID, and statistics to
// /receiver/stats/ID, until that says 410 Gone. /watch.html is such a receiver for a browser;
// /camera.html pushes the browser's camera to the WHIP endpoint in its query.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8890", "address of the HTTP server")
	stats := flag.String("stats", "", "file that receivers' statistics are appended to, one JSON object a line")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen, *stats); err != nil {
		fmt.Fprintln(os.Stderr, "bridge:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen, stats string) (err error) {
	log := io.Discard
	if stats != "" {
		file, err := os.OpenFile(stats, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		log = file
	}
	listener, err := (&net.ListenConfig{}).Listen(context.WithoutCancel(ctx), "tcp", listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           newBridge(log),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
