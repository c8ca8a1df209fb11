// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The streams of a made push, and its frames a track.
const (
	videoSSRC, audioSSRC = 1111, 2222
	frameCount           = 20
)

var (
	videoCodec = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: 90000}
	audioCodec = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
)

// fault is what goes wrong in a made push. Frames are named by track and number.
type fault struct {
	// drop says why a frame is not sent.
	drop func(track, n int) ratecontrol.DropReason
	// giveUp, sent and arrived judge packet i of a frame, which they may change; false
	// loses it. What is changed at one stage is so at the next.
	giveUp, sent, arrived func(track, n, i int, p *rtp.Packet) bool
	// assembled returns what becomes of a frame, nil for nothing.
	assembled func(track, n int, units [][]byte) [][]byte
	// swap exchanges the video frame of that number with the next, at the receiver.
	swap int
}

// made returns the units of a frame: NAL units of which RTP carries some, or a packet of
// Opus.
func made(track, n int) [][]byte {
	r := rand.New(rand.NewPCG(uint64(track), uint64(n)))
	unit := func(size int, head ...byte) []byte {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(1 + r.IntN(255))
		}

		return append(head, b...)
	}
	switch {
	case track == 1:
		return [][]byte{unit(100, 0xfc)}
	case n%10 == 0:
		return [][]byte{{9, 0xf0}, unit(20, 0x67), unit(5, 0x68), unit(4000, 0x65)}
	default:
		return [][]byte{{9, 0xf0}, unit(1500, 0x41)}
	}
}

// makeDumps makes the dumps of a push and of its receiver.
func makeDumps(t testing.TB, f fault) string {
	t.Helper()
	dir := t.TempDir()
	p, err := NewPush(dir, "test", nil)
	require.NoError(t, err)
	in, err := NewIngest(dir, "test", nil)
	require.NoError(t, err)
	payloaders := []rtp.Payloader{&codecs.H264Payloader{}, &codecs.OpusPayloader{}}
	p.Stream(0, media.Track{Codec: media.H264, ClockRate: 90000}, videoCodec, videoSSRC)
	p.Stream(1, media.Track{Codec: media.Opus, ClockRate: 48000, Channels: 2}, audioCodec, audioSSRC)
	in.Stream(videoSSRC, videoCodec)
	in.Stream(audioSSRC, audioCodec)
	// Sequence numbers and timestamps wrap within the push.
	seqs := []uint16{math.MaxUint16 - 10, math.MaxUint16 - 5}
	var held []func()
	for n := range frameCount {
		for track, ssrc := range []uint32{videoSSRC, audioSSRC} {
			units := made(track, n)
			at := time.Duration(n) * 20 * time.Millisecond
			key := track == 1 || n%10 == 0
			p.Frame(track, &media.AccessUnit{Track: track, PTS: at, DTS: at, Key: key, Units: units})
			if f.drop != nil && f.drop(track, n) != ratecontrol.KeepFrame {
				p.Dropped(f.drop(track, n))

				continue
			}
			var payloads [][]byte
			for _, u := range units {
				payloads = append(payloads, payloaders[track].Payload(1180, u)...)
			}
			wrapped := int64(math.MaxUint32) - 9000 + int64(n)*1800
			timestamp := uint32(wrapped)
			p.Packetized(ssrc, timestamp, seqs[track], len(payloads))
			for i, payload := range payloads {
				packet := &rtp.Packet{
					Header:  rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: seqs[track], Timestamp: timestamp, SSRC: ssrc, Marker: i == len(payloads)-1},
					Payload: bytes.Clone(payload),
				}
				seqs[track]++
				if f.giveUp != nil && !f.giveUp(track, n, i, packet) {
					p.PacketGivenUp(&packet.Header, sender.DropStale)

					continue
				}
				if f.sent != nil && !f.sent(track, n, i, packet) {
					continue
				}
				p.PacketSent(&packet.Header, packet.Payload, bwe.PacketVideo)
				if f.arrived == nil || f.arrived(track, n, i, packet) {
					in.Packet(&packet.Header, packet.Payload)
				}
			}
			// A receiver keeps no delimiters.
			units = slices.DeleteFunc(units, func(u []byte) bool { return track == 0 && u[0] == 9 })
			if f.assembled != nil {
				units = f.assembled(track, n, units)
			}
			emit := func() {
				if units != nil {
					in.Frame(ssrc, units, wrapped, key)
				}
			}
			if track == 0 && f.swap > 0 && n == f.swap {
				held = append(held, emit)

				continue
			}
			emit()
			for _, h := range held {
				if track == 0 {
					h()
					held = nil
				}
			}
		}
	}
	require.NoError(t, p.Close())
	require.NoError(t, in.Close())

	return dir
}

// edit changes a file of a dump.
func edit(t testing.TB, change func([]byte) []byte, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, change(b), 0o600))
}
