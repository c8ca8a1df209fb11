// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

const (
	// maxMoof and maxMdat bound one fragment.
	maxMoof = 16 << 20
	maxMdat = 256 << 20
)

// fragmentedMP4 reads the fragments behind a movie box (ISO/IEC 14496-12, 8.8).
// The file need not be seekable.
type fragmentedMP4 struct {
	r      *bufio.Reader
	file   *file
	list   []mp4Track
	byID   map[uint32]int
	trex   map[uint32]fragmentDefaults
	dts    []int64 // where each track goes on, if a fragment does not say
	shift  []int64 // what DTS is set back by, where composition offsets are negative
	at     uint64  // position in the file
	moof   []byte
	moofAt uint64
	out    []sample
	head   int
	end    error
	// listed has the samples of a file that begins like any other.
	listed *mp4File
	// partial tells that tracks were left out.
	partial bool
}

// fragmentDefaults are the values that samples have where nothing else is said.
type fragmentDefaults struct{ duration, size uint32 }

func newFragmentedMP4(f *file, tracks []mp4Track, mvex []byte, listed *mp4File) *fragmentedMP4 {
	m := &fragmentedMP4{
		file: f, list: tracks, listed: listed,
		byID: map[uint32]int{}, trex: map[uint32]fragmentDefaults{},
		dts: make([]int64, len(tracks)), shift: make([]int64, len(tracks)),
	}
	for i, t := range tracks {
		m.byID[t.id] = i
	}
	for b := range boxes(mvex) {
		if b.kind == "trex" && len(b.body) >= 24 {
			m.trex[binary.BigEndian.Uint32(b.body[4:])] = fragmentDefaults{
				duration: binary.BigEndian.Uint32(b.body[12:]),
				size:     binary.BigEndian.Uint32(b.body[16:]),
			}
		}
	}
	if f.seeker != nil {
		if at, err := f.seeker.Seek(0, io.SeekCurrent); err == nil {
			m.at = uint64(at) //nolint:gosec // not negative
		}
	}
	m.r = bufio.NewReaderSize(f.r, 64<<10)

	return m
}

func (m *fragmentedMP4) tracks() []Track {
	tracks := make([]Track, len(m.list))
	for i := range m.list {
		tracks[i] = m.list[i].track
	}

	return tracks
}

func (m *fragmentedMP4) leftOut() bool { return m.partial }
func (m *fragmentedMP4) close() error  { return m.file.closer.Close() }

func (m *fragmentedMP4) next() (sample, error) {
	if m.listed != nil {
		s, err := m.listed.next()
		if err == nil {
			return s, nil
		}
		for i := range m.listed.cursors {
			m.dts[i] = m.listed.cursors[i].dts
		}
		m.listed = nil
		if err := m.file.rewind(); err != nil {
			return sample{}, err
		}
		m.r.Reset(m.file.r)
		m.at = 0
	}
	for m.head == len(m.out) {
		m.out, m.head = m.out[:0], 0
		if m.end != nil {
			return sample{}, m.end
		}
		m.end = m.readBox()
	}
	s := m.out[m.head]
	m.out[m.head] = sample{}
	m.head++

	return s, nil
}

// readBox reads one top-level box.
func (m *fragmentedMP4) readBox() error {
	var header [boxLargeHeader]byte
	size, n, kind, err := readBoxHeader(m.r, header[:])
	if err != nil {
		return err
	}
	start := m.at
	m.at += size
	switch {
	case kind == "moof" && size <= maxMoof:
		m.moofAt = start
		m.moof, err = readExactly(m.r, size-n)

		return err
	case kind == "mdat" && m.moof != nil && (size <= maxMdat || size == 1<<62):
		data, err := readExactly(m.r, min(size-n, maxMdat))
		m.fragment(data, start+n)
		m.moof = nil
		if size == 1<<62 && errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF // the box lasts to the end of the file
		}

		return err
	default:
		m.moof = nil
		_, err := io.CopyN(io.Discard, m.r, int64(size-n)) //nolint:gosec // at most 1<<62
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}

		return err
	}
}

// fragment gives out the samples of the last movie fragment box, whose data
// begins at the position dataAt of the file.
func (m *fragmentedMP4) fragment(data []byte, dataAt uint64) {
	budget := uint64(len(data))
	next := m.moofAt
	for b := range boxes(m.moof) {
		if b.kind != "traf" {
			continue
		}
		run, ok := m.parseTraf(b.body, next)
		if !ok {
			continue
		}
		if run.pos == m.moofAt {
			run.pos = dataAt
		}
		run.data, run.dataAt, run.budget = data, dataAt, &budget
		for t := range boxes(b.body) {
			if t.kind == "trun" && !run.add(t.body) {
				break
			}
		}
		next = run.pos
		m.emit(&run)
	}
	slices.SortStableFunc(m.out, func(a, b sample) int {
		switch {
		case a.dts < b.dts:
			return -1
		case a.dts > b.dts:
			return 1
		default:
			return 0
		}
	})
}

// emit appends a track's samples, after what its composition offsets need.
func (m *fragmentedMP4) emit(run *trackRun) {
	t := &m.list[run.track]
	for _, s := range run.samples {
		m.shift[run.track] = max(m.shift[run.track], -s.composition)
	}
	for _, s := range run.samples {
		m.out = append(m.out, t.sample(run.track, s.dts-m.shift[run.track], s.dts+s.composition, s.data))
	}
	m.dts[run.track] = run.dts
}
