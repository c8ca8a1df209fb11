// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

//go:build !linux

package link

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
)

func newWaiter() (waiter, error) { return newTimerWaiter(), nil }

func raisePriority() error { return errors.ErrUnsupported }

// Tunnel is a path between two network namespaces, which only Linux has.
type Tunnel struct{}

// NewTunnel fails.
func NewTunnel(TunnelConfig, *Emulator) (*Tunnel, error) {
	return nil, fmt.Errorf("tunnel: %w: %s has no network namespaces: use the relay (--listen, --to)", errors.ErrUnsupported, runtime.GOOS)
}

// Config is empty.
func (*Tunnel) Config() TunnelConfig { return TunnelConfig{} }

// Run does nothing.
func (*Tunnel) Run(context.Context) error { return errors.ErrUnsupported }

// Execute runs nothing.
func (*Tunnel) Execute(*exec.Cmd, int) error { return errors.ErrUnsupported }

// Summary is empty.
func (*Tunnel) Summary() TunnelSummary { return TunnelSummary{} }

// Close does nothing.
func (*Tunnel) Close() error { return nil }
