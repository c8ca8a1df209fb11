// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"slices"
	"testing"
	"time"

	tsmux "github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/testdata"
)

// eachPacket calls f with every packet of a copy of a transport stream.
func eachPacket(ts []byte, f func(i int, packet []byte)) []byte {
	ts = bytes.Clone(ts)
	for i := 0; (i+1)*tsPacketSize <= len(ts); i++ {
		f(i, ts[i*tsPacketSize:(i+1)*tsPacketSize])
	}

	return ts
}

// moveClock adds ticks to all timestamps of PES headers, modulo 2^33.
func moveClock(ts []byte, ticks int64) []byte {
	return eachPacket(ts, func(_ int, b []byte) {
		p, ok := parseTSPacket(b)
		if !ok || !p.start || len(p.payload) < 19 || !bytes.HasPrefix(p.payload, []byte{0, 0, 1}) {
			return
		}
		flags := p.payload[7] >> 6
		if flags >= 2 {
			putPESTime(p.payload[9:], pesTime(p.payload[9:])+ticks)
		}
		if flags == 3 {
			putPESTime(p.payload[14:], pesTime(p.payload[14:])+ticks)
		}
	})
}

func putPESTime(b []byte, v int64) {
	v &= tsClockWrap - 1
	b[0] = b[0]&0xf1 | byte(v>>29)&0x0e
	b[1], b[2] = byte(v>>22), byte(v>>14)|1
	b[3], b[4] = byte(v>>7), byte(v<<1)|1
}

func TestPESTime(t *testing.T) {
	for _, v := range []int64{0, 1, 90000, 1 << 32, tsClockWrap - 1} {
		b := []byte{0x21, 1, 1, 1, 1}
		putPESTime(b, v)
		require.Equal(t, v, pesTime(b))
	}
}

func TestMPEGTSClockWrap(t *testing.T) {
	want := readAll(t, openBytes(t, testdata.Clip, ""))
	// The clip begins at 1.4 s; the wrap comes anywhere in its 10 s.
	for _, before := range []int64{1, 60000, 3*90000 + 17, 9 * 90000} {
		var warned warnings
		got := readAll(t, openBytes(t, moveClock(testdata.Clip, tsClockWrap-126000-before), "", warned.option()))
		require.Empty(t, warned)
		requireCount(t, len(want), got)
		for i := range want {
			requireTime(t, want[i].DTS, got[i].DTS)
			requireTime(t, want[i].PTS, got[i].PTS)
			require.Equal(t, want[i].Units, got[i].Units)
		}
	}
}

// Two recordings behind one another: the clock of the second begins anew, or
// somewhere else.
func TestMPEGTSDiscontinuity(t *testing.T) {
	once := readAll(t, openBytes(t, testdata.Clip, ""))
	for name, second := range map[string][]byte{
		"backward":       testdata.Clip,
		"forward":        moveClock(testdata.Clip, 3600*90000),
		"near the wrap":  moveClock(testdata.Clip, tsClockWrap-200000),
		"half the range": moveClock(testdata.Clip, tsClockWrap/2+12345),
	} {
		t.Run(name, func(t *testing.T) {
			var warned warnings
			both := readAll(t, openBytes(t, slices.Concat(testdata.Clip, second), "", warned.option()))
			require.NotEmpty(t, warned, "a jump is said")
			requireCount(t, 2*len(once), both)
			video, audio := ofTrack(both, 0), ofTrack(both, 1)
			for i := 1; i < len(video); i++ {
				step := video[i].DTS - video[i-1].DTS
				require.InDelta(t, frame, step, float64(time.Millisecond), "picture %d", i)
			}
			for i := 1; i < len(audio); i++ {
				step := audio[i].DTS - audio[i-1].DTS
				require.GreaterOrEqual(t, step, time.Duration(0), "frame %d", i)
				require.Less(t, step, 100*time.Millisecond, "frame %d", i)
			}
			// The second part is in step as the first was.
			requireTime(t, once[0].DTS-ofTrack(once, 1)[0].DTS, video[300].DTS-audio[501].DTS)
		})
	}
}

