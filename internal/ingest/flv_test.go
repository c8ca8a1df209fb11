// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"encoding/binary"
	"io"
	"math"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/sdpext/aac"
)

// flvTag is a tag as a player reads it; times are in ms.
type flvTag struct {
	kind     byte
	dts, pts int64
	fourCC   string // empty for the codecs with a number
	codec    byte
	config   bool
	key      bool
	body     []byte
}

// flvTester is a test of either kind.
type flvTester interface {
	require.TestingT
	Helper()
}

// readFLV reads a file, checking every length in it.
func readFLV(t flvTester, data []byte) (flags byte, tags []flvTag) {
	t.Helper()
	require.Equal(t, []byte("FLV\x01"), data[:4])
	require.Equal(t, []byte{0, 0, 0, 9, 0, 0, 0, 0}, data[5:13])
	flags = data[4]
	u24 := func(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }
	for data = data[13:]; len(data) > 0; {
		require.GreaterOrEqual(t, len(data), 15)
		size := u24(data[1:])
		tag := flvTag{kind: data[0], dts: int64(uint32(data[7])<<24 | uint32(u24(data[4:])))}
		require.Zero(t, u24(data[8:]), "stream id")
		require.GreaterOrEqual(t, len(data), size+15)
		body := data[11 : 11+size]
		require.EqualValues(t, size+11, binary.BigEndian.Uint32(data[11+size:]))
		data = data[size+15:]
		tag.pts = tag.dts
		switch {
		case tag.kind == flvScript:
			tag.body = body
		case tag.kind == flvAudio && body[0]>>4 == flvAAC:
			tag.codec, tag.config, tag.body = flvAAC, body[1] == 0, body[2:]
		case tag.kind == flvAudio:
			require.EqualValues(t, 9, body[0]>>4)
			tag.fourCC, tag.config, tag.body = string(body[1:5]), body[0]&0xf == 0, body[5:]
		default:
			require.EqualValues(t, flvVideo, tag.kind)
			tag.key = body[0]>>4&7 == 1
			tag.codec, tag.config = body[0]&0xf, body[1] == 0
			late, rest := body[2:5], body[5:]
			if body[0]&0x80 != 0 {
				tag.codec, tag.fourCC, tag.config = 0, string(body[1:5]), body[0]&0xf == 0
				late, rest = nil, body[5:]
				if !tag.config {
					require.EqualValues(t, 1, body[0]&0xf)
					late, rest = body[5:8], body[8:]
				}
			}
			if late != nil {
				tag.pts += int64(int32(u24(late))<<8) >> 8
			}
			tag.body = rest
		}
		tags = append(tags, tag)
	}

	return flags, tags
}

// Everything of a clip is in the file: units, times, configurations ahead.
func TestFLVRecording(t *testing.T) {
	for _, c := range []struct {
		codec  codec
		read   func(testing.TB) ([]clipFrame, [][]rtpPacket)
		audio  codec
		fourCC []string
	}{
		{codecH264, h264Clip, codecAAC, []string{"", ""}},
		{codecH265, h265Clip, codecOpus, []string{"hvc1", "Opus"}},
	} {
		t.Run(string(c.codec), func(t *testing.T) {
			frames, _ := c.read(t)
			r := newRecorderTest(c.codec)
			r.recorder.file.create = func() (io.WriteCloser, string, error) { return &r.file, "x.FLV", nil }
			r.audio.retype(c.audio, 48000, heAAC())
			r.play(frames, 1<<32-90000, noDelay)
			require.NoError(t, r.close())
			require.Zero(t, r.adjusted)
			flags, tags := readFLV(t, r.file.Bytes())
			require.EqualValues(t, 5, flags)
			require.EqualValues(t, flvScript, tags[0].kind)
			require.Contains(t, string(tags[0].body), "onMetaData")
			require.True(t, tags[1].config)
			require.EqualValues(t, flvAudio, tags[1].kind)
			require.True(t, tags[2].config)
			require.EqualValues(t, flvVideo, tags[2].kind)
			if c.audio == codecAAC {
				var got aac.Config
				require.NoError(t, got.Unmarshal(tags[1].body))
				require.Equal(t, heAAC(), got)
			}
			require.EqualValues(t, 1, tags[2].body[0])
			tags = tags[3:]
			require.Len(t, tags, len(frames), "the configuration is written once")
			last, base := int64(0), frames[0].dts
			seen := map[byte]int64{flvVideo: -1, flvAudio: -1}
			next := map[bool]int{}
			for _, tag := range tags {
				video := tag.kind == flvVideo
				for frames[next[video]].video != video {
					next[video]++
				}
				want := frames[next[video]]
				next[video]++
				require.False(t, tag.config)
				require.GreaterOrEqual(t, tag.dts, last, "in the file's order")
				require.Greater(t, tag.dts, seen[tag.kind])
				require.InDelta(t, (want.pts-base)/90, tag.pts, 1)
				require.InDelta(t, (want.dts-base)/90, tag.dts, 1)
				last, seen[tag.kind] = tag.dts, tag.dts
				require.Equal(t, c.fourCC[map[bool]int{true: 0, false: 1}[video]], tag.fourCC)
				if !video {
					require.Equal(t, want.units[0], tag.body)

					continue
				}
				require.Equal(t, isKey(want), tag.key)
				var kept [][]byte
				for _, u := range want.units {
					if !outOfBand(c.codec, u) {
						kept = append(kept, u)
					}
				}
				var got h264.AVCC
				require.NoError(t, got.Unmarshal(tag.body))
				require.Equal(t, kept, [][]byte(got))
			}
		})
	}
}

