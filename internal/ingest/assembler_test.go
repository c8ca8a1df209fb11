// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/stretchr/testify/require"
)

// packetize turns the video frames of a clip into RTP packets, one slice a frame.
func packetize(t testing.TB, c codec, frames []clipFrame) (out [][]rtpPacket) {
	t.Helper()
	var payloader rtp.Payloader = &codecs.H264Payloader{}
	if c == codecH265 {
		payloader = &codecs.H265Payloader{}
	}
	seq := uint16(65000) // wraps
	for _, f := range frames {
		if !f.video {
			continue
		}
		annexB, err := h264.AnnexB(f.units).Marshal()
		require.NoError(t, err)
		var packets []rtpPacket
		for _, p := range payloader.Payload(400, annexB) {
			packets = append(packets, rtpPacket{
				seq: seq, timestamp: uint32(f.pts), payload: p, arrival: time.Unix(0, f.dts*100000/9),
			})
			seq++
		}
		packets[len(packets)-1].marker = true
		out = append(out, packets)
	}

	return out
}

// frameTest runs an assembler and a tracker.
type frameTest struct {
	*assembler
	refs      referenceTracker
	frames    []*frame
	decodable []bool
}

func newFrameTest(c codec) *frameTest {
	f := &frameTest{}
	f.assembler = newAssembler(c, func(out *frame) {
		f.frames = append(f.frames, out)
		f.decodable = append(f.decodable, f.refs.decodable(out))
	})
	if c == codecH264 {
		f.refs.maxFrameNum = f.h264.maxFrameNum
	}

	return f
}

// feed gives packets to the assembler, with gaps where drop says so.
func (f *frameTest) feed(frames [][]rtpPacket, drop func(frame, packet int) bool) {
	for i := range frames {
		for j := range frames[i] {
			if drop != nil && drop(i, j) {
				f.gap(1)

				continue
			}
			f.packet(&frames[i][j])
		}
	}
	f.finish()
}

func (f *frameTest) complete() (n int) {
	for _, x := range f.frames {
		if x.complete {
			n++
		}
	}

	return n
}

func h264Clip(t testing.TB) ([]clipFrame, [][]rtpPacket) {
	t.Helper()
	frames := clip(t, 5)

	return frames, packetize(t, codecH264, frames)
}

func h265Clip(t testing.TB) ([]clipFrame, [][]rtpPacket) {
	t.Helper()
	frames := readTS(t, readFile(t, "../../testdata/clip-h265.ts"))

	return frames, packetize(t, codecH265, frames)
}

func TestAssemblerRestoresFrames(t *testing.T) {
	for _, c := range []struct {
		codec codec
		read  func(testing.TB) ([]clipFrame, [][]rtpPacket)
	}{{codecH264, h264Clip}, {codecH265, h265Clip}} {
		t.Run(string(c.codec), func(t *testing.T) {
			want, packets := c.read(t)
			want = slices.DeleteFunc(slices.Clone(want), func(f clipFrame) bool { return !f.video })
			f := newFrameTest(c.codec)
			f.feed(packets, nil)
			require.Len(t, f.frames, len(want))
			require.Equal(t, len(want), f.complete())
			require.NotContains(t, f.decodable, false)
			for i, got := range f.frames {
				require.NoError(t, got.malformed)
				require.Equal(t, uint32(want[i].pts), got.timestamp)
				// pion's payloaders leave access unit delimiters out.
				require.Equal(t, withoutDelimiters(c.codec, want[i].units), got.units, "frame %d", i)
			}
			require.True(t, f.frames[0].key)
			require.True(t, slices.ContainsFunc(f.frames, func(x *frame) bool { return x.disposable }))
		})
	}
}

func withoutDelimiters(c codec, units [][]byte) [][]byte {
	return slices.DeleteFunc(slices.Clone(units), func(u []byte) bool {
		if c == codecH265 {
			return u[0]>>1&0x3f == 35
		}

		return u[0]&0x1f == 9 || u[0]&0x1f == 12
	})
}

// kinds of frames in a stretch of the clip that a test can aim at.
func findFrame(t testing.TB, f *frameTest, from int, want func(*frame) bool) int {
	t.Helper()
	for i := from; i < len(f.frames); i++ {
		if want(f.frames[i]) {
			return i
		}
	}
	require.Fail(t, "the clip has no such frame")

	return 0
}

