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
	// rtpdumpMaxStep bounds how far the time of a record may be from the one before it
	// where records are looked for after damage.
	rtpdumpMaxStep = 10 * time.Minute
)

// rtpdump reads the records of a file. No record names addresses.
type rtpdump struct {
	r     io.Reader
	start time.Time
	buf   []byte
}

func newRTPDump(r *bufio.Reader, damage *recording.Damage) (*rtpdump, error) {
	d := &rtpdump{r: bufio.NewReader(&filter{r: r, framing: &rtpdumpFraming{}, damage: damage}), buf: make([]byte, 1<<16)}
	line, err := r.ReadSlice('\n')
	if err == nil && (!bytes.HasPrefix(line, []byte(rtpdumpMagic)) || len(line) > rtpdumpMaxLine) {
		err = io.ErrUnexpectedEOF
	}
	header := d.buf[:rtpdumpHeader]
	if err == nil {
		_, err = io.ReadFull(r, header)
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
	head := d.buf[:rtpdumpRecord]
	if _, err := io.ReadFull(d.r, head); err != nil {
		return datagram{}, d.end(err)
	}
	kept, wire := int(binary.BigEndian.Uint16(head))-rtpdumpRecord, int(binary.BigEndian.Uint16(head[2:]))
	at := d.start.Add(rtpdumpOffset(head))
	if _, err := io.ReadFull(d.r, d.buf[:kept]); err != nil {
		return datagram{}, d.end(err)
	}
	g := datagram{at: at, payload: d.buf[:kept], length: wire, mark: markedRTP}
	if wire == 0 {
		g.length, g.mark = kept, markedRTCP
	}

	return g, nil
}

// end tells the end of the file from an error of the reader's own.
func (*rtpdump) end(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}

	return fmt.Errorf("reading an rtpdump: %w", err)
}

func (*rtpdump) others() others { return others{} }

// rtpdumpFraming is that of rtpdump files.
type rtpdumpFraming struct {
	last time.Duration
}

// smallest counts the first byte of a packet in.
func (*rtpdumpFraming) smallest() int { return rtpdumpRecord + 1 }

func (*rtpdumpFraming) length(head []byte) int {
	kept := int(binary.BigEndian.Uint16(head)) - rtpdumpRecord
	wire := int(binary.BigEndian.Uint16(head[2:]))
	if kept < rtcpHeader || (wire != 0 && wire < max(kept, rtpHeader)) || head[rtpdumpRecord]>>6 != rtpVersion {
		return 0
	}

	return rtpdumpRecord + kept
}

// judge looks at the record behind this one where the two lengths do not confirm each
// other.
func (f *rtpdumpFraming) judge(b []byte, n int, strict bool) verdict {
	offset := rtpdumpOffset(b)
	confirmed := n-rtpdumpRecord == int(binary.BigEndian.Uint16(b[2:])) && !strict
	if strict && (offset-f.last).Abs() > rtpdumpMaxStep {
		return damaged
	}
	if !confirmed && len(b) >= n+f.smallest() && f.length(b[n:]) == 0 {
		return damaged
	}
	f.last = offset

	return wanted
}

func rtpdumpOffset(head []byte) time.Duration {
	return time.Duration(binary.BigEndian.Uint32(head[4:])) * time.Millisecond
}
