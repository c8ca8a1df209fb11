// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rtmcc/rtmcc/internal/link"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// LinkOptions are the flags of "rtmcc link".
type LinkOptions struct {
	// Scenario is a built-in scenario, a file of one, its JSON itself, or a recorded
	// capacity.
	Scenario      string
	Seed          uint64
	Duration      time.Duration
	Log           string
	JSON          bool
	WaitForPacket bool
	Realtime      bool
	// Relay or Tunnel is what the path lies between; the other one is nil.
	Relay  *link.RelayConfig
	Tunnel *link.TunnelConfig
	// Command runs in the tunnel's first namespace and ends the link with itself;
	// ExecA and ExecB are shell commands beside it, in the first and the second one.
	Command      []string
	ExecA, ExecB string
}

// leastLink is how long a link runs at least where nothing else is said.
const leastLink = time.Hour

// Link plays a path in real time until its time is over, its command has ended or ctx
// is cancelled, and prints what happened on it.
func Link(ctx context.Context, o LinkOptions, s Streams) (err error) {
	scenario, err := linkScenario(o.Scenario)
	if err != nil {
		return err
	}
	cfg := link.Config{
		Scenario: scenario, Seed: o.Seed, Duration: o.Duration, WaitForPacket: o.WaitForPacket, Realtime: o.Realtime,
	}
	if cfg.Duration == 0 {
		cfg.Duration = max(leastLink, scenario.Duration.Std())
	}
	if o.Log != "" {
		if err := makeFolder(o.Log); err != nil {
			return err
		}
		file, err := os.Create(o.Log)
		if err != nil {
			return fmt.Errorf("packet log: %w", err)
		}
		defer func() { _ = file.Close() }()
		cfg.Log = file
	}
	e, err := link.New(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	summary := linkSummary{}
	if o.Relay != nil {
		err = runRelay(ctx, &o, e, s, &summary)
	} else {
		err = runTunnel(ctx, &o, e, s, &summary)
	}
	if summary.Relay == nil && summary.Tunnel == nil {
		// It never began.
		return err
	}
	summary.Summary = e.Summary()
	if o.JSON {
		return errors.Join(err, json.NewEncoder(s.Out).Encode(struct {
			Summary *linkSummary `json:"summary"`
		}{&summary}))
	}

	return errors.Join(err, summary.print(s))
}

// linkScenario finds the scenario that an argument means.
func linkScenario(argument string) (*netsim.Scenario, error) {
	if strings.HasPrefix(strings.TrimSpace(argument), "{") {
		scenario, err := netsim.Load(strings.NewReader(argument), func(name string) (io.ReadCloser, error) {
			return os.Open(name) //nolint:gosec // the user names the file
		})
		if err == nil && scenario.Name == "" {
			scenario.Name = "inline"
		}

		return scenario, err
	}
	if info, err := os.Stat(argument); err == nil && info.Mode().IsRegular() {
		if strings.HasSuffix(argument, ".json") {
			return netsim.LoadFile(argument)
		}

		return netsim.FromTrace(argument)
	}
	found, err := netsim.Select(argument)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w, and no such file: list the built-in ones with \"rtmcc sim --list\"", ErrUsage, err)
	case len(found) > 1:
		return nil, fmt.Errorf("%w: %d scenarios fit %q: name one", ErrUsage, len(found), argument)
	}

	return &found[0], nil
}

func runRelay(ctx context.Context, o *LinkOptions, e *link.Emulator, s Streams, summary *linkSummary) error {
	relay, err := link.NewRelay(*o.Relay, e)
	if err != nil {
		return err
	}
	Say(s.Err, "%s: UDP from %v to %s, end with Ctrl-C\n", e.Scenario(), relay.Addr(), o.Relay.To)
	stop := watchLink(e, s)
	err = relay.Run(ctx)
	stop()
	got := relay.Summary()
	summary.Relay = &got

	return err
}

func runTunnel(ctx context.Context, o *LinkOptions, e *link.Emulator, s Streams, summary *linkSummary) (err error) {
	// The first signal cancels ctx. Those behind it, which timeout(1) and impatience
	// send, would kill the process before its namespaces are gone.
	more := make(chan os.Signal, 1)
	signal.Notify(more, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(more)
	tunnel, err := link.NewTunnel(*o.Tunnel, e)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running sync.WaitGroup
	run := func(at int, command *exec.Cmd) error {
		command.Stdout, command.Stderr = s.Out, s.Err
		if o.JSON {
			command.Stdout = s.Err
		}
		err := tunnel.Execute(command, at)
		if context.Cause(ctx) == nil {
			return err
		}
		// It was asked to end.
		return nil
	}
	beside := func(at int, text string) {
		if text == "" {
			return
		}
		running.Go(func() {
			if err := run(at, exec.CommandContext(ctx, "sh", "-c", text)); err != nil { //nolint:gosec // the user's command
				Say(s.Err, "warning: %s: %v\n", text, err)
			}
		})
	}
	cfg := tunnel.Config()
	Say(s.Err, "%s: from namespace %s (%v) to %s (%v), end with Ctrl-C\n", e.Scenario(),
		cfg.Namespaces[0], cfg.Addresses[0].Addr(), cfg.Namespaces[1], cfg.Addresses[1].Addr())
	var failed error
	beside(1, o.ExecB)
	beside(0, o.ExecA)
	if len(o.Command) > 0 {
		running.Go(func() {
			defer cancel()
			if err := run(0, exec.CommandContext(ctx, o.Command[0], o.Command[1:]...)); err != nil { //nolint:gosec // the user's command
				failed = fmt.Errorf("%s: %w", o.Command[0], err)
			}
		})
	}
	stop := func() {}
	if len(o.Command)+len(o.ExecA)+len(o.ExecB) == 0 {
		stop = watchLink(e, s)
	}
	err = tunnel.Run(ctx)
	stop()
	cancel()
	running.Wait()
	err = errors.Join(err, failed, tunnel.Close())
	got := tunnel.Summary()
	summary.Tunnel = &got

	return err
}

// watchLink shows a line that is redrawn each second, or now and then where that is not
// possible, until the function that it returns is called.
func watchLink(e *link.Emulator, s Streams) (stop func()) {
	columns := func() int {
		if s.Width == nil {
			return 0
		}

		return s.Width()
	}
	every := plainEvery
	if columns() > 0 {
		every = time.Second
	}
	done := make(chan struct{})
	var shown sync.WaitGroup
	shown.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		last := e.Summary()
		for {
			select {
			case <-done:
				if columns() > 0 {
					Say(s.Err, "\n")
				}

				return
			case <-ticker.C:
			}
			now := e.Summary()
			line := linkLine(&last, &now, every)
			last = now
			if width := columns(); width > 0 {
				Say(s.Err, "%s%s", clearLine, string([]rune(line)[:min(len([]rune(line)), max(width-1, 1))]))
			} else {
				Say(s.Err, "%s\n", line)
			}
		}
	})

	return func() {
		close(done)
		shown.Wait()
	}
}
