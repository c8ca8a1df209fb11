// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"bufio"
	"encoding/binary"
	"os"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4/pkg/media/oggwriter"

	"github.com/rtmcc/rtmcc/sender/media"
)

// startCode goes before each NAL unit (Rec. ITU-T H.264, annex B).
const startCode = "\x00\x00\x00\x01"

// format is what a track's file is written as.
type format struct {
	codec    media.Codec
	channels uint16
	// aac is what ADTS headers are made of, nil where unknown.
	aac *mpeg4audio.AudioSpecificConfig
}

// extension names the file's format.
func (f *format) extension() string {
	switch {
	case f.codec == media.H264, f.codec == media.H265:
		return strings.ToLower(string(f.codec))
	case f.codec == media.Opus:
		return "ogg"
	case f.codec.Video():
		return "ivf"
	case f.codec == media.AAC && f.aac != nil:
		return "aac"
	default:
		return "bin"
	}
}

// mediaFile writes the frames of one track as a file that players open.
type mediaFile struct {
	format
	file   *os.File
	buffer *bufio.Writer
	offset int64
	ogg    *oggwriter.OggWriter
	places [][2]int64 // reused for each frame
}

func createMediaFile(path string, f format) (*mediaFile, error) {
	file, err := os.Create(path) //nolint:gosec // the user names the directory
	if err != nil {
		return nil, err
	}
	m := &mediaFile{format: f, file: file, buffer: bufio.NewWriterSize(file, 64<<10)}
	switch f.extension() {
	case "ogg":
		m.ogg, err = oggwriter.NewWith(m, 48000, max(f.channels, 1))
	case "ivf":
		_, err = m.Write(ivfHeader(f.codec))
	}
	if err != nil {
		_ = file.Close()

		return nil, err
	}

	return m, nil
}

// Write counts what is written.
func (m *mediaFile) Write(b []byte) (int, error) {
	n, err := m.buffer.Write(b)
	m.offset += int64(n)

	return n, err
}

// frame appends a frame and returns the place of each unit. They are none where the
// file's format cannot take the frame.
func (m *mediaFile) frame(f *frame, payload []byte, sizes []int) ([][2]int64, error) {
	m.places = m.places[:0]
	if m.ogg != nil {
		return m.opus(f, payload)
	}
	for _, size := range sizes {
		unit := payload[:size]
		payload = payload[size:]
		prefix, ok := m.prefix(f, unit)
		if !ok {
			return nil, nil
		}
		if _, err := m.Write(prefix); err != nil {
			return nil, err
		}
		m.places = append(m.places, [2]int64{m.offset, int64(size)})
		if _, err := m.Write(unit); err != nil {
			return nil, err
		}
	}

	return m.places, nil
}

// prefix is what the format has before a unit. It reports false where the format
// cannot take the unit.
func (m *mediaFile) prefix(f *frame, unit []byte) ([]byte, bool) {
	switch m.extension() {
	case "h264", "h265":
		return []byte(startCode), true
	case "ivf":
		b := binary.LittleEndian.AppendUint32(nil, uint32(len(unit))) //nolint:gosec // a frame is smaller

		return binary.LittleEndian.AppendUint64(b, uint64(max(f.PTS.Milliseconds(), 0))), true //nolint:gosec // not negative
	case "aac":
		packets := mpeg4audio.ADTSPackets{{Type: m.aac.Type, SampleRate: m.aac.SampleRate, ChannelConfig: m.aac.ChannelConfig, AU: unit}}
		b, err := packets.Marshal()
		if err != nil || len(b) < len(unit) {
			return nil, false
		}

		return b[:len(b)-len(unit)], true
	default:
		return nil, true
	}
}

// opus appends a page, which ends with the payload.
func (m *mediaFile) opus(f *frame, payload []byte) ([][2]int64, error) {
	before := m.offset
	err := m.ogg.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, Timestamp: f.Timestamp}, Payload: payload})
	switch {
	case m.offset == before:
		// Not Opus, for all that can be told.
		return nil, nil
	case err != nil:
		return nil, err
	}
	m.places = append(m.places, [2]int64{m.offset - int64(len(payload)), int64(len(payload))})

	return m.places, nil
}

func (m *mediaFile) close() error {
	var err error
	if m.ogg != nil {
		err = m.ogg.Close()
	}
	for _, next := range []func() error{m.buffer.Flush, m.file.Close} {
		if e := next(); err == nil {
			err = e
		}
	}

	return err
}

// ivfHeader says that timestamps count milliseconds. Players find the size of the
// picture in the frames.
func ivfHeader(c media.Codec) []byte {
	fourCC := map[media.Codec]string{media.VP8: "VP80", media.VP9: "VP90", media.AV1: "AV01"}[c]
	b := append([]byte("DKIF\x00\x00\x20\x00"), fourCC...)
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, 1000)
	b = binary.LittleEndian.AppendUint32(b, 1)

	return append(b, make([]byte, 8)...)
}
