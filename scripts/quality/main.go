// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Command quality measures what the stages of the rate controller are worth in picture
// quality. It simulates paths under several set-ups, encodes a clip by libx264 along
// the bitrate and the tier that each of them asked its encoder for, and has ffmpeg
// compare the pictures with the clip's. The tables of docs/quality.md are its output.
//
//	go run -tags x264 ./scripts/quality
//
// It needs ffmpeg on PATH, and libx264 with its headers (Debian: libx264-dev, gcc,
// pkg-config). One of the 15 set-ups takes about 20 s of one core's time, and up to 1 GB
// in the temporary folder for as long.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/sender/media/x264"
)

// options are what the command line says.
type options struct {
	length time.Duration
	warmup time.Duration
	seed   uint64
	only   string
	plots  string
	folder string
}

func main() {
	o := options{}
	flag.DurationVar(&o.length, "length", 20*time.Second, "length of the clip")
	flag.DurationVar(&o.warmup, "warmup", 60*time.Second, "simulated time before the clip begins")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the simulated paths")
	flag.StringVar(&o.only, "only", "", "play only the cases whose title contains this")
	flag.StringVar(&o.plots, "plots", "", "folder for a plot of each case; empty for none")
	flag.StringVar(&o.folder, "folder", "", "keep the clip and the streams in this folder; empty for a temporary one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, &o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quality:", err)
		os.Exit(1)
	}
}

var errNeeds = errors.New("something is missing")

func run(ctx context.Context, o *options) error {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		return fmt.Errorf("%w: ffmpeg is not on PATH; install it", errNeeds)
	}
	if !x264.Available {
		return fmt.Errorf("%w: %w", errNeeds, x264.ErrUnavailable)
	}
	if o.length < netsim.Bin || o.warmup < 0 {
		return fmt.Errorf("%w: a length of at least %v and no negative warm-up, not %v and %v", errNeeds, netsim.Bin, o.length, o.warmup)
	}
	if o.folder == "" {
		folder, err := os.MkdirTemp("", "quality")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		o.folder = folder
	} else if err := os.MkdirAll(o.folder, 0o750); err != nil {
		return err
	}
	clip, err := makeClip(ctx, o)
	if err != nil {
		return err
	}
	for _, c := range cases() {
		if !strings.Contains(c.title, o.only) {
			continue
		}
		if err := play(ctx, o, clip, &c); err != nil {
			return fmt.Errorf("%s: %w", c.title, err)
		}
	}

	return nil
}

// play measures a case and prints its table.
func play(ctx context.Context, o *options, clip string, c *comparison) error {
	fmt.Printf("\n### %s\n\n%s\n\n%s", c.title, c.path, tableHead)
	var runs []measured
	for i := range c.setups {
		m, err := measure(ctx, o, clip, c, i)
		if err != nil {
			return fmt.Errorf("%s: %w", c.setups[i].name, err)
		}
		runs = append(runs, *m)
		fmt.Print(row(m, &runs[0]))
	}
	if o.plots == "" {
		return nil
	}

	return figure(o, c, runs).Save(filepath.Join(o.plots, "quality-"+c.short+".png"))
}