// Golden bytes of the configurations that players parse.
func TestDecoderConfigurations(t *testing.T) {
	for _, c := range []struct {
		codec codec
		clip  func(testing.TB) ([]clipFrame, [][]rtpPacket)
		begin []byte
	}{
		{codecH264, h264Clip, []byte{1, 100, 0}},
		{codecH265, h265Clip, []byte{1, 1}},
	} {
		frames, _ := c.clip(t)
		var key clipFrame
		for _, f := range frames {
			if isKey(f) {
				key = f

				break
			}
		}
		var sets parameterSets
		require.True(t, sets.update(c.codec, key.units))
		require.False(t, sets.update(c.codec, key.units), "nothing new")
		record, err := sets.configuration(c.codec)
		require.NoError(t, err)
		require.Equal(t, c.begin, record[:len(c.begin)])
		require.Contains(t, string(record), string(sets.sps))
		require.Contains(t, string(record), string(sets.pps))
		sets.sps = sets.sps[:3]
		_, err = sets.configuration(c.codec)
		require.ErrorIs(t, err, errParameterSets)
	}
}

// Times have 32 bits of milliseconds, composition times 24 with sign.
func TestFLVTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dts := rapid.Int64Range(0, 1<<33).Draw(t, "ms")
		late := rapid.Int64Range(0, 1<<22).Draw(t, "late")
		video := newRecordTrack(codecH264, tsClock)
		s := newFLVStream([]*recordTrack{video})
		b := s.begin(nil, tsStart)
		b = s.frame(b, &timedFrame{track: video, units: [][]byte{{0x41, 1}}, dts: tsStart + dts*90, pts: tsStart + (dts+late)*90})
		_, got := readFLV(t, b)
		tag := got[len(got)-1]
		require.Equal(t, int64(uint32(dts)), tag.dts)
		require.Equal(t, late, tag.pts-tag.dts)
	})
}

// Whatever the units hold, what is written is an FLV file.
func FuzzFLV(f *testing.F) {
	frames, _ := h264Clip(f)
	f.Add(false, true, frames[0].units[0], int64(0), int64(9000))
	f.Add(true, false, []byte{0x42, 1, 1}, int64(math.MaxInt32), int64(-1))
	f.Fuzz(func(t *testing.T, hevc, key bool, unit []byte, dts, late int64) {
		if len(unit) == 0 {
			return
		}
		c, other := codecH264, codecAAC
		if hevc {
			c, other = codecH265, codecOpus
		}
		video, audio := newRecordTrack(c, tsClock), newRecordTrack(other, 48000)
		audio.aac = aac.Config{Core: mpeg4audio.AudioSpecificConfig{Type: 2, SampleRate: 48000, ChannelConfig: 2}}
		var file []byte
		m := flvFile{flvStream: newFLVStream([]*recordTrack{video, audio}), write: func(b []byte) error {
			file = append(file, b...)

			return nil
		}}
		dts %= 1 << 40
		for i, track := range []*recordTrack{video, audio, video} {
			at := dts + int64(i)*900
			require.NoError(t, m.frame(&timedFrame{
				track: track, key: key, units: [][]byte{unit, unit[:1]}, dts: at, pts: at + late%(1<<20),
			}))
		}
		_, tags := readFLV(t, file)
		require.GreaterOrEqual(t, len(tags), 4)
	})
}

func BenchmarkFLV(b *testing.B) {
	video := newRecordTrack(codecH264, tsClock)
	m := flvFile{flvStream: newFLVStream([]*recordTrack{video}), write: func([]byte) error { return nil }}
	f := timedFrame{track: video, units: [][]byte{append([]byte{0x41}, make([]byte, 1e5)...)}, dts: tsStart, pts: tsStart}
	b.ReportAllocs()
	for b.Loop() {
		_ = m.frame(&f)
	}
}

// A recording's own clock is far from what FLV counts: it starts at zero.
func TestFLVStartsAtZero(t *testing.T) {
	require.Zero(t, flvMilliseconds(tsStart))
	require.EqualValues(t, 1000, flvMilliseconds(tsStart+ticksOf(time.Second)))
}
