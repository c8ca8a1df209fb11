// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// The rtpdump format of rtptools: a line of text, a header of 16 bytes, and records of a
// header of 8 bytes and what was kept of a packet. It is read here and not by pion's
// package because that stops at the first damage and does not tell a packet's length
// where only its beginning was kept.
const (
	rtpdumpMagic   = "#!rtpplay1.0 "
	rtpdumpHeader  = 16
	rtpdumpRecord  = 8
	rtpdumpMaxLine = 256
	rtpdumpBuffer  = 1<<16 + rtpdumpRecord
	// rtpdumpMaxStep bounds how far the time of a record may be from the one before it
	// where records are looked for after damage.
	rtpdumpMaxStep = 10 * time.Minute
)

// rtpdump reads the records of a file. No record names addresses.
type rtpdump struct {
	r      *bufio.Reader
	damage *recording.Damage
	start  time.Time
	last   time.Duration
	buf    []byte
}

func newRTPDump(r io.Reader, damage *recording.Damage) (*rtpdump, error) {
	d := &rtpdump{r: bufio.NewReaderSize(r, rtpdumpBuffer), damage: damage, buf: make([]byte, rtpdumpBuffer)}
	line, err := d.r.ReadSlice('\n')
	if err == nil && (!bytes.HasPrefix(line, []byte(rtpdumpMagic)) || len(line) > rtpdumpMaxLine) {
		err = io.ErrUnexpectedEOF
	}
	header := d.buf[:rtpdumpHeader]
	if err == nil {
		_, err = io.ReadFull(d.r, header)
	}
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("%w: rtpdump: the file's header is not whole", recording.ErrFormat)
	case err != nil:
		return nil, fmt.Errorf("reading an rtpdump: %w", err)
	}
	if seconds := binary.BigEndian.Uint32(header); seconds > 0 {
		d.start = time.Unix(int64(seconds), int64(binary.BigEndian.Uint32(header[4:]))*int64(time.Microsecond)).UTC()
	}

	return d, nil
}

func (d *rtpdump) next() (datagram, error) {
	head, err := d.r.Peek(rtpdumpRecord)
	if err == nil && !d.whole(head) {
		if err = d.resynchronize(); err == nil {
			head, err = d.r.Peek(rtpdumpRecord)
		}
	}
	if err != nil {
		return datagram{}, d.end(err, len(head))
	}
	length := int(binary.BigEndian.Uint16(head)) - rtpdumpRecord
	wire := int(binary.BigEndian.Uint16(head[2:]))
	d.last = rtpdumpOffset(head)
	_, _ = d.r.Discard(rtpdumpRecord) // was just peeked
	n, err := io.ReadFull(d.r, d.buf[:length])
	if err != nil {
		return datagram{}, d.end(err, n+rtpdumpRecord)
	}
	g := datagram{at: d.start.Add(d.last), payload: d.buf[:length], length: wire, mark: markedRTP}
	if wire == 0 {
		g.length, g.mark = length, markedRTCP
	}

	return g, nil
}

// end tells the end of the file from that of a record; left is what is there of it.
func (d *rtpdump) end(err error, left int) error {
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("reading an rtpdump: %w", err)
	}
	if left > 0 {
		d.damage.Truncated = true
		d.damage.Say(errors.New("the file ends in the midst of a packet"))
	}

	return io.EOF
}

// whole tells whether a record can begin with this header.
func (*rtpdump) whole(head []byte) bool {
	kept := int(binary.BigEndian.Uint16(head)) - rtpdumpRecord
	wire := int(binary.BigEndian.Uint16(head[2:]))

	return kept >= rtcpHeader && (wire == 0 || wire >= max(kept, rtpHeader))
}

// resynchronize passes over damage up to the next record.
func (d *rtpdump) resynchronize() error {
	d.damage.Note(errors.New("a packet's length is wrong"))
	for {
		if _, err := d.r.Discard(1); err != nil {
			return err
		}
		d.damage.Bytes++
		head, err := d.r.Peek(rtpdumpRecord + 1)
		if err != nil {
			d.damage.Bytes += int64(len(head))
			_, _ = d.r.Discard(len(head)) // was just peeked

			return err
		}
		step := rtpdumpOffset(head) - d.last
		if d.whole(head) && head[rtpdumpRecord]>>6 == rtpVersion && step.Abs() <= rtpdumpMaxStep && d.followed(head) {
			return nil
		}
	}
}

// followed tells whether another record, or the end of the file, is behind this one.
func (d *rtpdump) followed(head []byte) bool {
	length := int(binary.BigEndian.Uint16(head))
	more, err := d.r.Peek(min(length+rtpdumpRecord, rtpdumpBuffer))
	if err != nil || len(more) < length+rtpdumpRecord {
		return len(more) == length
	}

	return d.whole(more[length:])
}

func rtpdumpOffset(head []byte) time.Duration {
	return time.Duration(binary.BigEndian.Uint32(head[4:])) * time.Millisecond
}

func (*rtpdump) others() others { return others{} }
