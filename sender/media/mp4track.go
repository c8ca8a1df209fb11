// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
)

// mp4Track is one track of the movie box.
type mp4Track struct {
	id        uint32
	track     Track
	timescale int64
	// editStart is the presentation time of media time zero, in the track's
	// timescale: what the edit list delays less what it cuts off.
	editStart int64
	// frame is the length of an audio frame; zero for video, and for Opus, whose
	// packets tell.
	frame time.Duration
	stbl  []byte
}

// parseMP4Track reads a trak box. The tables are taken from the bytes, as the
// library reads no edit lists, no 64-bit offsets and no constant sample sizes;
// the codec's configuration is the library's work.
func parseMP4Track(ftyp, mvhd, trak []byte) (mp4Track, error) {
	t := mp4Track{stbl: child(trak, "mdia", "minf", "stbl")}
	tkhd, mdhd := child(trak, "tkhd"), child(trak, "mdia", "mdhd")
	stsd := child(trak, "mdia", "minf", "stbl", "stsd")
	if stsd == nil || len(tkhd) < 24 || len(mdhd) < 24 {
		return t, fmt.Errorf("%w: a track without headers", errMalformed)
	}
	t.id = afterTimes(tkhd)
	t.timescale = int64(afterTimes(mdhd))
	if t.timescale == 0 {
		return t, fmt.Errorf("%w: a track with timescale 0", errMalformed)
	}
	codec, err := mp4Codec(ftyp, mvhd, tkhd, mdhd, stsd)
	if err != nil {
		return t, err
	}
	if err := t.setCodec(codec); err != nil {
		return t, err
	}
	t.readEdits(child(trak, "edts", "elst"), mvhd)

	return t, nil
}

// afterTimes reads the number behind the creation and modification times of a
// header box, which are longer in version 1. b has at least 24 bytes.
func afterTimes(b []byte) uint32 {
	if b[0] == 1 {
		return binary.BigEndian.Uint32(b[20:])
	}

	return binary.BigEndian.Uint32(b[12:])
}

// mp4Codec has the library parse the sample description, inside a movie box that
// holds nothing else.
func mp4Codec(ftyp, mvhd, tkhd, mdhd, stsd []byte) (codecs.Codec, error) {
	movie := makeBox("moov", makeBox("mvhd", mvhd), makeBox("trak", makeBox("tkhd", tkhd),
		makeBox("mdia", makeBox("mdhd", mdhd), makeBox("minf", makeBox("stbl", makeBox("stsd", stsd),
			// The library ends a sample description at the box behind it.
			makeBox("stts", make([]byte, 8)))))))
	if ftyp == nil {
		ftyp = []byte("isom\x00\x00\x02\x00isom") // files older than the box
	}
	var header fmp4.Init
	err := parse(func() error {
		return header.Unmarshal(bytes.NewReader(append(makeBox("ftyp", ftyp), movie...)))
	})
	name := "unknown"
	if len(stsd) >= 16 {
		name = fmt.Sprintf("%q", stsd[12:16])
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the MP4 track in format %s: %w", ErrUnsupported, name, err)
	}
	if len(header.Tracks) != 1 {
		return nil, fmt.Errorf("%w: the MP4 track in format %s", ErrUnsupported, name)
	}

	return header.Tracks[0].Codec, nil
}

func (t *mp4Track) setCodec(codec codecs.Codec) error {
	t.track.ClockRate = videoClock
	switch c := codec.(type) {
	case *codecs.H264:
		t.track.Codec = H264
		t.track.ParameterSets = nonEmpty(c.SPS, c.PPS)
	case *codecs.H265:
		t.track.Codec = H265
		t.track.ParameterSets = nonEmpty(c.VPS, c.SPS, c.PPS)
	case *codecs.VP9:
		t.track.Codec, t.track.Width, t.track.Height = VP9, c.Width, c.Height
	case *codecs.AV1:
		t.track.Codec = AV1
		var h av1.SequenceHeader
		if parse(func() error { return h.Unmarshal(c.SequenceHeader) }) == nil {
			t.track.Width, t.track.Height = h.Width(), h.Height()
		}
	case *codecs.Opus:
		t.track.Codec, t.track.ClockRate, t.track.Channels = Opus, opusClock, c.ChannelCount
	case *codecs.MPEG4Audio:
		config, err := c.Config.Marshal()
		if err != nil || c.Config.SampleRate <= 0 {
			return fmt.Errorf("%w: AAC without a valid configuration", errMalformed)
		}
		t.track = Track{
			Codec: AAC, Config: config, Channels: aacChannels(c.Config.ChannelConfig),
			ClockRate: uint32(c.Config.SampleRate), //nolint:gosec // at most 96000
		}
		t.frame = ticks(aacFrameSamples, int64(c.Config.SampleRate))
	default:
		return fmt.Errorf("%w: the MP4 track with %s", ErrUnsupported, strings.TrimPrefix(fmt.Sprintf("%T", codec), "*codecs."))
	}

	return nil
}

func nonEmpty(sets ...[]byte) [][]byte {
	var out [][]byte
	for _, s := range sets {
		if len(s) > 1 {
			out = append(out, s)
		}
	}

	return out
}

// readEdits takes the leading empty edits and the first real one (ISO/IEC
// 14496-12, 8.6.6). What later edits leave out or repeat is played once, in order.
func (t *mp4Track) readEdits(elst, mvhd []byte) {
	if len(elst) == 0 || len(mvhd) < 24 {
		return
	}
	movieScale := int64(afterTimes(mvhd))
	long := elst[0] == 1
	rows := tableOf(elst, 4, 12)
	if long {
		rows = tableOf(elst, 4, 20)
	}
	var empty int64
	for i := range rows.len() {
		duration, start := int64(rows.u32(i, 0)), int64(int32(rows.u32(i, 4))) //nolint:gosec // signed on file
		if long {
			duration, start = int64(rows.u64(i, 0)), int64(rows.u64(i, 8)) //nolint:gosec // signed on file
		}
		if start >= 0 {
			t.editStart = -start
			if movieScale > 0 {
				t.editStart += int64(float64(empty) * float64(t.timescale) / float64(movieScale))
			}

			return
		}
		empty += duration
	}
}

// sample makes a sample of what is on file.
func (t *mp4Track) sample(index int, dts, pts int64, data []byte) sample {
	s := sample{
		track: index, dts: ticks(dts+t.editStart, t.timescale), pts: ticks(pts+t.editStart, t.timescale),
		duration: t.frame,
	}
	switch t.track.Codec {
	case H264, H265:
		s.units = splitLengths(data)
	case Opus:
		s.duration = opusDuration(data)
		s.units = [][]byte{data}
	default:
		s.units = [][]byte{data}
	}

	return s
}
