// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	oggContinued = 1
	oggFirst     = 2
)

// oggPageOf writes a page with the given lacing values.
func oggPageOf(flags byte, serial, sequence uint32, granule int64, lacing, body []byte) []byte {
	p := append([]byte("OggS\x00"), flags)
	p = binary.LittleEndian.AppendUint64(p, uint64(granule))
	p = binary.LittleEndian.AppendUint32(p, serial)
	p = binary.LittleEndian.AppendUint32(p, sequence)
	p = append(p, 0, 0, 0, 0, byte(len(lacing)))
	p = append(append(p, lacing...), body...)
	binary.LittleEndian.PutUint32(p[22:], oggChecksum(p))

	return p
}

func lacingOf(size int) []byte {
	return append(bytes.Repeat([]byte{255}, size/255), byte(size%255))
}

var opusHead = []byte("OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00")

// oggFile writes packets of 20 ms, perPage to a page.
func oggFile(packets [][]byte, perPage int) []byte {
	tags := []byte("OpusTags\x00\x00\x00\x00\x00\x00\x00\x00")
	out := oggPageOf(oggFirst, 7, 0, 0, lacingOf(len(opusHead)), opusHead)
	out = append(out, oggPageOf(0, 7, 1, 0, lacingOf(len(tags)), tags)...)
	sequence, done := uint32(2), 0
	for group := range slices.Chunk(packets, perPage) {
		var lacing, body []byte
		for _, p := range group {
			lacing = append(lacing, lacingOf(len(p))...)
			body = append(body, p...)
		}
		done += len(group)
		out = append(out, oggPageOf(0, 7, sequence, int64(done*960), lacing, body)...)
		sequence++
	}

	return out
}

// opusPackets are 20 ms each, of CELT, and all different.
func opusPackets(n int) [][]byte {
	packets := make([][]byte, n)
	for i := range packets {
		packets[i] = append([]byte{0xfc, byte(i)}, bytes.Repeat([]byte{byte(i)}, i*40)...)
	}

	return packets
}

func TestOggPackets(t *testing.T) {
	packets := opusPackets(30)
	for _, perPage := range []int{1, 3, 7} {
		units := readAll(t, openBytes(t, oggFile(packets, perPage), ""))
		require.Len(t, units, len(packets))
		for i, au := range units {
			require.Equal(t, packets[i], au.Units[0])
			require.Equal(t, time.Duration(i)*20*time.Millisecond, au.DTS)
		}
	}
}

func TestOggContinuedPacket(t *testing.T) {
	packets := opusPackets(3)
	long := append([]byte{0xfc}, bytes.Repeat([]byte{9}, 599)...)
	b := oggFile(packets, 1)
	b = append(b, oggPageOf(0, 7, 5, -1, []byte{255, 255}, long[:510])...)
	second := oggPageOf(oggContinued, 7, 6, 4*960, []byte{90}, long[510:])
	other := oggPageOf(oggFirst, 8, 0, 0, []byte{7}, []byte("\x01vorbis"))
	units := readAll(t, openBytes(t, slices.Concat(b, other, second), ""))
	require.Len(t, units, 4, "a page of another stream does not come between")
	require.Equal(t, long, units[3].Units[0])

	units = readAll(t, openBytes(t, slices.Concat(b, oggPageOf(oggContinued, 7, 9, 4*960, []byte{90, 3}, append(long[510:], 0xfc, 1, 2))), ""))
	require.Len(t, units, 4, "a packet whose beginning is lost is left out")
	require.Equal(t, []byte{0xfc, 1, 2}, units[3].Units[0])
}

// Lost pages leave a pause, and do not move what comes behind them.
func TestOggLostPage(t *testing.T) {
	packets := opusPackets(40)
	pages := bytes.SplitAfter(oggFile(packets, 2), []byte("OggS"))
	require.Len(t, pages, 23)
	// Damage one byte of the page with packets 10 and 11.
	pages[3+5][60] ^= 1
	var warned warnings
	units := readAll(t, openBytes(t, bytes.Join(pages, nil), "", warned.option()))
	require.Len(t, units, 38)
	require.NotEmpty(t, warned)
	for _, au := range units {
		require.Equal(t, time.Duration(au.Units[0][1])*20*time.Millisecond, au.DTS)
	}
}

func TestOggTruncatedAndForeign(t *testing.T) {
	t.Setenv("PATH", "")
	whole := oggFile(opusPackets(40), 2)
	var warned warnings
	units := readAll(t, openBytes(t, whole[:len(whole)/2], "", warned.option()))
	require.Greater(t, len(units), 15)
	require.Len(t, warned, 1)

	vorbis := oggPageOf(oggFirst, 8, 0, 0, []byte{7}, []byte("\x01vorbis"))
	_, err := OpenReader(t.Context(), bytes.NewReader(vorbis), "")
	require.ErrorIs(t, err, ErrUnsupported)
	require.ErrorContains(t, err, "no Opus")
}

// Streams behind one another, as radio recordings have them.
func TestOggChained(t *testing.T) {
	first := oggFile(opusPackets(10), 3)
	second := oggFile(opusPackets(5), 1)
	for i := 0; i+oggHeader <= len(second); i++ { // another serial number
		if bytes.HasPrefix(second[i:], []byte("OggS")) {
			second[i+14] = 9
		}
	}
	for at := 0; at < len(second); {
		size := oggHeader + int(second[at+26])
		for _, n := range second[at+oggHeader : at+size] {
			size += int(n)
		}
		binary.LittleEndian.PutUint32(second[at+22:], oggChecksum(second[at:at+size]))
		at += size
	}
	units := readAll(t, openBytes(t, slices.Concat(first, second), ""))
	require.Len(t, units, 15)
	require.Equal(t, 280*time.Millisecond, units[14].DTS)
}

func TestOpusDuration(t *testing.T) {
	for _, c := range []struct {
		packet []byte
		want   time.Duration
	}{
		{packet: nil},
		{packet: []byte{0xfc}, want: 20 * time.Millisecond},           // CELT, one frame
		{packet: []byte{0xe0}, want: 2500 * time.Microsecond},         // CELT of 2.5 ms
		{packet: []byte{0xfd, 1}, want: 40 * time.Millisecond},        // two frames
		{packet: []byte{0x18}, want: 60 * time.Millisecond},           // SILK of 60 ms
		{packet: []byte{0xff, 6}, want: 120 * time.Millisecond},       // six frames
		{packet: []byte{0xff, 7}},                                     // more than 120 ms
		{packet: []byte{0xff}},                                        // the frame count is missing
		{packet: []byte{0xff, 0}},                                     // no frames
		{packet: []byte{0x1b, 2, 0, 0}, want: 120 * time.Millisecond}, // two of 60 ms
		{packet: []byte{0x08 << 3, 0}, want: 10 * time.Millisecond},   // SILK wideband
	} {
		require.Equal(t, c.want, opusDuration(c.packet), "%x", c.packet)
	}
}