// What a loss costs depends on what it hit.
func TestDecodableAfterLoss(t *testing.T) {
	disposable := func(f *frame) bool { return f.disposable }
	reference := func(f *frame) bool { return f.reference && !f.key }
	key := func(f *frame) bool { return f.key }
	whole := func(frame int) func(int, int) bool {
		return func(f, _ int) bool { return f == frame }
	}
	for _, c := range []struct {
		name  string
		codec codec
		hit   func(*frame) bool
		drop  func(packets [][]rtpPacket, frame int) func(int, int) bool
		// until tells whether decoding goes on with the next frame or the next key
		// frame.
		recovers bool
	}{
		{"H264 disposable frame lost", codecH264, disposable, func(_ [][]rtpPacket, n int) func(int, int) bool { return whole(n) }, true},
		{"H264 reference frame lost", codecH264, reference, func(_ [][]rtpPacket, n int) func(int, int) bool { return whole(n) }, false},
		{"H264 reference frame damaged", codecH264, reference, func(_ [][]rtpPacket, n int) func(int, int) bool {
			return func(f, p int) bool { return f == n && p == 0 }
		}, false},
		{"H264 disposable frame damaged at its end", codecH264, disposable, func(packets [][]rtpPacket, n int) func(int, int) bool {
			return func(f, p int) bool { return f == n && p == len(packets[n])-1 }
		}, true},
		{"H264 disposable and next frames lost", codecH264, disposable, func(_ [][]rtpPacket, n int) func(int, int) bool {
			return func(f, _ int) bool { return f >= n && f < n+4 }
		}, false},
		{"H264 key frame lost", codecH264, key, func(_ [][]rtpPacket, n int) func(int, int) bool { return whole(n) }, false},
		{"H264 key frame without parameter sets", codecH264, key, func(_ [][]rtpPacket, n int) func(int, int) bool {
			return func(f, p int) bool { return f == n && p == 0 }
		}, false},
		{"H265 reference frame lost", codecH265, reference, func(_ [][]rtpPacket, n int) func(int, int) bool { return whole(n) }, false},
		{"H265 disposable frame lost, which nothing proves", codecH265, disposable, func(_ [][]rtpPacket, n int) func(int, int) bool { return whole(n) }, false},
		{"H265 disposable frame damaged within", codecH265, func(f *frame) bool { return f.disposable && f.key == false && len(f.units[0]) > 1600 }, func(_ [][]rtpPacket, n int) func(int, int) bool {
			return func(f, p int) bool { return f == n && p == 1 }
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			read := h264Clip
			if c.codec == codecH265 {
				read = h265Clip
			}
			_, packets := read(t)
			all := newFrameTest(c.codec)
			all.feed(packets, nil)
			hit := findFrame(t, all, 20, c.hit)
			drop := c.drop(packets, hit)
			lost := 0
			first, last := len(packets), 0
			for i := range packets {
				for j := range packets[i] {
					if drop(i, j) {
						lost++
						first, last = min(first, i), max(last, i)
					}
				}
			}
			require.Positive(t, lost)
			nextKey := findFrame(t, all, last+1, key)

			f := newFrameTest(c.codec)
			f.feed(packets, drop)
			require.Equal(t, len(packets)-(last-first+1), f.complete(), "exactly the frames that were hit are incomplete")
			// Compare by timestamp, as lost frames do not show.
			decodable := map[uint32]bool{}
			for i, x := range f.frames {
				decodable[x.timestamp] = f.decodable[i]
			}
			for i, x := range all.frames {
				want := i < first || i > last && (c.recovers || i >= nextKey)
				require.Equal(t, want, decodable[x.timestamp], "frame %d; hit %d to %d, next key frame %d", i, first, last, nextKey)
			}
		})
	}
}

// frame_num comes round after its modulus; as many lost packets prove nothing.
func TestFrameNumberIsNotTrustedOverItsModulus(t *testing.T) {
	modulus := uint32(16)
	tracker := referenceTracker{maxFrameNum: func() uint32 { return modulus }}
	next := func(seq uint32, lost int) bool {
		return tracker.decodable(&frame{
			picture:    picture{coded: true, reference: true, sequenced: true, sequence: seq % modulus},
			complete:   true,
			lostBefore: lost,
		})
	}
	sync := func() {
		require.True(t, tracker.decodable(&frame{picture: picture{coded: true, key: true, sequenced: true}, complete: true}))
	}
	require.False(t, next(1, 0), "no key frame yet")
	sync()
	require.True(t, next(1, 0))
	require.True(t, next(2, 15))
	require.False(t, next(3, 16))
	sync()
	require.False(t, next(2, 1))
	require.False(t, next(3, 0), "until the next key frame")
}

func TestAssemblerWithoutMarkers(t *testing.T) {
	frames, packets := h264Clip(t)
	f := newFrameTest(codecH264)
	for i := range packets {
		packets[i][len(packets[i])-1].marker = false
	}
	f.feed(packets, nil)
	require.Equal(t, count(frames, true), f.complete())
	require.NotContains(t, f.decodable, false)
}

