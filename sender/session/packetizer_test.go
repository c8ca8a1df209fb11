// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/sdpext"
	"github.com/rtmcc/rtmcc/sender/media"
)

func packetize(t require.TestingT, p *packetizer, au media.AccessUnit) []*rtp.Packet {
	var packets []*rtp.Packet
	require.NoError(t, p.packets(&au, &stamper{}, func(packet *rtp.Packet) error {
		packets = append(packets, packet.Clone())

		return nil
	}))

	return packets
}

func videoPacketizer(t require.TestingT, codec media.Codec) *packetizer {
	return packetizerFor(t, media.Track{Codec: codec, ClockRate: 90000})
}

func packetizerFor(t require.TestingT, track media.Track) *packetizer {
	formats, err := (&Options{}).formats(track)
	require.NoError(t, err)
	p := newPacketizer()
	require.NoError(t, p.use(&formats[0], 0))

	return p
}

// h264Units undoes RFC 6184 packetization-mode 1.
func h264Units(t require.TestingT, packets []*rtp.Packet) (units [][]byte) {
	var fragment []byte
	for _, p := range packets {
		b := p.Payload
		require.LessOrEqual(t, len(b), maxPayload)
		switch b[0] & 0x1f {
		case 24:
			for b = b[1:]; len(b) > 0; {
				n := int(binary.BigEndian.Uint16(b))
				units, b = append(units, b[2:2+n]), b[2+n:]
			}
		case 28:
			if b[1]&0x80 != 0 {
				fragment = []byte{b[0]&0xe0 | b[1]&0x1f}
			}
			fragment = append(fragment, b[2:]...)
			if b[1]&0x40 != 0 {
				units, fragment = append(units, fragment), nil
			}
		default:
			units = append(units, b)
		}
	}
	require.Nil(t, fragment)

	return units
}

// h265Units undoes RFC 7798 without aggregation.
func h265Units(t require.TestingT, packets []*rtp.Packet) (units [][]byte) {
	var fragment []byte
	for _, p := range packets {
		b := p.Payload
		require.LessOrEqual(t, len(b), maxPayload)
		if b[0]>>1&0x3f != 49 {
			units = append(units, b)

			continue
		}
		if b[2]&0x80 != 0 {
			fragment = []byte{b[0]&0x81 | b[2]&0x3f<<1, b[1]}
		}
		fragment = append(fragment, b[3:]...)
		if b[2]&0x40 != 0 {
			units, fragment = append(units, fragment), nil
		}
	}
	require.Nil(t, fragment)

	return units
}

func nal(header byte, size int) []byte {
	return append([]byte{header}, bytes.Repeat([]byte{0x55}, size-1)...)
}

func TestH264Packets(t *testing.T) {
	sps, sps2, pps, pps2 := nal(0x67, 20), nal(0x67, 22), nal(0x68, 5), nal(0x68, 6)
	idr, slice, sei, aud, filler := nal(0x65, 5000), nal(0x41, 300), nal(0x06, 30), nal(0x09, 2), nal(0x0c, 100)
	for name, c := range map[string]struct {
		units   [][]byte
		want    [][]byte
		packets int
	}{
		"slice":                 {units: [][]byte{slice}, packets: 1},
		"delimiter and filler":  {units: [][]byte{aud, slice, filler}, want: [][]byte{slice}, packets: 1},
		"key frame":             {units: [][]byte{aud, sps, pps, sei, idr}, want: [][]byte{sps, pps, sei, idr}, packets: 1 + 1 + 5},
		"sets after a message":  {units: [][]byte{sei, sps, pps, slice}, packets: 3},
		"two picture sets":      {units: [][]byte{sps, pps, pps2, slice}, packets: 4},
		"two sequence sets":     {units: [][]byte{sps, sps2, pps, slice}, packets: 4},
		"sequence set alone":    {units: [][]byte{sps, slice}, packets: 2},
		"picture set alone":     {units: [][]byte{pps, slice}, packets: 2},
		"sets at the end":       {units: [][]byte{slice, sps, pps}, packets: 3},
		"sets without picture":  {units: [][]byte{sps, pps}, packets: 2},
		"sets and a delimiter":  {units: [][]byte{sps, pps, aud}, want: [][]byte{sps, pps}, packets: 2},
		"sets of a whole STAP":  {units: [][]byte{nal(0x67, maxPayload-1-4-5), pps, slice}, packets: 2},
		"sets over a STAP":      {units: [][]byte{nal(0x67, maxPayload-4-5), pps, slice}, packets: 3},
		"one packet exactly":    {units: [][]byte{nal(0x41, maxPayload)}, packets: 1},
		"one byte over":         {units: [][]byte{nal(0x41, maxPayload+1)}, packets: 2},
		"several slices":        {units: [][]byte{slice, slice, slice}, packets: 3},
		"empty and RTP's types": {units: [][]byte{nil, nal(0x78, 9), slice, nal(0x7c, 9)}, want: [][]byte{slice}, packets: 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := videoPacketizer(t, media.H264)
			if c.want == nil {
				c.want = c.units
			}
			packets := packetize(t, p, media.AccessUnit{Units: c.units})
			require.Len(t, packets, c.packets)
			require.ElementsMatch(t, c.want, h264Units(t, packets))
			// Nothing was held back for the next access unit.
			require.Equal(t, [][]byte{slice}, h264Units(t, packetize(t, p, media.AccessUnit{Units: [][]byte{slice}})))
		})
	}
}

