// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Command corpus makes a folder of recordings for "rtmcc analyze" by simulation: sessions
// of paths and controllers of all sorts, each with another seed. The figures of
// docs/analyze.md are of such folders.
//
//	go run ./scripts/corpus --sessions 1000 --length 10m --seed 1 DIR
//	go run ./scripts/corpus --labelled --sessions 300 DIR
//
// A session of 10 minutes takes about 0.3 s of one core's time and 3.3 MB. The same flags
// give the same events. Labelled sessions have lengths of their own, and the folder gets a
// file labels.jsonl that says of each what is true of it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/trace"
)

// options are what the command line says.
type options struct {
	sessions, workers int
	length            time.Duration
	seed              uint64
	ending            string
	labelled          bool
	folder            string
}

func main() {
	o := options{}
	flag.IntVar(&o.sessions, "sessions", 1000, "sessions to make")
	flag.DurationVar(&o.length, "length", 10*time.Minute, "length of each")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the first session; each further one has the next")
	flag.IntVar(&o.workers, "workers", runtime.GOMAXPROCS(0), "sessions to simulate at a time")
	flag.StringVar(&o.ending, "ending", ".jsonl.zst", "ending of the files' names, which says how they are compressed")
	flag.BoolVar(&o.labelled, "labelled", false, "make the labelled sessions of internal/lab/specimen")
	flag.Parse()
	o.folder = flag.Arg(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, &o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: corpus [flags] DIR")

func run(ctx context.Context, o *options) error {
	if o.folder == "" || o.sessions < 1 || o.workers < 1 || o.length < netsim.Bin {
		return fmt.Errorf("%w, with at least 1 session of at least %v", errUsage, netsim.Bin)
	}
	sessions := mixed(o)
	if o.labelled {
		sessions = labelled(o)
	}
	group, all := errgroup.WithContext(ctx)
	group.SetLimit(o.workers)
	var made atomic.Int64
	for i := range sessions {
		group.Go(func() error {
			if err := record(all, o, i, &sessions[i]); err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "\r%d of %d", made.Add(1), o.sessions)

			return nil
		})
	}
	err := group.Wait()
	fmt.Fprintln(os.Stderr)
	if err != nil || !o.labelled {
		return err
	}

	return writeLabels(filepath.Join(o.folder, "labels.jsonl"), sessions)
}

// toMake is a session that is to be recorded.
type toMake struct {
	name string
	// play simulates it.
	play func(context.Context, bwe.Observer) error
	// label says what is true of it, where that is known.
	label label
}

// folderHolds is how many sessions are in a folder.
const folderHolds = 100

// record simulates and records the session of that number.
func record(ctx context.Context, o *options, number int, s *toMake) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	folder := filepath.Join(o.folder, fmt.Sprintf("%03d", number/folderHolds))
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	path := filepath.Join(folder, fmt.Sprintf("%05d-%s%s", number, s.name, o.ending))
	file, err := trace.Create(path, trace.Header{Tool: "corpus", Freezes: true})
	if err != nil {
		return err
	}
	file.Wait()
	s.label.Name = path

	return errors.Join(s.play(ctx, file.Observe), file.Close())
}
