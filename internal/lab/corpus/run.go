// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/trace/formats"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// Options say what to analyse and where what came of it goes.
type Options struct {
	// Paths are files and folders: see [Walk]. Except are files in those folders that are
	// no part of the corpus, such as what the run itself writes; they need not be there.
	Paths  []string
	Except []string
	// Stdin is what [formats.Stdin] among Paths stands for; it is read once.
	Stdin  io.Reader
	Config session.Config
	// Window is the stretch of each recording that is judged.
	Window timeline.Window
	// Workers is how many recordings are read at a time, zero for one a processor.
	Workers int
	// Journal is the file that lets an interrupted run go on, empty for none. What it
	// says of a file that is as it was is taken over.
	Journal string
	// Tool is the version of the program: a journal of another one is refused.
	Tool string
	// Row is called for each recording, those that could not be judged included, in the
	// order of [Walk], from one goroutine. It must not keep the summary. An error ends the
	// run.
	Row func(*session.Summary) error
	// Progress is called from the same goroutine, with what is done so far. It may be nil.
	Progress func(Progress)
}

// Progress is how far a run is.
type Progress struct {
	Files, AllFiles int64
	Bytes, AllBytes int64
	// Resumed and ResumedBytes count what was taken over from a journal.
	Resumed, ResumedBytes int64
}

// ahead is how many recordings may be done while one before them is not. It bounds what
// waits in memory.
const ahead = 512

// outcome is what came of a file.
type outcome struct {
	index   int
	file    File
	skip    Reason
	summary session.Summary
	// resumed tells that it was taken over, passing that it may come out otherwise the
	// next time, as where a disk failed.
	resumed, passing bool
}

// Run analyses all recordings and counts what was found. Named files that are no
// recordings are rows with an error; in folders they are passed over. Where it ends
// early, by an error or with its context, the tally is that of the rows until then.
// Memory does not grow with the number of recordings, but for the journal's some
// 60 bytes each.
func Run(ctx context.Context, o Options) (*Tally, error) {
	r := &runner{Options: o, waiting: make(map[int]*outcome)}
	if r.Workers <= 0 {
		r.Workers = runtime.GOMAXPROCS(0)
	}
	if r.Progress != nil {
		var err error
		if r.progress.AllFiles, r.progress.AllBytes, err = Count(ctx, o.Paths, o.Except); err != nil {
			return &r.tally, err
		}
	}
	if o.Journal == "" {
		return &r.tally, r.run(ctx)
	}
	header, err := newJournalHeader(&o)
	if err != nil {
		return &r.tally, err
	}
	if r.journal, err = openJournal(o.Journal, header); err != nil {
		return &r.tally, err
	}

	return &r.tally, errors.Join(r.run(ctx), r.journal.close())
}

type runner struct {
	Options

	journal  *journal
	tally    Tally
	progress Progress
	// waiting are the outcomes that others before them are waited for, next is the
	// one that is to come next.
	waiting map[int]*outcome
	next    int
	slots   chan struct{}
}

func (r *runner) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	jobs, done := make(chan *outcome), make(chan *outcome)
	r.slots = make(chan struct{}, ahead)
	var senders sync.WaitGroup
	send := func(work func() error) {
		senders.Add(1)
		group.Go(func() error {
			defer senders.Done()

			return work()
		})
	}
	send(func() error {
		defer close(jobs)

		return r.walk(ctx, jobs, done)
	})
	for range r.Workers {
		send(func() error {
			for o := range jobs {
				if err := r.judge(ctx, o); err != nil {
					return err
				}
				if err := put(ctx, done, o); err != nil {
					return err
				}
			}

			return nil
		})
	}
	group.Go(func() error {
		senders.Wait()
		close(done)

		return nil
	})
	group.Go(func() error { return r.collect(done) })

	return group.Wait()
}

// walk hands out what is to be read, and what came of what was read before.
func (r *runner) walk(ctx context.Context, jobs, done chan<- *outcome) error {
	index := 0

	return walkExcept(ctx, r.Paths, r.Except, func(f File) error {
		select {
		case r.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		o := &outcome{index: index, file: f, skip: f.Skip}
		index++
		if f.Err != nil {
			o.summary = session.Summary{Name: f.Path, Error: withoutPath(f.Path, f.Err)}
		}
		if f.Err != nil || f.Skip != "" {
			o.passing = true

			return put(ctx, done, o)
		}
		if e, ok := r.recall(&f); ok {
			o.resumed, o.skip = true, e.Skip
			if e.Session != nil {
				o.summary = *e.Session
			}

			return put(ctx, done, o)
		}

		return put(ctx, jobs, o)
	})
}

func put(ctx context.Context, to chan<- *outcome, o *outcome) error {
	select {
	case to <- o:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *runner) recall(f *File) (journalEntry, bool) {
	if r.journal == nil || f.Stream {
		return journalEntry{}, false
	}

	e, ok := r.journal.find(f)
	// What was passed over in its folder is judged where it is named.
	return e, ok && (e.Skip == "" || !f.Named)
}

// judge fills in what came of a file. Its error is the context's.
func (r *runner) judge(ctx context.Context, o *outcome) error {
	s, err := r.open(ctx, &o.file)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, formats.ErrUnknown) && !o.file.Named:
		o.skip = UnknownFormat
	default:
		o.summary = s
		o.passing = err != nil || o.file.Stream
	}

	return nil
}

// open judges a file, or the standard input.
func (r *runner) open(ctx context.Context, f *File) (session.Summary, error) {
	if !f.Stdin {
		s, _, err := judgeFile(ctx, f.Path, r.Config, r.Window)

		return s, err
	}
	if r.Stdin == nil {
		r.Stdin = os.Stdin
	}
	s, _, err := judgeSource(ctx, f.Path, r.Config, r.Window, func() (recording.Source, error) {
		return formats.ReadWith(formats.Interruptible(ctx, r.Stdin), formats.Options{})
	})

	return s, err
}

// collect takes the outcomes as they come, and hands on what came of the files in their
// order.
func (r *runner) collect(done <-chan *outcome) error {
	for o := range done {
		if err := r.remember(o); err != nil {
			return err
		}
		r.waiting[o.index] = o
		for {
			o, ok := r.waiting[r.next]
			if !ok {
				break
			}
			delete(r.waiting, r.next)
			r.next++
			<-r.slots
			if err := r.emit(o); err != nil {
				return err
			}
		}
	}

	return nil
}

// remember writes an outcome into the journal, and counts it as done.
func (r *runner) remember(o *outcome) error {
	if r.journal != nil && !o.resumed && !o.passing {
		e := journalEntry{Path: o.file.Path, Size: o.file.Size, Modified: o.file.Modified.UnixNano(), Skip: o.skip}
		if o.skip == "" {
			e.Session = &o.summary
		}
		if err := r.journal.add(&e); err != nil {
			return err
		}
	}
	if r.Progress == nil || o.file.Skip != "" {
		return nil
	}
	r.progress.Files++
	r.progress.Bytes += o.file.Size
	if o.resumed {
		r.progress.Resumed++
		r.progress.ResumedBytes += o.file.Size
	}
	r.Progress(r.progress)

	return nil
}

func (r *runner) emit(o *outcome) error {
	if o.skip != "" {
		r.tally.Skip(o.skip)

		return nil
	}
	r.tally.Add(&o.summary)
	if r.Row == nil {
		return nil
	}

	return r.Row(&o.summary)
}
