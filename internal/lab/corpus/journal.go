// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// ErrJournal is wrapped by errors about a journal that a run cannot go on from.
var ErrJournal = errors.New("journal")

// journalVersion changes when a line's meaning does.
const journalVersion = 2

// syncEvery is how often the journal is made to last a crash of the machine; one of the
// process costs nothing.
const syncEvery = 5 * time.Second

// journalHeader is the first line of a journal. Only a run with the same header goes on
// from it.
type journalHeader struct {
	Version int `json:"rtmcc_journal"`
	// Tool is the version of the program.
	Tool string `json:"tool"`
	// Config tells configurations apart, and windows.
	Config string `json:"config"`
}

func newJournalHeader(o *Options) (journalHeader, error) {
	text, err := json.Marshal(&o.Config)
	if err != nil {
		return journalHeader{}, err
	}
	if o.Window != (timeline.Window{}) {
		text = fmt.Appendf(text, "%+v", o.Window)
	}

	return journalHeader{Version: journalVersion, Tool: o.Tool, Config: fmt.Sprintf("%x", sha256.Sum256(text))}, nil
}

// journalEntry is a line of a journal: a file that is done with.
type journalEntry struct {
	Path string `json:"path"`
	// Size and Modified, in nanoseconds since 1970, are those of the file as it was read.
	Size     int64 `json:"size"`
	Modified int64 `json:"modified_ns"`
	// Either is set.
	Skip    Reason           `json:"skip,omitempty"`
	Session *session.Summary `json:"session,omitempty"`
}

func (e *journalEntry) valid() bool { return e.Path != "" && (e.Skip == "") != (e.Session == nil) }

func (e *journalEntry) of(f *File) bool {
	return e.Path == f.Path && e.Size == f.Size && e.Modified == f.Modified.UnixNano()
}

// journal keeps what came of each file, so that a run that was interrupted goes on where
// it stopped. In memory is where in the file an entry is, not the entry.
type journal struct {
	file   *os.File
	index  journalIndex
	line   bytes.Buffer
	synced time.Time
}

// openJournal opens the journal at path, or begins it. A last line that was cut off is
// dropped.
func openJournal(path string, h journalHeader) (*journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644) //nolint:gosec // as readable as any output
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	j := &journal{file: file, synced: time.Now()}
	if err := j.open(h); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s: %w", ErrJournal, path, err), file.Close())
	}

	return j, nil
}

func (j *journal) open(h journalHeader) error {
	index, end, err := readJournal(j.file, h)
	if err != nil {
		return err
	}
	j.index = index
	if err := j.file.Truncate(end); err != nil {
		return err
	}
	if end > 0 {
		return nil
	}

	return j.write(h)
}

// find returns what came of a file, if it is as it was.
func (j *journal) find(f *File) (journalEntry, bool) {
	at, ok := j.index[keyOf(f.Path)]
	if !ok {
		return journalEntry{}, false
	}
	line := make([]byte, at.length)
	var e journalEntry
	if _, err := j.file.ReadAt(line, at.offset); err != nil || json.Unmarshal(line, &e) != nil {
		return journalEntry{}, false
	}

	return e, e.of(f)
}

// add writes down what came of a file.
func (j *journal) add(e *journalEntry) error {
	if err := j.write(e); err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	if now := time.Now(); now.Sub(j.synced) >= syncEvery {
		j.synced = now

		return j.file.Sync()
	}

	return nil
}

// write appends a line in one go, so that only the last one can be cut off, and two runs
// at a time do not mix theirs.
func (j *journal) write(v any) error {
	j.line.Reset()
	if err := json.NewEncoder(&j.line).Encode(v); err != nil {
		return err
	}
	_, err := j.file.Write(j.line.Bytes())

	return err
}

func (j *journal) close() error { return j.file.Close() }

// journalIndex tells where the last entry about a path is. It takes some 60 bytes a file.
type journalIndex map[journalKey]journalPlace

type journalKey [16]byte

type journalPlace struct {
	offset int64
	length int32
}

func keyOf(path string) journalKey {
	sum := sha256.Sum256([]byte(path))

	return journalKey(sum[:])
}

// mostLine bounds a line of a journal, in bytes.
const mostLine = 1 << 20

var (
	errNoJournal    = errors.New("it is no journal of an analysis; name another file")
	errOtherJournal = errors.New("it was begun by another version or with another configuration or window; remove it to begin anew, or name another file")
)

// readJournal returns where which entry is, and where the last whole line ends. Lines
// that are damaged are passed over: their files will be analysed again. A journal that
// is empty, or ends within its first line, begins anew.
func readJournal(in io.Reader, want journalHeader) (journalIndex, int64, error) {
	index := journalIndex{}
	buffered := bufio.NewReaderSize(in, mostLine)
	var end int64
	for {
		line, err := buffered.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF):
			if end == 0 && !beginsJournal(line) {
				return nil, 0, errNoJournal
			}

			return index, end, nil
		case errors.Is(err, bufio.ErrBufferFull):
			if end == 0 {
				return nil, 0, errNoJournal
			}
			end += int64(len(line))

			continue
		case err != nil:
			return nil, 0, err
		}
		if end == 0 {
			if err := checkHeader(line, want); err != nil {
				return nil, 0, err
			}
		} else {
			var e journalEntry
			if json.Unmarshal(line, &e) == nil && e.valid() {
				index[keyOf(e.Path)] = journalPlace{offset: end, length: int32(len(line))} //nolint:gosec // at most mostLine
			}
		}
		end += int64(len(line))
	}
}

// EmptyJournal tells whether the file at path is a journal that says of no file what came
// of it.
func EmptyJournal(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }() // was only read
	in := bufio.NewReader(file)
	line, err := in.ReadSlice('\n')
	if err != nil || !beginsJournal(line) {
		return false
	}
	_, err = in.ReadByte()

	return errors.Is(err, io.EOF)
}

// beginsJournal tells whether text is the beginning of a journal's first line.
func beginsJournal(text []byte) bool {
	const start = `{"rtmcc_journal":`
	n := min(len(text), len(start))

	return string(text[:n]) == start[:n]
}

func checkHeader(line []byte, want journalHeader) error {
	var h journalHeader
	if json.Unmarshal(line, &h) != nil || h.Version == 0 {
		return errNoJournal
	}
	if h != want {
		return errOtherJournal
	}

	return nil
}
