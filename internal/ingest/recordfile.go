// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"
)

// timedFrame is a frame with its times in the recording, in ticks of [tsClock]; the
// first one's DTS is [tsStart].
type timedFrame struct {
	track    *recordTrack
	units    [][]byte
	pts, dts int64
	key      bool
}

// muxer writes frames, which come in order of DTS, in a file's format.
type muxer interface {
	frame(f *timedFrame) error
}

// recordFile is a recording on its way to a file, which is opened when its first frame
// comes. Its first error is its last: it takes frames on and drops them.
type recordFile struct {
	create func() (io.WriteCloser, string, error)
	tracks []*recordTrack

	file    io.WriteCloser
	buffer  *bufio.Writer
	mux     muxer
	path    string
	written uint64
	err     error
}

// frame writes the next frame.
func (r *recordFile) frame(f *timedFrame) {
	if r.err != nil {
		return
	}
	if r.file == nil {
		if r.err = r.open(); r.err != nil {
			return
		}
	}
	if r.err = r.mux.frame(f); r.err == nil {
		r.written++
	}
}

// open opens the file and begins it in the format that its name tells.
func (r *recordFile) open() error {
	file, path, err := r.create()
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	r.file, r.path = file, path
	r.buffer = bufio.NewWriterSize(file, 64<<10)
	if isFLV(path) {
		r.mux = &flvFile{flvStream: newFLVStream(r.tracks), write: func(b []byte) error {
			_, err := r.buffer.Write(b)

			return err
		}}

		return nil
	}
	if r.mux, err = newTSFile(r.buffer, r.tracks); err != nil {
		return fmt.Errorf("recording %s: %w", path, err)
	}

	return nil
}

// close completes the file. It returns what went wrong from the beginning.
func (r *recordFile) close() error {
	if r.file == nil {
		return r.err
	}
	if r.err == nil {
		r.err = r.buffer.Flush()
	}
	if err := r.file.Close(); r.err == nil {
		r.err = err
	}
	r.file = nil

	return r.err
}

// isFLV tells the format by the extension of a name: FLV, or else MPEG-TS.
func isFLV(path string) bool { return strings.EqualFold(filepath.Ext(path), ".flv") }

// tsFile is a [muxer] of an MPEG-TS file.
type tsFile struct {
	mux    *mpegts.Writer
	tracks map[*recordTrack]*mpegts.Track
}

// newTSFile writes the tables, which declare the tracks.
func newTSFile(w io.Writer, tracks []*recordTrack) (*tsFile, error) {
	m := &tsFile{mux: &mpegts.Writer{W: w}, tracks: map[*recordTrack]*mpegts.Track{}}
	for _, t := range tracks {
		ts := &mpegts.Track{}
		switch t.codec {
		case codecH264:
			ts.Codec = &codecs.H264{}
		case codecH265:
			ts.Codec = &codecs.H265{}
		case codecAAC:
			ts.Codec = &codecs.MPEG4Audio{}
		default:
			ts.Codec = &codecs.Opus{Desc: &substructs.OpusAudioDescriptor{ChannelConfigCode: 2}}
		}
		m.tracks[t] = ts
		m.mux.Tracks = append(m.mux.Tracks, ts)
	}

	return m, m.mux.Initialize()
}

// frame implements [muxer]. ADTS tells of the core alone: decoders find SBR and PS in
// the frames.
func (m *tsFile) frame(f *timedFrame) error {
	ts, pts, dts := m.tracks[f.track], f.pts%tsWrap, f.dts%tsWrap
	switch f.track.codec {
	case codecH264:
		return m.mux.WriteH264(ts, pts, dts, f.units)
	case codecH265:
		return m.mux.WriteH265(ts, pts, dts, f.units)
	case codecAAC:
		if c, ok := ts.Codec.(*codecs.MPEG4Audio); ok {
			core := &f.track.aac.Core
			c.Config = mpeg4audio.AudioSpecificConfig{
				Type: mpeg4audio.ObjectTypeAACLC, SampleRate: core.SampleRate, ChannelConfig: core.ChannelConfig,
			}
		}

		return m.mux.WriteMPEG4Audio(ts, pts, f.units)
	default:
		return m.mux.WriteOpus(ts, pts, f.units)
	}
}
