// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pion/logging"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/dump"
	"github.com/rtmcc/rtmcc/internal/ingest"
	"github.com/rtmcc/rtmcc/internal/metrics"
	"github.com/rtmcc/rtmcc/internal/trace"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/session"
)

// PushOptions are the flags of "rtmcc push".
type PushOptions struct {
	// File is the clip, empty for the bundled one. URL is where to push to, empty for a
	// receiver in this process.
	File, URL string
	// Signalling is the protocol of the server at URL.
	Signalling session.Profile
	// Renditions are files, or FILE@BITRATE, in place of File; Encode names the encoder
	// that File is encoded with again, empty to push it as it is.
	Renditions []string
	Encode     string
	// BFrames, PlayoutDelay and VideoTiming are those of [session.Options].
	BFrames      session.BFrameMode
	PlayoutDelay PlayoutDelay
	VideoTiming  bool

	Token    string
	Duration time.Duration
	Loop     bool
	Tuning   Tuning
	// Trace and Record are paths of files to write, Metrics is an address to listen
	// on; empty for none.
	Trace, Record, Metrics string
	// Dump is the directory that keeps the media, stage by stage; empty for none.
	Dump string
	JSON bool
}

// Push pushes a file until it ends, its duration is over, or ctx is cancelled, and
// prints the summary. Cancellation is no error.
func Push(ctx context.Context, o PushOptions, s Streams) (err error) {
	if o.Record != "" && o.URL != "" {
		return fmt.Errorf("%w: --record writes what the receiver in this process gets: leave the URL out, or run \"rtmcc ingest --record\" there", ErrUsage)
	}
	switch o.Signalling {
	case "", session.ProfileAuto, session.ProfileWHIP:
	default:
		if o.URL != "" {
			break
		}

		return fmt.Errorf("%w: --signalling %s needs a URL: the receiver in this process takes WHIP only", ErrUsage, o.Signalling)
	}
	if o.Duration < 0 {
		return fmt.Errorf("%w: --duration %v is negative", ErrUsage, o.Duration)
	}
	if err := o.checkSource(); err != nil {
		return err
	}
	p := &push{PushOptions: o, screen: newQueue(newReporter(s, o.JSON))}
	p.logs = logging.NewDefaultLoggerFactory()
	p.logs.Writer = p.screen
	summary, err := p.run(ctx)
	p.screen.close()
	if err != nil && summary.FramesSent == 0 {
		return err
	}
	show := printSummary
	if o.JSON {
		show = printSummaryJSON
	}

	return errors.Join(err, show(s.Out, &summary))
}

// push is one running command.
type push struct {
	PushOptions

	screen *queue
	logs   *logging.DefaultLoggerFactory
	// connected is the number of the connection that media flows on, zero for none.
	connected int
	// restarting tells that ICE looks for another path.
	restarting bool
	receiver   *ingest.Server
	observers  []bwe.Observer
	closers    []func() error
}

func (p *push) run(ctx context.Context) (summary session.Summary, err error) {
	defer func() { err = errors.Join(err, p.close()) }()
	options, err := p.prepare(ctx)
	if err != nil {
		return summary, err
	}
	if err := p.openOutputs(ctx); err != nil {
		return summary, err
	}
	if p.Dump != "" {
		d, err := dump.NewPush(p.Dump, toolName(), p.warnOfDump)
		if err != nil {
			return summary, err
		}
		// The error is reported when it happens; the push itself did not fail.
		p.closers = append(p.closers, func() error { _ = d.Close(); return nil })
		options.Dump = d
	}
	if p.URL == "" {
		if err := p.receive(); err != nil {
			return summary, err
		}
		options.URL = p.receiver.URL()
	} else {
		p.screen.message("pushing %s to %s", p.name(), p.URL)
	}
	summary, err = session.Push(ctx, options)
	if p.receiver != nil {
		err = errors.Join(err, p.receiver.Close())
		summary.FramesReceived = p.received()
		p.reportRecording()
	}

	return summary, err
}

