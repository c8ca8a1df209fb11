// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

const (
	// maxBody bounds one record, as libwebrtc's reader does.
	maxBody = 10 << 20
	// fieldEvent is the field of a version 1 log; every other is of version 2.
	fieldEvent protowire.Number = 1
	// versionThree is what the first number of a version 3 log says, shifted by one bit.
	versionThree = 0x2501580
)

// errVersionThree is returned for a log that cannot be read.
var errVersionThree = fmt.Errorf(
	"%w: this is an RTC event log V3, which is not read: let the browser write V2, as its default is", recording.ErrFormat)

var errNoRecord = fmt.Errorf("%w: there is no record where one should be", recording.ErrFormat)

// record is one field of the file's outermost message.
type record struct {
	field protowire.Number
	// body is valid until the next record is read.
	body []byte
}

// framing splits a log into its records.
type framing struct {
	r      *bufio.Reader
	body   []byte
	damage recording.Damage
	ended  bool
	// resumes counts the searches of the log's end.
	resumes int
}

// next returns the next record, [io.EOF] at the end. Where the framing itself is damaged,
// what is passed over up to the next records is counted.
func (f *framing) next() (record, error) {
	for !f.ended {
		rec, err := f.read()
		if errors.Is(err, recording.ErrFormat) {
			f.damage.Note(err)
			err = f.resync()
			if err == nil {
				continue
			}
			if errors.Is(err, io.EOF) {
				f.ended = true
			}
		}

		return rec, err
	}

	return record{}, io.EOF
}

// read returns what is at hand where it is a record. The error wraps
// [recording.ErrFormat] where it is none.
func (f *framing) read() (record, error) {
	tag, err := f.varint()
	if errors.Is(err, io.EOF) {
		f.ended = true

		return record{}, io.EOF
	}
	if err != nil {
		return record{}, f.fail(err, 0)
	}
	length, err := f.varint()
	if err != nil {
		return record{}, f.fail(err, 0)
	}
	field, wire := protowire.DecodeTag(tag)
	if wire != protowire.BytesType || field < 1 {
		return record{}, errNoRecord
	}
	if length > maxBody {
		return record{}, fmt.Errorf("%w: a record of %d bytes, more than the %d that one may have", recording.ErrFormat, length, maxBody)
	}
	if uint64(cap(f.body)) < length {
		f.body = make([]byte, length)
	}
	f.body = f.body[:length]
	n, err := io.ReadFull(f.r, f.body)
	switch {
	case err == nil:
		return record{field: field, body: f.body}, nil
	case errors.Is(err, io.ErrUnexpectedEOF) && f.resume(f.body[:n]):
		return f.read()
	default:
		return record{}, f.fail(err, int64(n))
	}
}

// fail ends the log where it cannot be read on, which is no error where it was cut off.
// lost is what was read in vain.
func (f *framing) fail(why error, lost int64) error {
	switch {
	case errors.Is(why, recording.ErrFormat):
		return why
	case errors.Is(why, io.EOF), errors.Is(why, io.ErrUnexpectedEOF):
		f.ended, f.damage.Truncated = true, true
		f.damage.Bytes += lost

		return io.EOF
	default:
		f.ended = true

		return why
	}
}

// varint reads a number: [io.EOF] where the file ends before it.
func (f *framing) varint() (uint64, error) {
	head, err := f.r.Peek(binary.MaxVarintLen64)
	v, n := binary.Uvarint(head)
	switch {
	case n > 0:
		_, err = f.r.Discard(n)

		return v, err
	case n < 0, len(head) == binary.MaxVarintLen64:
		return 0, errNoRecord
	case len(head) > 0 && errors.Is(err, io.EOF):
		return 0, io.ErrUnexpectedEOF
	default:
		return 0, err
	}
}
