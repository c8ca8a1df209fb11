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
}

// next returns the next record, [io.EOF] at the end. What comes after damage to the
// framing itself cannot be found again; it is counted.
func (f *framing) next() (record, error) {
	for !f.ended {
		tag, err := f.varint()
		if errors.Is(err, io.EOF) {
			f.ended = true

			break
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
			return record{}, f.fail(errNoRecord, 0)
		}
		if length > maxBody {
			f.damage.Note(fmt.Errorf("%w: a record of %d bytes, more than the %d that one may have", recording.ErrFormat, length, maxBody))
			if err := f.skip(length); err != nil {
				return record{}, f.fail(err, 0)
			}

			continue
		}
		if uint64(cap(f.body)) < length {
			f.body = make([]byte, length)
		}
		f.body = f.body[:length]
		if n, err := io.ReadFull(f.r, f.body); err != nil {
			return record{}, f.fail(err, int64(n))
		}

		return record{field: field, body: f.body}, nil
	}

	return record{}, io.EOF
}

// skip passes over a body.
func (f *framing) skip(length uint64) error {
	const step = 1 << 30
	for length > 0 {
		n, err := f.r.Discard(int(min(length, step)))
		f.damage.Bytes += int64(n)
		length -= uint64(n)
		if err != nil {
			return err
		}
	}

	return nil
}

// fail ends the log: nothing beyond can be told apart. lost is what was read in vain.
func (f *framing) fail(why error, lost int64) error {
	f.ended = true
	f.damage.Bytes += lost
	switch {
	case errors.Is(why, io.EOF), errors.Is(why, io.ErrUnexpectedEOF):
		f.damage.Truncated = true

		return io.EOF
	case errors.Is(why, recording.ErrFormat):
		f.damage.Note(why)
		n, err := io.Copy(io.Discard, f.r)
		f.damage.Bytes += n
		if err != nil {
			return err
		}

		return io.EOF
	default:
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
