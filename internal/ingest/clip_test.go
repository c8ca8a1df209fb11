// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	tscodecs "github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"
	"github.com/pion/logging"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/testdata"
)

// quiet drops all log lines.
func quiet() logging.LoggerFactory {
	f := logging.NewDefaultLoggerFactory()
	f.Writer = io.Discard

	return f
}

// clipFrame is a frame of a file; times are in ticks of 90 kHz.
type clipFrame struct {
	video    bool
	pts, dts int64
	units    [][]byte
}

// readTS reads an MPEG-TS file in the order of its packets.
func readTS(t testing.TB, data []byte) (frames []clipFrame) {
	t.Helper()
	r := &mpegts.Reader{R: bytes.NewReader(data)}
	require.NoError(t, r.Initialize())
	for _, track := range r.Tracks() {
		video := func(pts, dts int64, au [][]byte) error {
			frames = append(frames, clipFrame{video: true, pts: pts, dts: dts, units: au})

			return nil
		}
		switch track.Codec.(type) {
		case *tscodecs.H264:
			r.OnDataH264(track, video)
		case *tscodecs.H265:
			r.OnDataH265(track, video)
		case *tscodecs.MPEG4Audio:
			r.OnDataMPEG4Audio(track, func(pts int64, aus [][]byte) error {
				for i, au := range aus {
					at := pts + int64(i)*1024*90000/48000
					frames = append(frames, clipFrame{pts: at, dts: at, units: [][]byte{au}})
				}

				return nil
			})
		case *tscodecs.Opus:
			r.OnDataOpus(track, func(pts int64, packets [][]byte) error {
				for i, p := range packets {
					at := pts + int64(i)*1800
					frames = append(frames, clipFrame{pts: at, dts: at, units: [][]byte{p}})
				}

				return nil
			})
		}
	}
	for {
		if err := r.Read(); errors.Is(err, io.EOF) {
			return frames
		} else if err != nil {
			require.NoError(t, err)
		}
	}
}

// clip is the first seconds of the bundled clip, in order of DTS.
func clip(t testing.TB, seconds int64) []clipFrame {
	t.Helper()
	all := readTS(t, testdata.Clip)
	from := all[0].dts
	var out []clipFrame
	for _, f := range all {
		if f.dts-from < seconds*90000 {
			out = append(out, f)
		}
	}

	return out
}

func count(frames []clipFrame, video bool) (n int) {
	for _, f := range frames {
		if f.video == video {
			n++
		}
	}

	return n
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)

	return data
}
