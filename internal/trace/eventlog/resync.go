// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	// resyncWindow is how much is looked at together in search of records. Of a batch that
	// is longer than half of it, the search finds the next one.
	resyncWindow = 1 << 20
	// recordsInARow is how many records must follow each other to be taken for such;
	// recordsAtEnd are enough where the log ends with them.
	recordsInARow = 3
	recordsAtEnd  = 2
	// timestampTag begins each record's body: its time is the first field in both versions.
	timestampTag = 1<<3 | byte(protowire.VarintType)
	// shortestBody is a time alone.
	shortestBody = 2
	// mostResumes bounds how often the end of a log is searched, each time all of it.
	mostResumes = 16
)

// resync passes over damage, up to where records follow each other again. The error is
// [io.EOF] where they never do.
func (f *framing) resync() error {
	f.r = bufio.NewReaderSize(f.r, resyncWindow)
	// What is buffered comes first: filling the buffer moves all of it.
	b, _ := f.r.Peek(f.r.Buffered())
	if found := findRecords(b, len(b), false); found < len(b) {
		n, err := f.r.Discard(found)
		f.damage.Bytes += int64(n)

		return err
	}
	for {
		b, err := f.r.Peek(resyncWindow)
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return err
		}
		searched := len(b)
		if !end {
			searched /= 2
		}
		found := findRecords(b, searched, end)
		n, err := f.r.Discard(min(found, searched))
		f.damage.Bytes += int64(n)
		switch {
		case err != nil:
			return err
		case found < searched:
			return nil
		case end:
			return io.EOF
		}
	}
}

// resume looks for records in the body of one whose length leads beyond the end of the
// log, and goes on there. It reports false where there are none, as in the last record
// of a log that was cut off.
func (f *framing) resume(body []byte) bool {
	found := len(body)
	if f.resumes < mostResumes {
		found = findRecords(body, len(body), true)
	}
	if found == len(body) {
		return false
	}
	f.resumes++
	f.damage.Note(errNoRecord)
	f.damage.Bytes += int64(found)
	f.r.Reset(bytes.NewReader(bytes.Clone(body[found:])))

	return true
}

// findRecords returns the first offset before limit at which records follow each other,
// limit where there is none. end tells that the log ends with b.
func findRecords(b []byte, limit int, end bool) int {
	for i := range limit {
		if inARow(b[i:], end) {
			return i
		}
	}

	return limit
}

func inARow(b []byte, end bool) bool {
	for row := 1; row <= recordsInARow; row++ {
		n := looksLikeRecord(b)
		if n == 0 || n > len(b) {
			return false
		}
		if b = b[n:]; len(b) == 0 && end {
			return row >= recordsAtEnd
		}
	}

	return true
}

// looksLikeRecord returns the length of the record that b may begin with, zero where it
// does not look like one.
func looksLikeRecord(b []byte) int {
	tag, n := binary.Uvarint(b)
	if n <= 0 {
		return 0
	}
	field, wire := protowire.DecodeTag(tag)
	if wire != protowire.BytesType || field < 1 || field > lastEvent && (field < firstConfig || field > lastConfig) {
		return 0
	}
	length, m := binary.Uvarint(b[n:])
	if m <= 0 || length < shortestBody || length > maxBody || len(b) <= n+m || b[n+m] != timestampTag {
		return 0
	}

	return n + m + int(length)
}

// The fields of a version 2 log: events up to lastEvent, configurations of streams from
// firstConfig to lastConfig, with room for those to come.
const (
	lastEvent   = 60
	firstConfig = 101
	lastConfig  = 110
)