// Camcorders put 4 bytes in front of every packet, broadcasts 16 behind.
func TestMPEGTSStrides(t *testing.T) {
	want := readAll(t, openBytes(t, testdata.Clip, ""))
	var m2ts, parity []byte
	eachPacket(testdata.Clip, func(i int, p []byte) {
		m2ts = append(append(m2ts, byte(i>>8)&0x3f, byte(i), 0x12, 0x34), p...)
		parity = append(append(parity, p...), bytes.Repeat([]byte{0x55}, 16)...)
	})
	for name, b := range map[string][]byte{
		"192 bytes": m2ts, "204 bytes": parity,
		"behind rubbish": slices.Concat(bytes.Repeat([]byte{0x47, 1}, 50), testdata.Clip),
	} {
		requireSame(t, want, readAll(t, openBytes(t, b, "")), name)
	}
}

// Damage costs the pictures that it hits and no others.
func TestMPEGTSDamage(t *testing.T) {
	want := readAll(t, openBytes(t, testdata.Clip, ""))
	middle := len(testdata.Clip) / 2 / tsPacketSize * tsPacketSize
	for name, b := range map[string][]byte{
		"a packet is missing": slices.Concat(testdata.Clip[:middle], testdata.Clip[middle+tsPacketSize:]),
		"bytes are missing":   slices.Concat(testdata.Clip[:middle+60], testdata.Clip[middle+100:]),
		"rubbish between":     slices.Concat(testdata.Clip[:middle], bytes.Repeat([]byte("rubbish"), 500), testdata.Clip[middle:]),
		"zeros":               slices.Concat(testdata.Clip[:middle], make([]byte, 5*tsPacketSize), testdata.Clip[middle+5*tsPacketSize:]),
	} {
		t.Run(name, func(t *testing.T) {
			var warned warnings
			got := readAll(t, openBytes(t, b, "", warned.option()))
			require.NotEmpty(t, warned)
			require.GreaterOrEqual(t, len(got), len(want)-4)
			require.LessOrEqual(t, len(got), len(want))
		})
	}

	twice := []byte{}
	eachPacket(testdata.Clip, func(i int, p []byte) {
		twice = append(twice, p...)
		if i%10 == 5 {
			twice = append(twice, p...)
		}
	})
	requireSame(t, want, readAll(t, openBytes(t, twice, "")), "repeated packets are passed over")
}

func TestMPEGTSTruncated(t *testing.T) {
	whole := readAll(t, openBytes(t, testdata.Clip, ""))
	last := 0
	for cut := len(testdata.Clip) / 7; cut < len(testdata.Clip); cut += len(testdata.Clip)/7 + 1 {
		units := readAll(t, openBytes(t, testdata.Clip[:cut], ""))
		require.Greater(t, len(units), last, "what is there is read")
		last = len(units)
		requireSame(t, whole[:len(units)-20], units[:len(units)-20])
	}
}

// A recording that begins within a group of pictures starts with its next key
// frame, which is 2 s away at most.
func TestMPEGTSStartsAtKeyFrame(t *testing.T) {
	tables := testdata.Clip[:3*tsPacketSize]
	late := slices.Concat(tables, testdata.Clip[len(testdata.Clip)/10/tsPacketSize*tsPacketSize:])
	video := ofTrack(readAll(t, openBytes(t, late, "")), 0)
	requireCount(t, 240, video)
	require.True(t, video[0].Key)
}

func TestMPEGTSUnsupported(t *testing.T) {
	t.Setenv("PATH", "")
	mixed := muxTS(t, &codecs.MPEG1Video{}, &codecs.Opus{Desc: &substructs.OpusAudioDescriptor{ChannelConfigCode: 2}})
	var warned warnings
	src, err := OpenReader(t.Context(), bytes.NewReader(mixed), "", warned.option())
	require.NoError(t, err)
	require.Len(t, src.Tracks(), 1, "the audio is still there")
	require.Equal(t, Opus, src.Tracks()[0].Codec)
	require.ErrorContains(t, warned[0], "MPEG-2 video")

	_, err = OpenReader(t.Context(), bytes.NewReader(muxTS(t, &codecs.MPEG1Video{}, &codecs.MPEG1Audio{})), "")
	require.ErrorIs(t, err, ErrUnsupported)
	require.ErrorContains(t, err, "MPEG-2 video, MPEG audio")

	_, err = OpenReader(t.Context(), bytes.NewReader(bytes.Repeat(testdata.Clip[2*tsPacketSize+188:2*tsPacketSize+376], 100)), "")
	require.ErrorContains(t, err, "programme map")
}

