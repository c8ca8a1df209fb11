// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package outside runs congestion controllers in processes of their own that speak
// the driver protocol (docs/driver-protocol.md): one command a line in virtual time,
// one answer a line. It is the one part of the simulator that knows real time, since a
// child that hangs must not hang its caller.
package outside

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// ErrController is wrapped by every error about an outside controller.
var ErrController = errors.New("outside controller")

const (
	// answerTimeout bounds, in real time, how long a child may take for one answer.
	answerTimeout = 10 * time.Second
	// tick is how often a child hears of the time (docs/driver-protocol.md).
	tick = 25 * time.Millisecond
	// maxAnswer bounds one line of a child, in bytes.
	maxAnswer = 64 << 10
	// complaintsKept is how much of a child's standard error an error quotes.
	complaintsKept = 2 << 10
)

// Controller is a controller in a process of its own. It is not safe for concurrent
// use.
type Controller struct {
	command string
	// start, least and most are the estimate's bounds.
	start, least, most bwe.Bitrate
	timeout            time.Duration

	cmd        *exec.Cmd
	in         *bufio.Writer
	out        *bufio.Reader
	closers    []io.Closer
	complaints tail
	next       bwe.Time
	line       []byte
	probes     []bwe.Probe
	closed     bool
}

// New returns a controller whose process Start runs, by the shell. The estimate
// begins at start and stays between least and most.
func New(command string, start, least, most bwe.Bitrate) *Controller {
	return &Controller{command: command, start: start, least: least, most: most, timeout: answerTimeout, next: bwe.Never}
}

// Start runs the command and opens the flow.
func (c *Controller) Start(now bwe.Time) (bwe.Update, error) {
	// The bound on each answer takes a context's place; the user names the command.
	c.cmd = exec.Command("sh", "-c", "exec "+c.command) //nolint:gosec,noctx // see above
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return bwe.Update{}, fmt.Errorf("%w %q: %w", ErrController, c.command, err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return bwe.Update{}, fmt.Errorf("%w %q: %w", ErrController, c.command, err)
	}
	c.cmd.Stderr = &c.complaints
	// A grandchild that holds the error pipe must not hold up the end.
	c.cmd.WaitDelay = time.Second
	if err := c.cmd.Start(); err != nil {
		c.closed = true

		return bwe.Update{}, fmt.Errorf("%w %q does not start: %w", ErrController, c.command, err)
	}
	c.closers = []io.Closer{in, out}
	c.in, c.out = bufio.NewWriterSize(in, maxAnswer), bufio.NewReaderSize(out, maxAnswer)
	c.begin("init")
	c.integer(int64(c.start), int64(c.least), int64(c.most), micros(now))

	return c.ask(now)
}

// OnSent tells of a packet that left.
func (c *Controller) OnSent(p bwe.SentPacket) error {
	c.begin("sent")
	c.integer(p.Seq, int64(p.Size), micros(p.At))
	if p.ProbeCluster != 0 {
		c.integer(int64(p.ProbeCluster))
	}

	// The line will end in one byte more.
	return c.write(c.in.Available() <= len(c.line))
}

// OnFeedback passes on a transport feedback.
func (c *Controller) OnFeedback(f bwe.Feedback) (bwe.Update, error) {
	c.begin("fb")
	c.integer(micros(f.At), int64(len(f.Results)))
	for _, r := range f.Results {
		c.integer(r.Seq)
		c.line = append(c.line, ':')
		at := int64(-1)
		if r.Received {
			at = micros(r.ReceivedAt)
		}
		c.line = strconv.AppendInt(c.line, at, 10)
	}

	return c.ask(f.At)
}

// OnTimer tells the time.
func (c *Controller) OnTimer(now bwe.Time) (bwe.Update, error) {
	c.begin("tick")
	c.integer(micros(now))

	return c.ask(now)
}

// NextTimer is when the child wants to be told the time.
func (c *Controller) NextTimer() bwe.Time { return c.next }

// Close ends the process, by force where it does not leave within a second.
func (c *Controller) Close() error {
	if c.closed || c.cmd == nil {
		return nil
	}
	c.closed = true
	_ = c.in.Flush()
	_ = c.closers[0].Close()
	kill := time.AfterFunc(time.Second, c.abort)
	defer kill.Stop()
	// How a child ends after its last answer is its own affair.
	_ = c.cmd.Wait()

	return nil
}

// abort makes reads and writes that wait for the child fail.
func (c *Controller) abort() {
	_ = c.cmd.Process.Kill()
	for _, p := range c.closers {
		_ = p.Close()
	}
}

func (c *Controller) begin(word string) { c.line = append(c.line[:0], word...) }

func (c *Controller) integer(values ...int64) {
	for _, v := range values {
		c.line = append(c.line, ' ')
		c.line = strconv.AppendInt(c.line, v, 10)
	}
}

// write adds the line to what waits for the child; with slow it may reach the
// child's pipe, which is then bounded in time.
func (c *Controller) write(slow bool) error {
	c.line = append(c.line, '\n')
	if !slow {
		_, err := c.in.Write(c.line)

		return err
	}
	watchdog := time.AfterFunc(c.timeout, c.abort)
	_, err := c.in.Write(c.line)
	late := !watchdog.Stop()
	if err != nil {
		return c.broken(err, late)
	}

	return nil
}

// ask sends the line and reads the answer.
func (c *Controller) ask(now bwe.Time) (bwe.Update, error) {
	watchdog := time.AfterFunc(c.timeout, c.abort)
	answer, err := c.exchange()
	late := !watchdog.Stop()
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return bwe.Update{}, c.failed(fmt.Sprintf("answered with a line over %d bytes", maxAnswer), nil)
	case err != nil:
		return bwe.Update{}, c.broken(err, late)
	}
	u, err := parseAnswer(answer, c.probes[:0])
	if err != nil {
		return u, c.failed(fmt.Sprintf("gave a wrong answer %.200q", answer), err)
	}
	c.probes = u.Probes
	u.At = now
	c.next = now.Add(tick)

	return u, nil
}

func (c *Controller) exchange() ([]byte, error) {
	if err := c.write(false); err != nil {
		return nil, err
	}
	if err := c.in.Flush(); err != nil {
		return nil, err
	}

	return c.out.ReadSlice('\n')
}

// broken describes a pipe that failed, late where the watchdog broke it.
func (c *Controller) broken(err error, late bool) error {
	if late {
		return c.failed(fmt.Sprintf("did not answer within %v", c.timeout), nil)
	}

	return c.failed("ended instead of answering", err)
}

// failed describes the end of a child: what it was asked, what became of it and
// what it complained of.
func (c *Controller) failed(what string, cause error) error {
	asked := fmt.Sprintf("%.80q", c.line)
	c.closed = true
	c.abort()
	wait := c.cmd.Wait()
	err := fmt.Errorf("%w %q %s to %s", ErrController, c.command, what, asked)
	if cause != nil && !errors.Is(cause, io.EOF) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	if wait != nil {
		err = fmt.Errorf("%w (%w)", err, wait)
	}
	if text := strings.TrimSpace(c.complaints.String()); text != "" {
		err = fmt.Errorf("%w; its standard error: %s", err, text)
	}

	return err
}

func micros(t bwe.Time) int64 { return int64(t) / int64(time.Microsecond) }

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write implements [io.Writer].
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - complaintsKept; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}

	return len(p), nil
}

// String returns what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()

	return string(t.text)
}
