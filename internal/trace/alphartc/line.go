// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package alphartc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// maxLine is the longest line that is read, many times what a packet's takes. A longer
// one is damage.
const maxLine = 64 << 10

// arrival is one packet as the receiver logged it.
type arrival struct {
	ssrc        uint32
	seq         uint16
	payloadType uint8
	// size is in bytes, RTP header and padding included.
	size int32
	// sent is in milliseconds of the sender's abs-send-time, at in milliseconds of the
	// receiver's clock.
	sent, at int64
	// target is the rate that the receiver asked for at this packet, zero for none.
	target bwe.Bitrate
}

var (
	errNoNumber   = errors.New("no such number")
	errNoSendTime = errors.New("the packet has no send time: abs-send-time was not negotiated for its stream")
)

// parse reads what is needed of a line by the names of its fields, so that a comma too
// many or too few elsewhere costs nothing.
func parse(line []byte) (arrival, error) {
	var a arrival
	var values [len(fields)]int64
	packet := line[max(0, bytes.Index(line, []byte(`"packetInfo"`))):]
	for i, f := range fields {
		v, err := integer(packet, f.name)
		if err == nil && (v < f.low || v > f.high) {
			err = fmt.Errorf("%d is not within %d to %d", v, f.low, f.high)
		}
		if err != nil {
			return a, fmt.Errorf("%s: %w", f.name, err)
		}
		values[i] = v
	}
	a.at, a.sent = values[0], values[1]
	a.seq, a.ssrc, a.payloadType = uint16(values[2]), uint32(values[3]), uint8(values[4])
	a.size = int32(values[5] + values[6])
	if a.sent%sendTimeRange == 0 {
		return a, errNoSendTime
	}
	if rate, err := number(line, "pacerPacingRate"); err == nil && rate >= 1 && rate <= float64(maxTarget) {
		a.target = bwe.Bitrate(rate)
	}

	return a, nil
}

// fields are those that every packet has, and what is sensible in them. The recorder
// writes the largest value of a type for what it does not know.
var fields = [...]struct {
	name      string
	low, high int64
}{
	{"arrivalTimeMs", 0, maxTime},
	{"sendTimestamp", 0, math.MaxUint32 - 1},
	{"sequenceNumber", 0, math.MaxUint16},
	{"ssrc", 0, math.MaxUint32},
	{"payloadType", 0, 127},
	{"headerLength", 12, maxLine},
	{"payloadSize", 0, maxLine},
}

const (
	// maxTime is some time in the year 2286, in milliseconds.
	maxTime = 10_000_000_000_000
	// maxTarget is above every sensible rate.
	maxTarget = 100_000 * bwe.Mbps
)

func integer(line []byte, name string) (int64, error) {
	v, err := number(line, name)
	if err != nil {
		return 0, err
	}
	if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return 0, fmt.Errorf("%g is no whole number", v)
	}

	return int64(v), nil
}

// number returns the value of the first field of a name.
func number(line []byte, name string) (float64, error) {
	for rest := line; ; {
		i := bytes.Index(rest, []byte(name))
		if i < 0 {
			return 0, errNoNumber
		}
		before := rest[:i]
		rest = rest[i+len(name):]
		if !bytes.HasSuffix(before, []byte{'"'}) || !bytes.HasPrefix(rest, []byte{'"'}) {
			continue
		}
		value, ok := bytes.CutPrefix(bytes.TrimLeft(rest[1:], " \t"), []byte{':'})
		if !ok {
			continue
		}
		value = bytes.TrimLeft(value, " \t\"")
		if end := bytes.IndexAny(value, ",}] \t\r\n\""); end >= 0 {
			value = value[:end]
		}
		v, err := strconv.ParseFloat(string(value), 64)
		if err != nil || math.IsNaN(v) {
			return 0, fmt.Errorf("%.20q is no number", value)
		}

		return v, nil
	}
}

// read returns the packets of a log in the order of its lines. The error is the
// reader's own.
func read(r io.Reader, damage *recording.Damage) ([]arrival, error) {
	var all []arrival
	lines := bufio.NewReaderSize(r, maxLine)
	for n := 1; ; n++ {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			err = passOver(lines, damage, int64(len(line)), n)

			if err == nil {
				continue
			}
			line = nil
		}
		whole := bytes.HasSuffix(line, []byte{'\n'})
		if isPacket(line) {
			a, bad := parse(line)
			switch {
			case bad == nil:
				all = append(all, a)
			case whole:
				damage.Note(fmt.Errorf("line %d: %w", n, bad))
			default:
				damage.Truncated = true
				damage.Say(fmt.Errorf("the file ends in the midst of line %d", n))
			}
		}
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			damage.Truncated = true

			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

// passOver reads to the end of a line that is too long, of which taken bytes are read.
func passOver(lines *bufio.Reader, damage *recording.Damage, taken int64, n int) error {
	damage.Note(fmt.Errorf("line %d is longer than %d bytes", n, maxLine))
	for {
		more, err := lines.ReadSlice('\n')
		taken += int64(len(more))
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		damage.Bytes += taken

		return err
	}
}

// isPacket tells the lines of packets, also where they are cut, from the rest of the
// receiver's log.
func isPacket(line []byte) bool {
	for _, name := range [...]string{`"packetInfo"`, `"arrivalTimeMs"`, `"mediaInfo"`} {
		if bytes.Contains(line, []byte(name)) {
			return true
		}
	}

	return false
}
