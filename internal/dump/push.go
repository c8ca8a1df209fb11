// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"path/filepath"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/media"
)

// Push is the dump of a push: what entered the packetizer and what left for the wire.
// It implements [session.Dumper]. Of its methods, those about packets are safe for
// concurrent use with the others.
type Push struct {
	recorder *recorder
	tracks   map[int]int64 // frames by track
	// current is the frame whose fate is not known yet.
	current frame
	bytes   []byte
	sizes   []int
	units   [][]byte
	streams map[uint32]int
}

// NewPush begins the dump of a push in the directory "push" of dir, and fails where
// that holds one. warn, which may be nil, is called once where the disk is too slow,
// and once where it fails, which ends the dump alone; both from a goroutine of the
// dump's own.
func NewPush(dir, tool string, warn func(string)) (*Push, error) {
	r, err := startRecorder(filepath.Join(dir, sidePush), sidePush, tool, warn)
	if err != nil {
		return nil, err
	}

	return &Push{recorder: r, tracks: map[int]int64{}, streams: map[uint32]int{}}, nil
}

// Close ends the dump and returns the first error, which was warned of.
func (p *Push) Close() error { return p.recorder.close() }

// Stream implements [session.Dumper].
func (p *Push) Stream(number int, t media.Track, c webrtc.RTPCodecCapability, ssrc uint32) {
	if _, known := p.tracks[number]; !known {
		p.tracks[number] = 0
		p.recorder.addTrack(track{Stage: Source, Track: number}, format{
			codec: t.Codec, channels: uint16(min(max(t.Channels, 0), 255)), aac: aacConfig(t.Config), //nolint:gosec // bounded
		})
	}
	p.streams[ssrc] = number
	p.recorder.queue.put(&record{stage: Wire, line: line{Stream: newStream(Wire, number, c, ssrc)}})
}

func newStream(stage Stage, number int, c webrtc.RTPCodecCapability, ssrc uint32) *stream {
	return &stream{
		Stage: stage, Track: number, SSRC: ssrc,
		MimeType: c.MimeType, ClockRate: c.ClockRate, Channels: c.Channels, Fmtp: c.SDPFmtpLine,
	}
}

// aacConfig reads an AudioSpecificConfig, nil where it is none.
func aacConfig(b []byte) *mpeg4audio.AudioSpecificConfig {
	var c mpeg4audio.AudioSpecificConfig
	if len(b) == 0 || c.Unmarshal(b) != nil {
		return nil
	}

	return &c
}

// Frame implements [session.Dumper].
func (p *Push) Frame(number int, au *media.AccessUnit) {
	p.bytes, p.sizes = p.bytes[:0], p.sizes[:0]
	for _, u := range au.Units {
		p.bytes = append(p.bytes, u...)
		p.sizes = append(p.sizes, len(u))
	}
	p.current = frame{Stage: Source, Track: number, N: p.tracks[number], PTS: au.PTS, DTS: au.DTS, Key: au.Key}
	p.tracks[number]++
}

// Packetized implements [session.Dumper].
func (p *Push) Packetized(ssrc, timestamp uint32, first uint16, packets int) {
	f := &p.current
	f.SSRC, f.Timestamp, f.First, f.Packets = ssrc, timestamp, first, packets
	p.put()
}

// Dropped implements [session.Dumper].
func (p *Push) Dropped(reason ratecontrol.DropReason) {
	p.current.Dropped = string(reason)
	p.put()
}

func (p *Push) put() {
	p.units = p.units[:0]
	rest := p.bytes
	for _, n := range p.sizes {
		p.units = append(p.units, rest[:n:n])
		rest = rest[n:]
	}
	p.recorder.queue.put(&record{isFrame: true, stage: Source, frame: p.current}, p.units...)
}

// PacketSent implements [sender.PacketTap].
func (p *Push) PacketSent(h *rtp.Header, payload []byte, _ bwe.PacketKind) {
	p.recorder.packet(Wire, h, payload)
}

// PacketGivenUp implements [sender.PacketTap].
func (p *Push) PacketGivenUp(h *rtp.Header, reason sender.DropReason) {
	p.recorder.queue.put(&record{stage: Wire, line: line{
		GivenUp: &givenUp{SSRC: h.SSRC, Seq: h.SequenceNumber, Reason: string(reason)},
	}})
}

// maxHeader is the longest RTP header: 15 contributing sources, and an extension of
// 65535 words.
const maxHeader = 12 + 15*4 + 4 + 4*65535

// packet keeps an RTP packet. What rtpdump cannot hold is cut.
func (r *recorder) packet(stage Stage, h *rtp.Header, payload []byte) {
	const usualHeader = 256
	var usual [usualHeader]byte
	header := usual[:]
	if n := h.MarshalSize(); n > usualHeader && n <= maxHeader {
		header = make([]byte, n)
	}
	n, err := h.MarshalTo(header)
	if err != nil {
		return
	}
	var padding [255]byte
	if h.PaddingSize > 0 {
		padding[h.PaddingSize-1] = h.PaddingSize
	}
	r.queue.put(&record{isPacket: true, stage: stage, at: r.now()},
		header[:n], payload[:min(len(payload), max(maxPacket-n, 0))], padding[:h.PaddingSize])
}

// maxPacket is what an rtpdump file can hold of a packet, padding aside.
const maxPacket = 65535 - 8 - 255

// pts returns the time of a timestamp.
func pts(ticks int64, clock uint32) time.Duration {
	if clock == 0 {
		return 0
	}
	rate := int64(clock)

	return time.Duration(ticks/rate)*time.Second + time.Duration(ticks%rate)*time.Second/time.Duration(rate)
}
