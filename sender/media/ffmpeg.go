// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// ffmpegStop is how long a child process may take to end after it was told to.
const ffmpegStop = 2 * time.Second

// maxFFmpegMessage bounds what is kept of its complaints.
const maxFFmpegMessage = 2048

// conversion is what ffmpeg is asked to write. Fragmented MP4 carries every codec
// but VP8, which IVF does, without its audio.
type conversion struct {
	audio  string // ffmpeg's name of the audio encoder
	format []string
	open   func(f *file, o options) (demuxer, error)
}

// fragmented has the movie box wait for the first packets, as only then its edit
// lists tell how the tracks begin.
func fragmented(audio string) conversion {
	return conversion{
		audio: audio,
		format: []string{
			"-f", "mp4", "-movflags", "frag_keyframe+delay_moov+default_base_moof", "-frag_duration", "1000000",
		},
		open: openMP4,
	}
}

func videoInIVF() conversion {
	return conversion{
		format: []string{"-an", "-f", "ivf"},
		open:   func(f *file, _ options) (demuxer, error) { return newIVF(f) },
	}
}

// openForeign reads through ffmpeg what could not be read for cause.
func openForeign(ctx context.Context, f *file, o options, cause error) (Source, error) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("%w; install ffmpeg, so that it can be read, or convert it: %s", cause, convertHint)
	}
	if f.path == "" && f.rewind() != nil {
		return nil, fmt.Errorf("%w; name a file, so that ffmpeg can read it", cause)
	}
	// Audio that MP4 cannot hold makes the first attempt fail, video that it
	// cannot hold the second.
	attempts := []conversion{fragmented("copy"), fragmented("libopus"), videoInIVF()}
	if o.opusAudio && (!o.aacAudio || f.path == "") {
		attempts = attempts[1:]
	}
	var failed []error
	for i, c := range attempts {
		s, p, err := startFFmpeg(ctx, program, f, c, o)
		if err == nil && o.opusAudio && c.audio == "copy" && s.needsConversion(true) {
			err = fmt.Errorf("%w: audio that is neither Opus nor AAC", ErrUnsupported)
			// Not the source's Close, for the file is needed for the next attempt.
			_ = p.stop()
		}
		if err == nil {
			if i == len(attempts)-1 {
				o.warn(fmt.Errorf("%w: only the video of this file can be read", ErrUnsupported))
			}

			return s, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		failed = append(failed, err)
		if f.path == "" && f.rewind() != nil {
			break
		}
	}

	return nil, fmt.Errorf("%w; ffmpeg: %w; convert it: %s", cause, failed[0], convertHint)
}

const convertHint = "ffmpeg -i IN -c:v libx264 -c:a libopus OUT.ts"

// convertAudio opens again, through ffmpeg, what has been opened natively. Where
// that is not possible it warns and returns nothing, which leaves it at that.
func convertAudio(ctx context.Context, f *file, o options) (Source, error) {
	program, err := exec.LookPath("ffmpeg")
	switch {
	case err != nil:
		o.warn(fmt.Errorf("%w: the audio is not Opus, and ffmpeg is not there to convert it", ErrUnsupported))
	case f.path == "" && f.rewind() != nil:
		o.warn(fmt.Errorf("%w: the audio is not Opus; name a file, so that ffmpeg can convert it", ErrUnsupported))
	default:
		converted, _, err := startFFmpeg(ctx, program, f, fragmented("libopus"), o)
		if err == nil {
			return converted, nil
		}
		if f.path == "" || ctx.Err() != nil {
			return nil, err
		}
		o.warn(fmt.Errorf("%w: the audio is not Opus, and ffmpeg cannot convert it: %w", ErrUnsupported, err))
	}

	return nil, nil
}

// ffmpeg is the child process behind a source.
type ffmpeg struct {
	cmd    *exec.Cmd
	ctx    context.Context //nolint:containedctx // it tells whether the process was stopped from here
	cancel context.CancelFunc
	out    io.ReadCloser
	stderr tail
	input  io.Closer
	once   sync.Once
	err    error
}

