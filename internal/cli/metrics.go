// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	headerTimeout   = 5 * time.Second
	shutdownTimeout = 2 * time.Second
)

// metricsServer serves /metrics.
type metricsServer struct {
	listener net.Listener
	server   http.Server
	done     chan struct{}
}

func serveMetrics(ctx context.Context, address string, metrics http.Handler) (*metricsServer, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--metrics cannot listen: %w: name a free address such as :9090 or 127.0.0.1:9091", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	s := &metricsServer{listener: listener, done: make(chan struct{})}
	s.server.Handler = mux
	s.server.ReadHeaderTimeout = headerTimeout
	go func() {
		defer close(s.done)
		_ = s.server.Serve(listener) // ends with Close
	}()

	return s, nil
}

// URL returns where the metrics are.
func (s *metricsServer) URL() string {
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}

	return "http://" + net.JoinHostPort(host, port) + "/metrics"
}

// Close lets a running scrape finish.
func (s *metricsServer) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.server.Close()
	}
	<-s.done

	return err
}