// muxTS writes a transport stream whose second track has a second of Opus.
func muxTS(t *testing.T, list ...codecs.Codec) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tsmux.Writer{W: &out}
	for i, c := range list {
		w.Tracks = append(w.Tracks, &tsmux.Track{PID: uint16(256 + i), Codec: c})
	}
	require.NoError(t, w.Initialize())
	if _, ok := list[1].(*codecs.Opus); ok {
		for i := range 50 {
			// A configuration of 20 ms with one frame.
			require.NoError(t, w.WriteOpus(w.Tracks[1], int64(i*1800), [][]byte{{0xfc, 1, 2, 3}}))
		}
	} else {
		_, err := w.WriteTables()
		require.NoError(t, err)
	}

	return out.Bytes()
}

func TestMPEGTSTracks(t *testing.T) {
	src := openBytes(t, smallTS(t), "")
	tracks := src.Tracks()
	require.Len(t, tracks, 3)
	require.Equal(t, []Codec{H264, Opus, AAC}, []Codec{tracks[0].Codec, tracks[1].Codec, tracks[2].Codec})
	require.EqualValues(t, 48000, tracks[2].ClockRate)
	require.Equal(t, 2, tracks[2].Channels)
	require.Equal(t, []byte{0x11, 0x90}, tracks[2].Config, "AAC LC, 48 kHz, stereo")
	units := readAll(t, src)
	require.Len(t, ofTrack(units, 0), 6)
	for track, want := range map[int]time.Duration{1: 20 * time.Millisecond, 2: 21333333} {
		audio := ofTrack(units, track)
		require.Len(t, audio, 12)
		for i, au := range audio {
			// Two frames in every packet of 40 ms.
			at := time.Duration(i/2)*40*time.Millisecond + time.Duration(i%2)*want
			requireTime(t, at, au.DTS-audio[0].DTS, "track %d, frame %d", track, i)
			require.Equal(t, want, au.Duration)
		}
	}
}

// AAC frames that cross the borders of PES packets keep their times.
func TestADTSAcrossPieces(t *testing.T) {
	src := openBytes(t, load(t, "clip-aac.mp4"), "")
	var stream []byte
	var want [][]byte
	for _, au := range ofTrack(readAll(t, src), 1)[:50] {
		f := au.Units[0]
		size := len(f) + adtsHeader
		stream = append(stream, 0xff, 0xf1, 0x4c, 0x80|byte(size>>11), byte(size>>3), byte(size<<5)|0x1f, 0xfc)
		stream = append(stream, f...)
		want = append(want, f)
	}
	for _, piece := range []int{1, 7, 100, 1000, len(stream)} {
		var a adts
		var got [][]byte
		for b := range slices.Chunk(stream, piece) {
			frames, _ := a.add(b)
			got = append(got, frames...)
		}
		require.Equal(t, want, got, "pieces of %d bytes", piece)
		require.Equal(t, 48000, a.sampleRate)
		require.Equal(t, 2, a.channels)
		require.Equal(t, src.Tracks()[1].Config, a.config, "MP4 has the same configuration")
	}

	var a adts
	frames, before := a.add(stream[:20])
	require.Empty(t, frames)
	require.False(t, before)
	frames, before = a.add(stream[20:])
	require.Len(t, frames, 50)
	require.True(t, before, "the first frame began earlier")
	_, before = a.add(nil)
	require.False(t, before)
	frames, _ = a.add(slices.Concat([]byte("rubbish\xff\x00"), stream))
	require.Equal(t, want, frames, "the next frame is found behind rubbish")
}
