// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	// maxMoov bounds the movie box: 24 hours of 60 fps video need 30 MB.
	maxMoov = 128 << 20
	// maxFtyp bounds the list of brands.
	maxFtyp = 4096
	// maxSample bounds one access unit.
	maxSample = maxPES
	// maxEmptySamples bounds a run of samples without data.
	maxEmptySamples = 10000
)

// mp4File reads MP4 whose samples are listed in the movie box.
type mp4File struct {
	file    *file
	size    uint64
	cursors []mp4Cursor
	cut     bool
	partial bool // tracks were left out
}

// openMP4 finds the movie box and tells the two kinds of MP4 apart.
func openMP4(f *file, o options) (demuxer, error) {
	ftyp, moov, err := findMoov(f)
	if err != nil {
		return nil, err
	}
	var tracks []mp4Track
	var unsupported []error
	mvhd := child(moov, "mvhd")
	for b := range boxes(moov) {
		if b.kind != "trak" || len(tracks) >= maxMP4Tracks {
			continue
		}
		t, err := parseMP4Track(ftyp, mvhd, b.body)
		if err != nil {
			unsupported = append(unsupported, err)

			continue
		}
		tracks = append(tracks, t)
	}
	if len(tracks) == 0 {
		return nil, fmt.Errorf("%w: the MP4 file has no track that can be sent: %w",
			ErrUnsupported, errors.Join(unsupported...))
	}
	for _, err := range unsupported {
		o.warn(fmt.Errorf("left out: %w", err))
	}
	listed, err := newMP4File(f, tracks, len(unsupported) > 0)
	if mvex := child(moov, "mvex"); mvex != nil {
		if err != nil || listed.empty() {
			listed = nil
		}

		m := newFragmentedMP4(f, tracks, mvex, listed)
		m.partial = len(unsupported) > 0

		return m, nil
	}
	if err != nil {
		return nil, err
	}

	return listed, nil
}

func newMP4File(f *file, tracks []mp4Track, partial bool) (*mp4File, error) {
	if f.seeker == nil {
		return nil, fmt.Errorf("%w: MP4 that is not fragmented cannot be read from a pipe; name a file", ErrUnsupported)
	}
	here, err := f.seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, fmt.Errorf("seek: %w", err)
	}
	end, err := f.seeker.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("seek: %w", err)
	}
	if _, err := f.seeker.Seek(here, io.SeekStart); err != nil {
		return nil, fmt.Errorf("seek: %w", err)
	}
	m := &mp4File{file: f, size: uint64(end), partial: partial} //nolint:gosec // not negative
	for _, t := range tracks {
		m.cursors = append(m.cursors, newMP4Cursor(t))
	}

	return m, nil
}

// empty tells that the movie box lists no samples.
func (m *mp4File) empty() bool {
	for i := range m.cursors {
		if !m.cursors[i].done() {
			return false
		}
	}

	return true
}

func (m *mp4File) leftOut() bool { return m.partial }

// maxMP4Tracks is above what any file to be pushed has.
const maxMP4Tracks = 16

// findMoov reads top-level boxes up to the movie box, and returns its body and
// that of the file type box.
func findMoov(f *file) (ftyp, moov []byte, err error) {
	var header [boxLargeHeader]byte
	for {
		size, n, kind, err := readBoxHeader(f.r, header[:])
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return nil, nil, fmt.Errorf("%w: the MP4 file has no movie box; it may not have been closed when it was recorded",
				errMalformed)
		case err != nil:
			return nil, nil, err
		case kind == "moof":
			return nil, nil, fmt.Errorf("%w: the MP4 fragments come without their initialization segment", errMalformed)
		case kind == "moov" && size <= maxMoov, kind == "ftyp" && size <= maxFtyp:
			body, err := readExactly(f.r, size-n)
			if err != nil {
				return nil, nil, fmt.Errorf("%w: the %s box is cut short", errMalformed, kind)
			}
			if kind == "moov" {
				return ftyp, body, nil
			}
			ftyp = body
		case kind == "moov":
			return nil, nil, fmt.Errorf("%w: a movie box of %d bytes", errMalformed, size)
		default:
			if err := f.skip(size - n); err != nil {
				return nil, nil, fmt.Errorf("%w: the MP4 file has no movie box: %w", errMalformed, err)
			}
		}
	}
}