// prepare reads what the flags name, before anything is opened for writing.
func (p *push) prepare(ctx context.Context) (session.Options, error) {
	warn := func(err error) { p.screen.message("warning: %v", err) }
	open, cfg, err := p.source(ctx, warn)
	if err != nil {
		return session.Options{}, err
	}

	options := session.Options{
		BFrames: p.BFrames, PlayoutDelay: p.PlayoutDelay.option(), VideoTiming: p.VideoTiming,
		Token: p.Token, URL: p.URL, Signalling: p.Signalling, Open: open, Loop: p.Loop, Duration: p.Duration, Config: cfg,
		Observer: p.observe, OnStatus: p.status, LoggerFactory: p.logs,
	}
	if media.CanConvertAudio() {
		options.ConvertAudio = media.ConvertAudio
	}

	return options, nil
}

func (p *push) openOutputs(ctx context.Context) error {
	p.observers = append(p.observers, p.notice)
	if p.Trace != "" {
		file, err := trace.Create(p.Trace, trace.Header{Tool: toolName(), Start: time.Now().UTC()})
		if err != nil {
			return err
		}
		// The error is reported when it happens; the push itself did not fail.
		p.closers = append(p.closers, func() error { _ = file.Close(); return nil })
		file.OnError(func(err error) { p.screen.message("warning: %s is incomplete: %v", p.Trace, err) })
		p.observers = append(p.observers, file.Observe)
	}
	if p.Metrics != "" {
		m := metrics.New()
		server, err := serveMetrics(ctx, p.Metrics, m.Handler())
		if err != nil {
			return err
		}
		p.closers = append(p.closers, server.Close)
		p.observers = append(p.observers, m.Observe)
		p.screen.message("metrics at %s", server.URL())
	}

	return nil
}

// receive starts the receiver in this process.
func (p *push) receive() error {
	var err error
	p.receiver, err = ingest.Start(ingest.Config{
		Token: p.Token, Record: p.Record, NewDump: newDump(p.Dump, p.warnOfDump), LoggerFactory: p.logs,
	})
	if err != nil {
		return fmt.Errorf("cannot start the receiver: %w", err)
	}
	p.closers = append(p.closers, p.receiver.Close)
	p.screen.message("pushing %s to a receiver in this process", p.name())

	return nil
}

func (p *push) name() string {
	switch {
	case len(p.Renditions) > 0:
		return fmt.Sprintf("%d renditions", len(p.Renditions))
	case p.File == "":
		return "the bundled clip"
	default:
		return p.File
	}
}

func (p *push) observe(ev bwe.Event) {
	for _, o := range p.observers {
		o(ev)
	}
}

func (p *push) status(st session.Status) {
	if p.receiver != nil {
		st.FramesReceived = p.received()
	}
	p.screen.status(st)
}

// notice shows the events that a user should know of.
func (p *push) notice(ev bwe.Event) {
	switch e := ev.(type) {
	case *session.Warning:
		p.screen.message("warning: %s", e.Text)
	case *session.Connection:
		p.noticeConnection(e)
	case *session.RenditionChange:
		p.noticeRendition(e)
	case *session.Reconnect:
		p.screen.message("attempt %d failed: %s; the next one in %v", e.Attempt, e.Reason, e.Delay.Round(100*time.Millisecond))
	}
}

func (p *push) noticeRendition(e *session.RenditionChange) {
	if e.From == "" {
		p.screen.message("sending %s", e.To)

		return
	}
	p.screen.message("sending %s after %s", e.To, e.From)
}

func (p *push) noticeConnection(e *session.Connection) {
	switch {
	case e.State == session.StateRestarting:
		p.screen.message("no sign of life from the server; looking for another path")
	case e.State == session.StateConnected && (p.restarting || e.Number > 1 && p.connected != e.Number):
		p.screen.message("connected again")
	case e.State == session.StateFailed && p.connected == e.Number:
		p.screen.message("%s; connecting again", e.Reason)
	}
	p.restarting = e.State == session.StateRestarting
	if e.State == session.StateConnected {
		p.connected = e.Number
	}
}

// received sums up the frames of all connections.
func (p *push) received() *uint64 {
	var n uint64
	for _, s := range p.receiver.Sessions() {
		n += s.FramesReceived
	}

	return &n
}

func (p *push) reportRecording() {
	for _, s := range p.receiver.Sessions() {
		switch {
		case s.RecordError != "":
			p.screen.message("warning: recording %s: %s", s.Record, s.RecordError)
		case s.Record != "":
			p.screen.message("recorded %d frames in %s", s.RecordedFrames, s.Record)
		}
	}
}

// close closes what was opened, the last first.
func (p *push) close() error {
	var err error
	for i := len(p.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, p.closers[i]())
	}

	return err
}
