// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// few is a session of a few packets, feedback for each ten.
func few(n int) []wire {
	var all []wire
	for i := range n {
		at := time.Duration(i) * 5 * ms
		all = append(all, wire{at: at, payload: media(videoSSRC, uint16(i), uint32(at/ms)*90, uint16(i), 400+i)})
	}

	return all
}

func files(t testing.TB, all []wire) map[string][]byte {
	return map[string][]byte{
		"rtpdump": asRTPDump(t, all),
		"pcap":    asPcap(t, all, layers.LinkTypeEthernet, false, 1<<16),
		"pcapng":  asPcapng(t, all),
	}
}

func TestCutOff(t *testing.T) {
	for name, file := range files(t, few(40)) {
		source, err := New(bytes.NewReader(file[:len(file)-20]))
		require.NoError(t, err, name)
		require.Len(t, drain(t, source).sent, 39, name)
		require.True(t, source.Damage().Truncated, name)
		require.Equal(t, 0, source.Damage().Records, name)
	}
}

// TestDamagedBytes: what is behind a damaged place is found again.
func TestDamagedBytes(t *testing.T) {
	clean := files(t, few(60))
	for name, damage := range map[string]func([]byte){
		"noise": func(b []byte) {
			for i := range b {
				b[i] = byte(i*37 + 11)
			}
		},
		"zeros": func(b []byte) { clear(b) },
		"ones": func(b []byte) {
			for i := range b {
				b[i] = 0xff
			}
		},
	} {
		for format, file := range clean {
			file = bytes.Clone(file)
			damage(file[len(file)/2 : len(file)/2+700])
			source, err := New(bytes.NewReader(file))
			require.NoError(t, err, "%s, %s", name, format)
			got := drain(t, source)
			require.GreaterOrEqual(t, len(got.sent), 56, "%s, %s", name, format)
			require.Equal(t, 459, got.sent[len(got.sent)-1].Size, "%s, %s", name, format)
			d := source.Damage()
			require.GreaterOrEqual(t, d.Records, 1, "%s, %s", name, format)
			require.Greater(t, d.Bytes, int64(300), "%s, %s", name, format)
		}
	}
}

// TestInsertedAndRemovedBytes: a length that is wrong loses the packets next to it.
func TestInsertedAndRemovedBytes(t *testing.T) {
	for format, file := range files(t, few(60)) {
		at := len(file) / 2
		for name, broken := range map[string][]byte{
			"inserted": bytes.Join([][]byte{file[:at], []byte("xyzxyz"), file[at:]}, nil),
			"removed":  bytes.Join([][]byte{file[:at], file[at+6:]}, nil),
		} {
			source, err := New(bytes.NewReader(broken))
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(drain(t, source).sent), 57, "%s, %s", format, name)
			require.True(t, source.Damage().Any(), "%s, %s", format, name)
		}
	}
}

func TestFarTimes(t *testing.T) {
	all := few(40)
	all[7].at = 9 * 24 * time.Hour
	source, err := New(bytes.NewReader(asPcap(t, all, layers.LinkTypeRaw, false, 1<<16)))
	require.NoError(t, err)
	require.Len(t, drain(t, source).sent, 39)
	require.Equal(t, errFarTime.Error(), source.Damage().First[:len(errFarTime.Error())])
}

func TestUnsortedTimes(t *testing.T) {
	all := few(40)
	all[10].at, all[12].at = all[12].at, all[10].at
	source, err := New(bytes.NewReader(asPcap(t, all, layers.LinkTypeRaw, false, 1<<16)))
	require.NoError(t, err)
	require.Len(t, drain(t, source).sent, 40)
}

// TestBrokenStream: the end of a compressed stream that is broken is that of the file.
func TestBrokenStream(t *testing.T) {
	for format, file := range files(t, few(40)) {
		source, err := New(io.MultiReader(bytes.NewReader(file[:len(file)/2]), iotest.ErrReader(io.ErrUnexpectedEOF)))
		require.NoError(t, err, format)
		require.Greater(t, len(drain(t, source).sent), 15, format)
		require.True(t, source.Damage().Truncated, format)
	}
}

func TestDiskFails(t *testing.T) {
	bad := errors.New("disk")
	for format, file := range files(t, few(40)) {
		_, err := New(io.MultiReader(bytes.NewReader(file[:len(file)/2]), iotest.ErrReader(bad)))
		require.ErrorIs(t, err, bad, format)
		require.NotErrorIs(t, err, recording.ErrFormat, format)
		_, err = New(io.MultiReader(bytes.NewReader(file[:20]), iotest.ErrReader(bad)))
		require.ErrorIs(t, err, bad, format)
		require.NotErrorIs(t, err, recording.ErrFormat, format)
	}
	_, err := New(iotest.ErrReader(bad))
	require.ErrorIs(t, err, bad)
}

// TestAnyDamage: whatever happens to a file, reading it ends, and what is told are packets
// that were there.
func TestAnyDamage(t *testing.T) {
	s, err := simulated()
	require.NoError(t, err)
	clean := files(t, s.wires()[:400])
	rapid.Check(t, func(t *rapid.T) {
		file := bytes.Clone(clean[rapid.SampledFrom([]string{"rtpdump", "pcap", "pcapng"}).Draw(t, "format")])
		for range rapid.IntRange(1, 5).Draw(t, "damages") {
			at := rapid.IntRange(0, len(file)-1).Draw(t, "at")
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				file[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
			case 1:
				file = file[:at+1]
			case 2:
				file = append(file[:at:at], file[min(len(file), at+rapid.IntRange(1, 2000).Draw(t, "removed")):]...)
			case 3:
				file = bytes.Join([][]byte{file[:at], make([]byte, rapid.IntRange(1, 2000).Draw(t, "inserted")), file[at:]}, nil)
			}
			if len(file) == 0 {
				return
			}
		}
		source, err := New(bytes.NewReader(file))
		if err != nil {
			require.ErrorIs(t, err, recording.ErrFormat)

			return
		}
		got := drain(t, source)
		require.LessOrEqual(t, len(got.sent), 402)
	})
}

// TestBrokenHeaders: RTP that ends too early is not RTP, or RTP without extensions.
func TestBrokenHeaders(t *testing.T) {
	whole := media(videoSSRC, 5, 6, 7, 100)
	for n := range whole {
		var p packet
		ok := parseRTP(whole[:n], &p)
		require.Equal(t, n >= rtpHeader, ok)
		value, found := p.find(wideID)
		if found {
			require.Equal(t, uint16(7), value)
		}
		require.Equal(t, n >= 12+4+2+3, found, "%d bytes", n)
	}
	two := append([]byte{0x90, 96}, make([]byte, 10)...)
	two = binary.BigEndian.AppendUint16(two, 0x1000)
	two = append(two, 0, 3, 0, 20, 2, 1, 2, 21, 4, 3, 4, 5, 6, 22)
	var p packet
	require.True(t, parseRTP(two, &p))
	require.Equal(t, []candidate{{20, 0x102}, {21, 0x304}}, p.extension[:p.count])
}

func FuzzNew(f *testing.F) {
	all := append(few(10), wire{at: 60 * ms, back: true, payload: transportWideOf(nil, 0, 0)})
	for _, file := range files(f, all) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = Is(data)
		source, err := New(bytes.NewReader(data))
		if err != nil {
			require.ErrorIs(t, err, recording.ErrFormat)

			return
		}
		drain(t, source)
	})
}
