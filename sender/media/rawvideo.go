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
	"strconv"
	"strings"
)

// RawVideo is the video of a file, decoded by ffmpeg, as pictures in I420: 8 bits, the
// planes Y, U and V after each other, both colour planes at half the width and height.
// Pictures come at a constant rate, the first at time zero. It is not safe for
// concurrent use, except for Close.
type RawVideo struct {
	format Format
	r      *bufio.Reader
	p      *ffmpeg
}

// maxRawRate bounds the frame rate of files that claim absurd ones.
const maxRawRate = 60

// OpenRaw decodes the first video track of the file at path, at its own frame rate up
// to 60 a second and its own size, made even. It fails where there is no ffmpeg on
// PATH or no video in the file. ctx bounds the life of the process.
func OpenRaw(ctx context.Context, path string) (*RawVideo, error) {
	// The first picture is repeated from where the audio begins.
	filter := fmt.Sprintf("fps=fps='min(source_fps,%d)':start_time=0,scale=trunc(iw/2)*2:trunc(ih/2)*2,format=yuv420p", maxRawRate)
	p, err := decode(ctx, path, "-map", "0:v:0", "-vf", filter, "-f", "yuv4mpegpipe")
	if err != nil {
		return nil, err
	}
	v := &RawVideo{r: bufio.NewReaderSize(p, rawBuffer), p: p}
	if v.format, err = readY4MHeader(v.r); err != nil {
		_ = p.stop()

		return nil, p.explain(err)
	}

	return v, nil
}

// OpenSound converts the first audio track of the file at path to Opus. Time counts
// from the same instant as that of [OpenRaw]; where the audio begins later, there is
// silence. It fails where there is no ffmpeg on PATH or no audio in the file.
func OpenSound(ctx context.Context, path string) (Source, error) {
	p, err := decode(ctx, path, "-map", "0:a:0", "-af", "aresample=async=1:first_pts=0",
		"-c:a", "libopus", "-ar", "48000", "-ac", "2", "-b:a", "96k", "-page_duration", "100000", "-f", "ogg")
	if err != nil {
		return nil, err
	}
	s, err := p.open(conversion{open: func(f *file, _ options) (demuxer, error) { return newOgg(f) }}, newOptions(nil))
	if err != nil {
		_ = p.stop()

		return nil, err
	}

	return s, nil
}

// rawBuffer is what is read at once.
const rawBuffer = 1 << 16

// decode starts ffmpeg on a file.
func decode(ctx context.Context, path string, output ...string) (*ffmpeg, error) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("%w: decoding needs ffmpeg, which is not on PATH; install it", ErrUnsupported)
	}
	args := append([]string{"-nostdin", "-hide_banner", "-loglevel", "error", "-i", "file:" + path}, output...)
	p := newFFmpeg(ctx, program, append(args, "pipe:1"), io.NopCloser(nil))
	if err := p.start(); err != nil {
		return nil, err
	}

	return p, nil
}

// explain returns ffmpeg's complaint where it has one, else err.
func (p *ffmpeg) explain(err error) error {
	if message := p.stderr.String(); message != "" {
		return fmt.Errorf("%w: ffmpeg: %s", ErrUnsupported, message)
	}

	return fmt.Errorf("%w: %w", ErrUnsupported, err)
}

// Format returns the format of the pictures.
func (v *RawVideo) Format() Format { return v.format }

// Read reads the next picture into b, which must hold [Format.I420Size] bytes. It
// returns io.EOF at the end.
func (v *RawVideo) Read(b []byte) error {
	line, err := v.r.ReadSlice('\n')
	switch {
	case err != nil && len(line) == 0:
		return err // io.EOF, or what ffmpeg complained of
	case err != nil:
		return fmt.Errorf("%w: a picture is cut short: %w", errMalformed, err)
	case !strings.HasPrefix(string(line), "FRAME"):
		return fmt.Errorf("%w: no picture where one should be", errMalformed)
	}
	_, err = io.ReadFull(v.r, b[:v.format.I420Size()])
	if err != nil {
		return fmt.Errorf("%w: a picture is cut short: %w", errMalformed, err)
	}

	return nil
}

// Close ends the process. It may be called while Read waits, which then returns.
func (v *RawVideo) Close() error {
	_ = v.p.stop()

	return nil
}

// I420Size returns the bytes of one picture with 8 bits a sample and colour at half
// the width and height.
func (f Format) I420Size() int { return f.Width*f.Height + 2*((f.Width+1)/2)*((f.Height+1)/2) }

// maxRawSide and the length of a header line bound what a broken pipe can ask for.
const (
	maxRawSide   = 16384
	maxY4MHeader = 256
)

// readY4MHeader reads the stream header of YUV4MPEG2, as mjpegtools define it.
func readY4MHeader(r *bufio.Reader) (Format, error) {
	line, err := r.ReadSlice('\n')
	if err != nil || len(line) > maxY4MHeader {
		return Format{}, fmt.Errorf("%w: there is no video: %w", errMalformed, errors.Join(err, errY4M))
	}
	fields := strings.Fields(string(line))
	if len(fields) == 0 || fields[0] != "YUV4MPEG2" {
		return Format{}, errY4M
	}
	var f Format
	for _, field := range fields[1:] {
		value := field[1:]
		switch field[0] {
		case 'W':
			f.Width, err = strconv.Atoi(value)
		case 'H':
			f.Height, err = strconv.Atoi(value)
		case 'F':
			f.FrameRate, err = ratio(value)
		case 'C':
			if !strings.HasPrefix(value, "420") || strings.Contains(value, "p1") {
				err = errY4M
			}
		}
		if err != nil {
			return Format{}, errY4M
		}
	}
	if f.Width < 2 || f.Width > maxRawSide || f.Height < 2 || f.Height > maxRawSide || !(f.FrameRate > 0 && f.FrameRate <= maxFrameRate) {
		return Format{}, fmt.Errorf("%w: pictures of %v", errY4M, f)
	}

	return f, nil
}

var errY4M = fmt.Errorf("%w: this is no YUV4MPEG2 of 8 bits in 4:2:0", errMalformed)

// ratio reads a rate such as 30000:1001.
func ratio(s string) (float64, error) {
	a, b, ok := strings.Cut(s, ":")
	n, err := strconv.ParseFloat(a, 64)
	d, err2 := strconv.ParseFloat(b, 64)
	if err = errors.Join(err, err2); err != nil || !ok || d <= 0 {
		return 0, errors.Join(errY4M, err)
	}

	return n / d, nil
}
