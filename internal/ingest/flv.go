// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// Tag types and codec numbers of FLV (Adobe Flash Video File Format, annex E), and
// packet types of Enhanced RTMP v2, which carries H.265 and Opus by FourCC.
const (
	flvAudio  = 8
	flvVideo  = 9
	flvScript = 18

	flvAVC = 7
	flvAAC = 10
	// flvExtendedAudio in place of a sound format, and flvExtendedVideo as the highest
	// bit, say that a FourCC follows.
	flvExtendedAudio = 9
	flvExtendedVideo = 0x80

	flvConfig = 0
	flvFrame  = 1

	// flvAACFlags: 44 kHz, 16 bits, stereo, which AAC always says.
	flvAACFlags = 0x0f
)

const (
	fourCCH265 = "hvc1"
	fourCCOpus = "Opus"
)

// flvStream writes the tags of one FLV stream. It is not safe for concurrent use.
type flvStream struct {
	video, audio *recordTrack // nil where there is none
	sets         parameterSets
	record       []byte // the video configuration that the sets make
	changed      bool   // it has to be written
}

func newFLVStream(tracks []*recordTrack) *flvStream {
	s := &flvStream{}
	for _, t := range tracks {
		if t.video() {
			s.video = t
		} else {
			s.audio = t
		}
	}

	return s
}

// learn notes the parameter sets of a frame. Those that cannot be read change nothing.
func (s *flvStream) learn(f *timedFrame) {
	if !f.track.video() || !s.sets.update(f.track.codec, f.units) {
		return
	}
	if record, err := s.sets.configuration(f.track.codec); err == nil {
		s.record, s.changed = record, true
	}
}