func TestH265Packets(t *testing.T) {
	unit := func(kind byte, size int) []byte {
		return append([]byte{kind << 1, 1}, bytes.Repeat([]byte{0x55}, size-2)...)
	}
	vps, sps, pps, idr, aud, filler := unit(32, 24), unit(33, 40), unit(34, 8), unit(19, 4000), unit(35, 3), unit(38, 50)
	p := videoPacketizer(t, media.H265)
	packets := packetize(t, p, media.AccessUnit{Units: [][]byte{aud, vps, sps, pps, pps, idr, filler, unit(48, 9), {1}}})
	require.Equal(t, [][]byte{vps, sps, pps, pps, idr}, h265Units(t, packets))
	for size, want := range map[int]int{maxPayload: 1, maxPayload + 1: 2} {
		require.Len(t, packetize(t, p, media.AccessUnit{Units: [][]byte{unit(1, size)}}), want)
	}
}

// TestNALUnitsSurvive: whatever comes in goes out once, whichever way it was cut.
func TestNALUnitsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h265 := rapid.Bool().Draw(t, "h265")
		codec, undo, lead := media.H264, h264Units, 1
		if h265 {
			codec, undo, lead = media.H265, h265Units, 2
		}
		p := videoPacketizer(t, codec)
		for range rapid.IntRange(1, 4).Draw(t, "access units") {
			var units [][]byte
			for range rapid.IntRange(1, 8).Draw(t, "units") {
				// The body has no start codes, as emulation prevention ensures.
				body := bytes.Repeat([]byte{rapid.Byte().Draw(t, "fill") | 1}, rapid.IntRange(1, 3*maxPayload).Draw(t, "size"))
				header := []byte{byte(rapid.SampledFrom([]int{1, 5, 6, 7, 8, 20}).Draw(t, "type")) | 0x60}
				if h265 {
					header = []byte{byte(rapid.SampledFrom([]int{0, 1, 19, 32, 33, 34, 39}).Draw(t, "type")) << 1, 1}
				}
				units = append(units, append(header, body...))
			}
			packets := packetize(t, p, media.AccessUnit{Units: units})
			require.ElementsMatch(t, units, undo(t, packets))
			for i, packet := range packets {
				require.Equal(t, i == len(packets)-1, packet.Marker)
				require.Greater(t, len(packet.Payload), lead)
			}
		}
	})
}

func TestOtherCodecs(t *testing.T) {
	frame := append([]byte{0x10}, bytes.Repeat([]byte{7}, 3000)...)
	vp8 := packetize(t, videoPacketizer(t, media.VP8), media.AccessUnit{Units: [][]byte{frame}})
	require.Len(t, vp8, 3)
	var got []byte
	for _, p := range vp8 {
		part, err := (&codecs.VP8Packet{}).Unmarshal(p.Payload)
		require.NoError(t, err)
		got = append(got, part...)
	}
	require.Equal(t, frame, got)

	// An inter frame of VP9: frame marker 2, profile 0, non-key.
	frame[0] = 0x84
	got = nil
	for _, p := range packetize(t, videoPacketizer(t, media.VP9), media.AccessUnit{Units: [][]byte{frame}}) {
		part, err := (&codecs.VP9Packet{}).Unmarshal(p.Payload)
		require.NoError(t, err)
		got = append(got, part...)
	}
	require.Equal(t, frame, got)

	// One AV1 OBU of the frame type, without a size field.
	frame[0] = 6 << 3
	av1 := packetize(t, videoPacketizer(t, media.AV1), media.AccessUnit{Units: [][]byte{frame}})
	require.Len(t, av1, 3)
}

func TestOpusPackets(t *testing.T) {
	p := packetizerFor(t, media.Track{Codec: media.Opus, ClockRate: 48000, Channels: 2})
	var all []*rtp.Packet
	for i := range 3 {
		packets := packetize(t, p, media.AccessUnit{PTS: time.Duration(i) * 20 * time.Millisecond, Units: [][]byte{{0xfc, byte(i)}}})
		require.Len(t, packets, 1)
		all = append(all, packets...)
	}
	for i, packet := range all {
		require.Equal(t, []byte{0xfc, byte(i)}, packet.Payload)
		require.Equal(t, i == 0, packet.Marker)
		require.Equal(t, all[0].Timestamp+uint32(960*i), packet.Timestamp)
		require.Equal(t, all[0].SequenceNumber+uint16(i), packet.SequenceNumber)
	}
}