// startFFmpeg returns a source of what ffmpeg writes. The source closes f; after
// an error f stays open.
func startFFmpeg(ctx context.Context, program string, f *file, c conversion, o options) (*stream, *ffmpeg, error) {
	input := "pipe:0"
	if f.path != "" {
		input = "file:" + f.path // whatever the name looks like
	}
	args := []string{"-nostdin", "-hide_banner", "-loglevel", "error", "-i", input, "-map", "0:v:0?"}
	if c.audio != "" {
		args = append(args, "-map", "0:a:0?", "-c:a", c.audio)
	}
	if c.audio == "libopus" {
		args = append(args, "-ar", "48000", "-ac", "2", "-b:a", "96k")
	}
	args = append(append(append(args, "-c:v", "copy"), c.format...), "pipe:1")
	p := newFFmpeg(ctx, program, args, f.closer)
	if f.path == "" {
		p.cmd.Stdin = f.r
	}
	if err := p.start(); err != nil {
		return nil, nil, err
	}
	s, err := p.open(c, o)
	if err != nil {
		_ = p.stop()

		return nil, nil, err
	}

	return s, p, nil
}

// newFFmpeg prepares a process that ends with ctx. Closing it closes input.
func newFFmpeg(ctx context.Context, program string, args []string, input io.Closer) *ffmpeg {
	ctx, cancel := context.WithCancel(ctx)
	p := &ffmpeg{ctx: ctx, cancel: cancel, input: input}
	p.cmd = exec.CommandContext(ctx, program, args...) //nolint:gosec // the program that the user has on PATH
	p.cmd.WaitDelay = ffmpegStop
	p.cmd.Stderr = &p.stderr

	return p
}

func (p *ffmpeg) start() error {
	var err error
	p.out, err = p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		p.cancel()

		return fmt.Errorf("start ffmpeg: %w", err)
	}

	return nil
}

func (p *ffmpeg) open(c conversion, o options) (_ *stream, err error) {
	defer guard(&err)
	dem, err := c.open(&file{r: bufio.NewReader(p), closer: p}, o)
	if err == nil {
		var s *stream
		if s, err = newStream(dem, o.warn); err == nil {
			return s, nil
		}
	}
	_ = p.stop()
	if message := p.stderr.String(); message != "" {
		return nil, errors.New(message)
	}

	return nil, err
}

// Read reads what ffmpeg writes; at the end its complaint, if it failed, is the
// error.
func (p *ffmpeg) Read(b []byte) (int, error) {
	n, err := p.out.Read(b)
	if n > 0 {
		return n, nil // an error comes again
	}
	if err == nil {
		return 0, nil
	}
	// It is about to end by itself, and what it complains of matters.
	timer := time.AfterFunc(ffmpegStop, p.cancel)
	defer timer.Stop()
	if failed := p.wait(); failed != nil {
		return 0, failed
	}

	return 0, io.EOF
}

// wait waits for the process to end.
func (p *ffmpeg) wait() error {
	p.once.Do(func() {
		err := p.cmd.Wait()
		switch message := p.stderr.String(); {
		case err != nil && message != "":
			p.err = fmt.Errorf("ffmpeg: %s", message)
		case err != nil && p.ctx.Err() == nil:
			p.err = fmt.Errorf("ffmpeg: %w", err)
		}
		p.cancel()
	})

	return p.err
}

// stop ends the process.
func (p *ffmpeg) stop() error {
	p.cancel()

	return p.wait()
}

// Close implements [io.Closer] for the demuxer.
func (p *ffmpeg) Close() error {
	_ = p.stop()

	return p.input.Close()
}

// tail keeps the last of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	if n := len(t.b) - maxFFmpegMessage; n > 0 {
		t.b = append(t.b[:0], t.b[n:]...)
	}

	return len(b), nil
}

// String returns the lines as one.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()

	return strings.Join(strings.FieldsFunc(string(t.b), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
