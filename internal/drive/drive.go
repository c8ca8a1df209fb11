// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package drive speaks the controller side of the line protocol by which an outside
// simulator drives a congestion controller in virtual time (docs/driver-protocol.md).
package drive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// ErrProtocol is wrapped by errors about lines that cannot be understood.
var ErrProtocol = errors.New("driver protocol")

// mostLine bounds a line: a feedback of several hundred thousand packets.
const mostLine = 16 << 20

// Config says what answers the simulator.
type Config struct {
	// BWE is the estimator's configuration. The bitrates of each init replace its own.
	BWE bwe.Config
	// RateControl, where it is not nil, is that of a rate controller whose target is
	// answered instead of the estimate. The minimum and the maximum of each init replace
	// its own, and its overhead is zero: the protocol's target counts what is on the wire.
	RateControl *ratecontrol.Config
}

// Run reads commands from in and answers on out until in ends. Run fails at the first
// line that is no command, naming the line, and where out can no longer be written.
func Run(in io.Reader, out io.Writer, cfg Config) error {
	c := &controller{cfg: cfg, out: out}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), mostLine)
	n := 1
	for ; lines.Scan(); n++ {
		if err := c.line(lines.Bytes()); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("line %d: %w: longer than %d bytes", n, ErrProtocol, mostLine)
	}

	return lines.Err()
}

// controller answers the commands of one simulated flow.
type controller struct {
	cfg     Config
	flow    flow
	out     io.Writer
	results []bwe.PacketResult
	text    []byte
}

// flow is what stands behind the answers.
type flow interface {
	onSent(p bwe.SentPacket)
	onFeedback(f bwe.Feedback) answer
	onTimer(now bwe.Time) answer
}

// answer is what one line tells.
type answer struct {
	target bwe.Bitrate
	update bwe.Update
}

// estimatorFlow answers the estimate.
type estimatorFlow struct{ est *bwe.Estimator }

func (f estimatorFlow) onSent(p bwe.SentPacket) { f.est.OnSent(p) }

func (f estimatorFlow) onFeedback(fb bwe.Feedback) answer { return estimateOf(f.est.OnFeedback(fb)) }

func (f estimatorFlow) onTimer(now bwe.Time) answer { return estimateOf(f.est.OnTimer(now)) }

func estimateOf(u bwe.Update) answer { return answer{u.Estimate, u} }

func (c *controller) line(text []byte) error {
	a := arguments{rest: text}
	command, ok := a.word()
	if !ok {
		return nil
	}
	if string(command) == "init" {
		return c.init(&a)
	}
	if c.flow == nil {
		return fmt.Errorf("%w: %q before init", ErrProtocol, shorten(command))
	}
	switch string(command) {
	case "sent":
		return c.sent(&a)
	case "fb":
		return c.feedback(&a)
	case "tick":
		return c.tick(&a)
	default:
		return fmt.Errorf("%w: unknown command %q, want init, sent, fb or tick", ErrProtocol, shorten(command))
	}
}

func (c *controller) init(a *arguments) error {
	est := c.cfg.BWE
	est.StartBitrate = bwe.Bitrate(a.integer("start_bps"))
	est.MinBitrate = bwe.Bitrate(a.integer("min_bps"))
	est.MaxBitrate = bwe.Bitrate(a.integer("max_bps"))
	now := a.now()
	if err := a.end("init <start_bps> <min_bps> <max_bps> <now_us>"); err != nil {
		return err
	}
	f, first, err := c.open(est, now)
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	c.flow = f

	return c.answer(first)
}

func (c *controller) open(est bwe.Config, now bwe.Time) (flow, answer, error) {
	if c.cfg.RateControl == nil {
		e, err := bwe.New(est, now)
		if err != nil {
			return nil, answer{}, err
		}

		return estimatorFlow{e}, estimateOf(e.Latest()), nil
	}
	rc := *c.cfg.RateControl
	rc.MinBitrate, rc.MaxBitrate, rc.Overhead = est.MinBitrate, est.MaxBitrate, 0
	loop, err := control.NewLoop(control.Config{BWE: est, RateControl: rc}, now, nil)
	if err != nil {
		return nil, answer{}, err
	}
	f := &loopFlow{loop: loop}

	return f, f.answer(now), nil
}

func (c *controller) sent(a *arguments) error {
	p := bwe.SentPacket{Seq: a.integer("seq"), Size: a.size("size_bytes"), At: a.now()}
	if a.more() {
		p.ProbeCluster = a.size("probe_cluster_id")
	}
	if err := a.end("sent <seq> <size_bytes> <now_us> [probe_cluster_id]"); err != nil {
		return err
	}
	c.flow.onSent(p)

	return nil
}

func (c *controller) feedback(a *arguments) error {
	now, n := a.now(), a.integer("n")
	c.results = c.results[:0]
	for a.more() {
		seq, at, received := a.result()
		c.results = append(c.results, bwe.PacketResult{Seq: seq, Received: received, ReceivedAt: at})
	}
	if err := a.end("fb <now_us> <n> <seq>:<recv_us or -1> …"); err != nil {
		return err
	}
	if int64(len(c.results)) != n {
		return fmt.Errorf("%w: fb announces %d packets and lists %d", ErrProtocol, n, len(c.results))
	}

	return c.answer(c.flow.onFeedback(bwe.Feedback{At: now, Results: c.results}))
}

func (c *controller) tick(a *arguments) error {
	now := a.now()
	if err := a.end("tick <now_us>"); err != nil {
		return err
	}

	return c.answer(c.flow.onTimer(now))
}

func (c *controller) answer(a answer) error {
	u := &a.update
	window := int64(-1)
	if u.CongestionWindow > 0 {
		// A simulator counts what no feedback ever names as in flight for good.
		window = u.CongestionWindow + u.Unreported
	}
	b := append(c.text[:0], 'u')
	for _, v := range []int64{int64(a.target), int64(u.PacingRate), int64(u.PaddingRate), window, int64(len(u.Probes))} {
		b = strconv.AppendInt(append(b, ' '), v, 10)
	}
	for _, p := range u.Probes {
		// Rounded up, for a probe lasts at least as long as it asks for.
		duration := (p.MinDuration + time.Millisecond - 1) / time.Millisecond
		b = strconv.AppendInt(append(b, ' '), int64(p.ID), 10)
		b = strconv.AppendInt(append(b, ':'), int64(p.Bitrate), 10)
		b = strconv.AppendInt(append(b, ':'), int64(p.MinPackets), 10)
		b = strconv.AppendInt(append(b, ':'), int64(duration), 10)
	}
	c.text = append(b, '\n')
	_, err := c.out.Write(c.text)

	return err
}

// shorten bounds what an error repeats of a line.
func shorten(word []byte) []byte {
	const most = 40
	if len(word) > most {
		return append(bytes.Clone(word[:most]), "…"...)
	}

	return word
}