// readBoxHeader reads the header of the next box; n is its length.
func readBoxHeader(r io.Reader, buf []byte) (size, n uint64, kind string, err error) {
	if _, err := io.ReadFull(r, buf[:boxHeader]); err != nil {
		return 0, 0, "", err
	}
	n = boxHeader
	size = uint64(binary.BigEndian.Uint32(buf))
	switch size {
	case 0: // to the end of the file
		size = 1 << 62
	case 1:
		if _, err := io.ReadFull(r, buf[boxHeader:boxLargeHeader]); err != nil {
			return 0, 0, "", err
		}
		n = boxLargeHeader
		size = binary.BigEndian.Uint64(buf[boxHeader:])
	}
	if size < n || size > 1<<62 {
		return 0, 0, "", fmt.Errorf("%w: a box of %d bytes", errMalformed, size)
	}

	return size, n, string(buf[4:boxHeader]), nil
}

// readExactly reads n bytes, and allocates no more than are there.
func readExactly(r io.Reader, n uint64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(min(n, 1<<62)))) //nolint:gosec // capped
	if err == nil && uint64(len(b)) < n {
		err = io.ErrUnexpectedEOF
	}

	return b, err
}

// skip passes over n bytes, by seeking where that is possible.
func (f *file) skip(n uint64) error {
	if f.seeker != nil {
		_, err := f.seeker.Seek(int64(min(n, 1<<62)), io.SeekCurrent) //nolint:gosec // capped

		return err
	}
	_, err := io.CopyN(io.Discard, f.r, int64(min(n, 1<<62))) //nolint:gosec // capped

	return err
}

func (m *mp4File) tracks() []Track {
	tracks := make([]Track, len(m.cursors))
	for i := range m.cursors {
		tracks[i] = m.cursors[i].track.track
	}

	return tracks
}

func (m *mp4File) close() error { return m.file.closer.Close() }

// next gives the track's sample that is first by DTS, as the order of the tracks
// on file does not matter.
func (m *mp4File) next() (sample, error) {
	for {
		best := -1
		for i := range m.cursors {
			c := &m.cursors[i]
			if !c.done() && (best < 0 || c.time() < m.cursors[best].time()) {
				best = i
			}
		}
		if best < 0 {
			if m.cut {
				return sample{}, io.ErrUnexpectedEOF
			}

			return sample{}, io.EOF
		}
		c := &m.cursors[best]
		offset, size := c.offset, uint64(c.size)
		dts, pts := c.dts-c.shift, c.dts+c.composition
		c.budget += size
		switch {
		case size == 0:
			if c.empty++; c.empty > maxEmptySamples {
				c.stop()
			} else {
				c.advance()
			}

			continue
		case size > maxSample, offset > m.size, m.size-offset < size, c.budget > m.size:
			m.cut = true
			c.stop()

			continue
		}
		c.empty = 0
		data := make([]byte, size)
		if err := m.file.readAt(data, offset); err != nil {
			return sample{}, err
		}
		c.advance()

		return c.track.sample(best, dts, pts, data), nil
	}
}

func (f *file) readAt(b []byte, offset uint64) error {
	if r, ok := f.seeker.(io.ReaderAt); ok {
		if _, err := r.ReadAt(b, int64(offset)); err != nil { //nolint:gosec // within the file
			return fmt.Errorf("read: %w", err)
		}

		return nil
	}
	if _, err := f.seeker.Seek(int64(offset), io.SeekStart); err != nil { //nolint:gosec // within the file
		return fmt.Errorf("seek: %w", err)
	}
	if _, err := io.ReadFull(f.seeker, b); err != nil {
		return fmt.Errorf("read: %w", err)
	}

	return nil
}