func TestAssemblerTakesSeparateParameterSets(t *testing.T) {
	frames, _ := h264Clip(t)
	f := newFrameTest(codecH264)
	var sets, rest [][]byte
	for _, u := range frames[slices.IndexFunc(frames, func(c clipFrame) bool { return c.video })].units {
		switch u[0] & 0x1f {
		case 7, 8:
			sets = append(sets, u)
		case 5:
			rest = append(rest, u)
		}
	}
	for _, u := range sets {
		f.packet(&rtpPacket{timestamp: 1, payload: u, marker: true})
	}
	require.Empty(t, f.frames)
	for i, u := range rest {
		f.packet(&rtpPacket{timestamp: 2, payload: u, marker: i == len(rest)-1})
	}
	require.Len(t, f.frames, 1)
	require.True(t, f.frames[0].complete)
	require.Equal(t, append(sets, rest...), f.frames[0].units)
}

func TestAssemblerRefusesMalformedPayloads(t *testing.T) {
	big := bytes.Repeat([]byte{0x41}, 1200)
	for _, c := range []struct {
		name     string
		codec    codec
		payloads [][]byte
	}{
		{"FU-A without start", codecH264, [][]byte{{0x7c, 0x05, 1}}},
		{"FU-A without end", codecH264, [][]byte{{0x7c, 0x85, 1}}},
		{"FU-A started twice", codecH264, [][]byte{{0x7c, 0x85, 1}, {0x7c, 0x85, 1}}},
		{"FU-A cut short", codecH264, [][]byte{{0x7c, 0x85}}},
		{"unit within an FU-A", codecH264, [][]byte{{0x7c, 0x85, 1}, {0x41, 1}}},
		{"STAP-A beyond its end", codecH264, [][]byte{{0x78, 0, 9, 1}}},
		{"STAP-A with an empty unit", codecH264, [][]byte{{0x78, 0, 0}}},
		{"STAP-A with half a length", codecH264, [][]byte{{0x78, 0}}},
		{"FU-B", codecH264, [][]byte{{0x7d, 0x85, 0, 0, 1}}},
		{"type 0", codecH264, [][]byte{{0x60, 1}}},
		{"too many units", codecH264, slices.Repeat([][]byte{{0x41, 0x80}}, maxUnits+1)},
		{"too large", codecH264, slices.Repeat([][]byte{big}, maxFrameSize/len(big)+1)},
		{"H265 of one byte", codecH265, [][]byte{{0x02}}},
		{"H265 FU without start", codecH265, [][]byte{{0x62, 1, 0x13, 1}}},
		{"H265 FU cut short", codecH265, [][]byte{{0x62, 1, 0x93}}},
		{"H265 AP with a unit of one byte", codecH265, [][]byte{{0x60, 1, 0, 1, 2}}},
		{"H265 PACI", codecH265, [][]byte{{0x64, 1, 0, 0, 0}}},
		{"VP8 cut short", codecVP8, [][]byte{{0x80, 0x80}}},
		{"VP9 cut short", codecVP9, [][]byte{{0x80}}},
		{"AV1 cut short", codecAV1, [][]byte{{0x10}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFrameTest(c.codec)
			for i, p := range c.payloads {
				f.packet(&rtpPacket{payload: p, marker: i == len(c.payloads)-1})
			}
			require.Len(t, f.frames, 1)
			require.Error(t, f.frames[0].malformed)
			require.False(t, f.frames[0].complete)
			f.packet(&rtpPacket{timestamp: 1, payload: nil, marker: true})
			require.Len(t, f.frames, 1, "padding is no frame")
		})
	}
}

// Arbitrary payloads, gaps and markers, as far as the recording: nothing panics, and
// each frame is whole or damaged.
func FuzzReassembly(f *testing.F) {
	_, packets := h264Clip(f)
	for _, p := range packets[:6] {
		f.Add(uint8(0), append([]byte{1, 0}, p[0].payload[:min(len(p[0].payload), 250)]...))
	}
	f.Add(uint8(1), []byte{5, 0, 0x62, 1, 0x93, 1, 2, 4, 1, 0x62, 1, 0x53, 9})
	f.Add(uint8(2), []byte{4, 1, 0x10, 0, 1, 2})
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		c := []codec{codecH264, codecH265, codecVP8, codecVP9, codecAV1}[kind%5]
		track := newRecordTrack(c, 90000)
		var recorded uint64
		s := newStream(c, 90000, 100*time.Millisecond, func(r recordedFrame) {
			recorded++
			for _, u := range r.units {
				require.NotEmpty(t, u)
			}
			if c.recordable() {
				track.sample(r, 0)
			}
		})
		now := time.Unix(1000, 0)
		for seq := uint16(65500); len(data) > 2; seq++ {
			n := min(int(data[0]), len(data)-2)
			control := data[1]
			now = now.Add(time.Duration(control>>4) * 20 * time.Millisecond)
			if control&2 == 0 {
				s.push(&rtpPacket{
					seq: seq, timestamp: uint32(control>>2) << 29, marker: control&1 != 0,
					payload: data[2 : 2+n], arrival: now,
				}, n, false)
			}
			s.tick(now, 0)
			data = data[2+n:]
		}
		s.flush(now)
		require.Equal(t, s.stats.Frames, recorded)
		require.LessOrEqual(t, s.stats.FramesDecodable, s.stats.Frames)
	})
}
