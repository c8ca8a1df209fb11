// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Command rtmcc pushes live media over WebRTC with bandwidth estimation and rate
// control of its own (docs/cli.md).
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/rtmcc/rtmcc/internal/cli"
)

// The exit codes.
const (
	exitOK = iota
	exitFailed
	exitUsage
	exitDiffers
)

const description = `Push live media over WebRTC, with congestion control that tells jitter from congestion.

Examples:
  rtmcc push                                      the bundled clip, to a receiver in this process
  rtmcc push clip.mp4 https://host/whip/key       a file, to a WHIP server
  rtmcc push --trace t.jsonl && rtmcc replay t.jsonl

Exit codes: 0 success, 1 failure, 2 wrong usage, 3 a replay came out otherwise.`

// commands are the commands and their flags.
type commands struct {
	Push    pushCommand    `cmd:"" help:"Push a file to a server in real time."`
	Ingest  ingestCommand  `cmd:"" help:"Receive pushes: a WHIP server for tests."`
	Replay  replayCommand  `cmd:"" help:"Feed recordings of sessions to estimators, and compare."`
	Convert convertCommand `cmd:"" help:"Turn a recording of any format into a trace."`
	Analyze analyzeCommand `cmd:"" help:"Say what was wrong with recorded sessions, and how often."`
	Verify  verifyCommand  `cmd:"" help:"Compare the dumps of a push and its receiver, and name the first frame that differs."`
	Sim     simCommand     `cmd:"" help:"Simulate paths in virtual time."`
	Compare compareCommand `cmd:"" help:"Say which controller is better, over scenarios and seeds of the simulator."`
	Link    linkCommand    `cmd:"" help:"Play a path in real time: between two network namespaces, or as a UDP relay."`
	Drive   driveCommand   `cmd:"" help:"Answer an outside simulator on stdin and stdout."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Only the first signal ends cleanly; the second one kills.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], cli.StandardStreams())
	stop()
	os.Exit(code)
}

// run is the whole program but for the process around it.
func run(ctx context.Context, arguments []string, s cli.Streams) (code int) {
	parser, err := newParser(ctx, s)
	if err != nil {
		cli.Say(s.Err, "rtmcc: %v\n", err)

		return exitFailed
	}
	// Help makes kong exit from within.
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exit:
			code = int(r)
		default:
			panic(r)
		}
	}()
	if len(arguments) == 0 {
		arguments = []string{"--help"}
	}
	parsed, err := parser.Parse(arguments)
	if err != nil {
		cli.Say(s.Err, "rtmcc: %v\nRun \"rtmcc %s--help\" for the flags and examples.\n", err, command(err))

		return exitUsage
	}
	err = parsed.Run()
	if err != nil {
		cli.Say(s.Err, "rtmcc: %v\n", err)
	}
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, cli.ErrUsage):
		return exitUsage
	case errors.Is(err, cli.ErrDiffers):
		return exitDiffers
	default:
		return exitFailed
	}
}

func newParser(ctx context.Context, s cli.Streams) (*kong.Kong, error) {
	return kong.New(&commands{}, kong.Name("rtmcc"), kong.Description(description), kong.Writers(s.Out, s.Err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: helpColumns}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s), kong.Exit(func(code int) { panic(exit(code)) }))
}

// exit is how kong's wish to exit gets out of it.
type exit int

const helpColumns = 110

// command returns the command that a parse error is about, with a space behind it.
func command(err error) string {
	var p *kong.ParseError
	if errors.As(err, &p) && p.Context != nil && p.Context.Selected() != nil {
		return p.Context.Selected().Name + " "
	}

	return ""
}