// begin appends what a player has to have ahead of the first frame, at its DTS.
func (s *flvStream) begin(b []byte, at int64) []byte {
	flags := byte(0)
	if s.audio != nil {
		flags |= 4
	}
	if s.video != nil {
		flags |= 1
	}
	b = append(b, 'F', 'L', 'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0)
	b = appendFLVTag(b, flvScript, tsStart, s.metadata()) // FFmpeg takes a later one for text
	if s.audio != nil {
		b = s.audioConfig(b, at)
	}

	return s.videoConfig(b, at)
}

// metadata is the onMetaData script: AMF 0 with the numbers of the codecs, that of a
// FourCC being its bytes.
func (s *flvStream) metadata() []byte {
	name := func(b []byte, v string) []byte {
		return append(binary.BigEndian.AppendUint16(b, uint16(len(v))), v...) //nolint:gosec // a few letters
	}
	b := name([]byte{2}, "onMetaData")
	var numbers []byte
	n := uint32(0)
	number := func(key string, v uint32) {
		n++
		numbers = append(name(numbers, key), 0)
		numbers = binary.BigEndian.AppendUint64(numbers, math.Float64bits(float64(v)))
	}
	if s.video != nil {
		id := uint32(flvAVC)
		if s.video.codec == codecH265 {
			id = binary.BigEndian.Uint32([]byte(fourCCH265))
		}
		number("videocodecid", id)
	}
	if s.audio != nil {
		id := uint32(flvAAC)
		if s.audio.codec == codecOpus {
			id = binary.BigEndian.Uint32([]byte(fourCCOpus))
		}
		number("audiocodecid", id)
	}
	b = binary.BigEndian.AppendUint32(append(b, 8), n)

	return append(append(b, numbers...), 0, 0, 9)
}

// audioConfig appends what an audio decoder needs.
func (s *flvStream) audioConfig(b []byte, at int64) []byte {
	if s.audio.codec == codecAAC {
		config, err := s.audio.aac.Marshal()
		if err != nil {
			return b
		}

		return appendFLVTag(b, flvAudio, at, []byte{flvAAC<<4 | flvAACFlags, flvConfig}, config)
	}

	return appendFLVTag(b, flvAudio, at, []byte{flvExtendedAudio<<4 | flvConfig}, []byte(fourCCOpus), opusHead)
}

// opusHead is the identification header (RFC 7845, section 5.1): stereo, no samples to
// skip, 48 kHz.
var opusHead = []byte{'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0}

// videoConfig appends what a video decoder needs.
func (s *flvStream) videoConfig(b []byte, at int64) []byte {
	if s.record == nil {
		return b
	}
	if s.video.codec == codecH265 {
		return appendFLVTag(b, flvVideo, at, []byte{flvExtendedVideo | 1<<4 | flvConfig}, []byte(fourCCH265), s.record)
	}

	return appendFLVTag(b, flvVideo, at, []byte{1<<4 | flvAVC, flvConfig, 0, 0, 0}, s.record)
}

// frame appends a frame, behind a configuration that is new.
func (s *flvStream) frame(b []byte, f *timedFrame) []byte {
	if !f.track.video() {
		if f.track.codec == codecAAC {
			return appendFLVTag(b, flvAudio, f.dts, []byte{flvAAC<<4 | flvAACFlags, flvFrame}, f.units[0])
		}

		return appendFLVTag(b, flvAudio, f.dts, []byte{flvExtendedAudio<<4 | flvFrame}, []byte(fourCCOpus), f.units[0])
	}
	if s.changed {
		b = s.videoConfig(b, f.dts)
		s.changed = false
	}
	kind := byte(2)
	if f.key {
		kind = 1
	}
	composition := flvMilliseconds(f.pts) - flvMilliseconds(f.dts)
	late := []byte{byte(composition >> 16), byte(composition >> 8), byte(composition)}
	parts := make([][]byte, 0, 3+2*len(f.units))
	if f.track.codec == codecH265 {
		parts = append(parts, []byte{flvExtendedVideo | kind<<4 | flvFrame}, []byte(fourCCH265), late)
	} else {
		parts = append(parts, []byte{kind<<4 | flvAVC, flvFrame}, late)
	}
	for _, u := range f.units {
		if outOfBand(f.track.codec, u) {
			continue
		}
		parts = append(parts, binary.BigEndian.AppendUint32(nil, uint32(len(u))), u) //nolint:gosec // bounded by maxFrameSize
	}

	return appendFLVTag(b, flvVideo, f.dts, parts...)
}

// outOfBand tells the units that FLV has in its configuration, or not at all.
func outOfBand(c codec, unit []byte) bool {
	if c == codecH265 {
		t := h265.NALUType(unit[0] >> 1 & 0x3f)

		return t >= h265.NALUType_VPS_NUT && t <= h265.NALUType_AUD_NUT
	}
	t := h264.NALUType(unit[0] & 0x1f)

	return t == h264.NALUTypeSPS || t == h264.NALUTypePPS || t == h264.NALUTypeAccessUnitDelimiter
}

// flvMilliseconds turns ticks of a recording into FLV's times.
func flvMilliseconds(ticks int64) int64 { return (ticks - tsStart) / (tsClock / 1000) }

// appendFLVTag appends a tag whose time is in ticks, its body in parts. Times have 32
// bits, the highest behind the others.
func appendFLVTag(b []byte, kind byte, at int64, body ...[]byte) []byte {
	size := 0
	for _, p := range body {
		size += len(p)
	}
	ms := uint32(flvMilliseconds(at)) //nolint:gosec // wraps by design
	b = slices.Grow(b, size+15)
	b = append(b, kind, byte(size>>16), byte(size>>8), byte(size), byte(ms>>16), byte(ms>>8), byte(ms), byte(ms>>24), 0, 0, 0)
	for _, p := range body {
		b = append(b, p...)
	}

	return binary.BigEndian.AppendUint32(b, uint32(size+11)) //nolint:gosec // 24 bits
}

// flvFile is a [muxer] of an FLV file.
type flvFile struct {
	*flvStream

	begun bool
	write func([]byte) error
	tag   []byte // reused
}

// frame implements [muxer].
func (m *flvFile) frame(f *timedFrame) error {
	m.learn(f)
	m.tag = m.tag[:0]
	if !m.begun {
		m.begun = true
		m.tag = m.begin(m.tag, f.dts)
		m.changed = false
	}
	m.tag = m.flvStream.frame(m.tag, f)

	return m.write(m.tag)
}