// TestReordered: decoding order on the wire, presentation time in the header.
func TestReordered(t *testing.T) {
	p := videoPacketizer(t, media.H264)
	var ticks []int64
	var first *rtp.Packet
	for i, pts := range []int{66, 199, 133, 99, 166} {
		packet := packetize(t, p, media.AccessUnit{PTS: time.Duration(pts) * time.Millisecond, Units: [][]byte{nal(0x41, 50)}})[0]
		if first == nil {
			first = packet
		}
		require.Equal(t, first.SequenceNumber+uint16(i), packet.SequenceNumber)
		ticks = append(ticks, int64(int32(packet.Timestamp-first.Timestamp)))
	}
	require.Equal(t, []int64{0, 133 * 90, 67 * 90, 33 * 90, 100 * 90}, ticks)
}

func TestTimestampsDoNotDrift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]uint32{90000, 48000}).Draw(t, "rate")
		pts := time.Duration(rapid.Int64Range(0, int64(365*24*time.Hour)).Draw(t, "pts"))
		p := packetizer{rate: uint64(rate), base: rapid.Uint32().Draw(t, "base")}
		exact := math.Mod(float64(pts/time.Second)*float64(rate), 1<<32) + float64(pts%time.Second)*float64(rate)/1e9
		got := float64(p.timestamp(pts) - p.base)
		require.InDelta(t, 0, math.Remainder(got-exact, 1<<32), 0.501)
	})
}

// TestDecodingTimesOverWraps: PTS and composition time give the DTS back to half a
// millisecond, strictly increasing, wherever the clock wraps.
func TestDecodingTimesOverWraps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		formats, err := (&Options{}).formats(media.Track{Codec: media.H264, ClockRate: 90000})
		require.NoError(t, err)
		p := newPacketizer()
		// Shortly before a wrap, so that the frames below go over it.
		p.base = -uint32(rapid.IntRange(0, 90000).Draw(t, "before the wrap"))
		ids := extensionIDs{composition: 3}
		require.NoError(t, p.use(&formats[0], ids.room()))
		s := newStamper(ids, true, nil)
		var former uint32
		dts := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "start"))
		p.base -= uint32(dts / time.Second * 90000)
		for i := range 60 {
			dts += time.Duration(rapid.Int64Range(int64(2*time.Millisecond), int64(50*time.Millisecond)).Draw(t, "step"))
			au := media.AccessUnit{
				DTS: dts, PTS: dts + time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "delay")), Units: [][]byte{nal(0x41, 2000)},
			}
			s.begin(&au, frameTimes{}, time.Time{})
			var packets []*rtp.Packet
			require.NoError(t, p.packets(&au, s, func(packet *rtp.Packet) error {
				packets = append(packets, packet.Clone())

				return nil
			}))
			var cts sdpext.CompositionTime
			require.NoError(t, cts.Unmarshal(packets[0].GetExtension(3)))
			require.Nil(t, packets[1].GetExtension(3))
			got := cts.DTS(packets[0].Timestamp)
			require.InDelta(t, 0, int32(got-p.timestamp(dts)), 46)
			require.GreaterOrEqual(t, cts, sdpext.CompositionTime(0))
			if i > 0 {
				require.Positive(t, int32(got-former))
			}
			former = got
		}
	})
}

func TestMalformedFrames(t *testing.T) {
	for codec, units := range map[media.Codec][][]byte{
		media.H264: {{}, nal(0x09, 2)}, media.H265: {{1}}, media.VP8: {{}}, media.VP9: {{0xff}}, media.AV1: {{}}, media.Opus: {},
	} {
		t.Run(string(codec), func(t *testing.T) {
			p := videoPacketizer(t, codec)
			require.ErrorIs(t, p.packets(&media.AccessUnit{Units: units}, &stamper{}, nil), errNoPackets)
		})
	}
	_, err := (&Options{}).formats(media.Track{Codec: media.AAC})
	require.ErrorIs(t, err, media.ErrUnsupported)
}

// FuzzPackets: no frame makes the packetizer panic, or a packet longer than allowed.
func FuzzPackets(f *testing.F) {
	for i := range uint8(6) {
		f.Add(i, []byte{0x67, 1, 2}, bytes.Repeat([]byte{0x65, 0, 0, 1}, 700))
	}
	all := []media.Codec{media.H264, media.H265, media.VP8, media.VP9, media.AV1, media.Opus}
	f.Fuzz(func(t *testing.T, codec uint8, first, second []byte) {
		p := videoPacketizer(t, all[int(codec)%len(all)])
		_ = p.packets(&media.AccessUnit{Units: [][]byte{first, second}}, &stamper{}, func(packet *rtp.Packet) error {
			if all[int(codec)%len(all)] != media.Opus {
				require.LessOrEqual(t, len(packet.Payload), maxPayload)
			}

			return nil
		})
	})
}

func BenchmarkPackets(b *testing.B) {
	p := videoPacketizer(b, media.H264)
	au := media.AccessUnit{Units: [][]byte{nal(0x41, 10*maxPayload)}}
	b.ReportAllocs()
	for b.Loop() {
		_ = p.packets(&au, &stamper{}, func(*rtp.Packet) error { return nil })
	}
}
