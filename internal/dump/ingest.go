// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sdpext/aac"
	"github.com/rtmcc/rtmcc/sender/media"
)

// Ingest is the dump of one session of a receiver: the packets that its jitter buffers
// released, and the frames made of them. It implements [ingest.Dump] and is safe for
// concurrent use only as far as the session guards its calls.
type Ingest struct {
	recorder *recorder
	streams  map[uint32]*received
	frames   map[int]int64
}

// received is one stream.
type received struct {
	track int
	clock uint32
	first int64
	begun bool
}

// maxIngests bounds the sessions that one directory holds.
const maxIngests = 10000

// NewIngest begins the dump of a session in the directory "ingest-1" of dir, or the
// next of them that is not there yet. For warn see [NewPush].
func NewIngest(dir, tool string, warn func(string)) (*Ingest, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("dump: %w", err)
	}
	for n := 1; n <= maxIngests; n++ {
		sub := filepath.Join(dir, fmt.Sprintf("%s-%d", sideIngest, n))
		switch err := os.Mkdir(sub, 0o750); {
		case errors.Is(err, fs.ErrExist):
			continue
		case err != nil:
			return nil, fmt.Errorf("dump: %w", err)
		}
		r, err := startRecorder(sub, sideIngest, tool, warn)
		if err != nil {
			return nil, err
		}

		return &Ingest{recorder: r, streams: map[uint32]*received{}, frames: map[int]int64{}}, nil
	}

	return nil, fmt.Errorf("dump: %s holds %d sessions: remove some, or name another directory", dir, maxIngests)
}

// Close ends the dump and returns the first error, which was warned of.
func (i *Ingest) Close() error { return i.recorder.close() }

// Stream implements [ingest.Dump].
func (i *Ingest) Stream(ssrc uint32, c webrtc.RTPCodecCapability) {
	r := &received{track: len(i.streams), clock: c.ClockRate}
	if _, known := i.streams[ssrc]; known {
		return
	}
	i.streams[ssrc] = r
	i.recorder.addTrack(track{Stage: Reassembled, Track: r.track}, formatOf(c))
	i.recorder.queue.put(&record{stage: Received, line: line{Stream: newStream(Received, r.track, c, ssrc)}})
}

// Packet implements [ingest.Dump].
func (i *Ingest) Packet(h *rtp.Header, payload []byte) {
	i.recorder.packet(Received, h, payload)
}

// Frame implements [ingest.Dump].
func (i *Ingest) Frame(ssrc uint32, units [][]byte, timestamp int64, key bool) {
	r := i.streams[ssrc]
	if r == nil {
		return
	}
	if !r.begun {
		r.begun, r.first = true, timestamp
	}
	i.recorder.queue.put(&record{isFrame: true, stage: Reassembled, frame: frame{
		Stage: Reassembled, Track: r.track, N: i.frames[r.track], PTS: pts(timestamp-r.first, r.clock), Key: key,
		SSRC: ssrc, Timestamp: uint32(timestamp), //nolint:gosec // RTP timestamps wrap
	}}, units...)
	i.frames[r.track]++
}

// formatOf returns what a negotiated codec is written as.
func formatOf(c webrtc.RTPCodecCapability) format {
	f := format{codec: codecOf(c.MimeType), channels: c.Channels}
	if f.codec == media.AAC {
		f.aac = negotiatedAAC(c)
	}

	return f
}

// codecOf names the codec of a MIME type, in the type's own words where it is unknown.
func codecOf(mimeType string) media.Codec {
	_, name, _ := strings.Cut(mimeType, "/")
	for _, c := range []media.Codec{media.H264, media.H265, media.VP8, media.VP9, media.AV1, media.Opus} {
		if strings.EqualFold(name, string(c)) {
			return c
		}
	}
	for _, f := range []aac.Form{aac.ADTS, aac.LATM, aac.Generic} {
		if strings.EqualFold(name, f.String()) {
			return media.AAC
		}
	}

	return media.Codec(name)
}

// aacFormat returns how a negotiated codec carries AAC.
func aacFormat(mimeType string, clock uint32, channels uint16, fmtp string) (aac.Format, error) {
	_, name, _ := strings.Cut(mimeType, "/")

	return aac.ParseFormat(sdp.Codec{
		Name: name, ClockRate: clock, EncodingParameters: fmt.Sprint(max(channels, 1)), Fmtp: fmtp,
	})
}

func negotiatedAAC(c webrtc.RTPCodecCapability) *mpeg4audio.AudioSpecificConfig {
	f, err := aacFormat(c.MimeType, c.ClockRate, c.Channels, c.SDPFmtpLine)
	if err != nil {
		return nil
	}

	return &f.Mux.Config.Core
}
