// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Open opens the file at path. The format is told by its content, and by its name
// where that leaves it open: MPEG-TS, MP4 and fragmented MP4, Annex-B byte streams
// of H.264 and H.265, Ogg Opus and IVF are read without help. Everything else goes
// through ffmpeg, which copies the streams, where it is on PATH; where it is not,
// the error says so and wraps [ErrUnsupported]. ctx bounds the life of that
// process, not only the opening.
func Open(ctx context.Context, path string, opts ...Option) (Source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.Open(path) //nolint:gosec // the caller names the file to read
	if err != nil {
		return nil, fmt.Errorf("open media: %w", err)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close()

		return nil, fmt.Errorf("open media: %s is a directory; name a file", path)
	}

	return open(ctx, &file{r: f, closer: f, name: path, path: path}, newOptions(opts))
}

// OpenReader opens what r gives, as [Open] does; name only helps to tell formats
// apart and may be empty. MP4 files that are not fragmented need r to be an
// [io.ReadSeeker]. Closing the source closes r where it is an [io.Closer].
func OpenReader(ctx context.Context, r io.Reader, name string, opts ...Option) (Source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	closer, ok := r.(io.Closer)
	if !ok {
		closer = io.NopCloser(nil)
	}

	return open(ctx, &file{r: r, closer: closer, name: name}, newOptions(opts))
}

// file is what a source is opened from. seeker is nil for pipes.
type file struct {
	r      io.Reader
	seeker io.ReadSeeker
	closer io.Closer
	name   string
	path   string // empty where there is only a reader
}

func open(ctx context.Context, f *file, o options) (Source, error) {
	src, err := openAny(ctx, f, o)
	if err != nil {
		_ = f.closer.Close()
		if f.name != "" {
			return nil, fmt.Errorf("open %s: %w", f.name, err)
		}

		return nil, fmt.Errorf("open media: %w", err)
	}

	return src, nil
}

func openAny(ctx context.Context, f *file, o options) (Source, error) {
	head, err := f.head()
	if err != nil {
		return nil, err
	}
	if len(head) == 0 {
		return nil, fmt.Errorf("%w: the file is empty", errMalformed)
	}
	waiting, release := o.held()
	s, err := openNative(f, identify(head, f.name), waiting)
	if err == nil && o.opusAudio && s.needsConversion(o.aacAudio) {
		if converted, err := convertAudio(ctx, f, o); converted != nil || err != nil {
			return converted, err
		}
	}
	if err == nil {
		release()

		return s, nil
	}
	if errors.Is(err, ErrUnsupported) || errors.Is(err, errMalformed) {
		return openForeign(ctx, f, o, err)
	}

	return nil, err
}

// head returns the first bytes and leaves the reader at the start.
func (f *file) head() ([]byte, error) {
	if s, ok := f.r.(io.ReadSeeker); ok {
		if _, err := s.Seek(0, io.SeekStart); err == nil {
			f.seeker = s
			head := make([]byte, sniffLength)
			n, err := io.ReadFull(s, head)
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return nil, fmt.Errorf("read: %w", err)
			}

			return head[:n], f.rewind()
		}
	}
	b := bufio.NewReaderSize(f.r, sniffLength)
	f.r = b
	head, err := b.Peek(sniffLength)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read: %w", err)
	}

	return head, nil
}

func (f *file) rewind() error {
	if f.seeker == nil {
		return errors.ErrUnsupported
	}
	if _, err := f.seeker.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("seek: %w", err)
	}

	return nil
}

// openNative reads the formats that need no help. The source closes f; after an
// error f stays open.
func openNative(f *file, c container, o options) (_ *stream, err error) {
	defer guard(&err)
	var dem demuxer
	switch c {
	case containerMPEGTS:
		dem, err = newMPEGTS(f.r, f.closer, o.warn)
	case containerMP4:
		dem, err = openMP4(f, o)
	case containerH264:
		dem = newAnnexB(f, H264, o)
	case containerH265:
		dem = newAnnexB(f, H265, o)
	case containerOgg:
		dem, err = newOgg(f)
	case containerIVF:
		dem, err = newIVF(f)
	default:
		err = fmt.Errorf("%w: unknown container", ErrUnsupported)
	}
	if err != nil {
		return nil, err
	}

	return newStream(dem, o.warn)
}

// needsConversion tells that there is audio, but none in Opus, nor in AAC where that
// is taken.
func (s *stream) needsConversion(takesAAC bool) bool {
	other := false
	for _, t := range s.tracks {
		if t.Codec == Opus || takesAAC && t.Codec == AAC {
			return false
		}
		other = other || !t.Codec.Video()
	}
	partial, ok := s.dem.(interface{ leftOut() bool })

	return other || (ok && partial.leftOut())
}
