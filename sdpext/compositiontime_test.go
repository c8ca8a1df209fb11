// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import (
	"io"
	"math"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const ms = time.Millisecond

func TestCompositionTimeBytes(t *testing.T) {
	for cts, want := range map[time.Duration][]byte{
		0:                             {0, 0, 0},
		40 * ms:                       {0, 0, 40},
		1000 * ms:                     {0, 0x03, 0xe8},
		-ms:                           {0xff, 0xff, 0xff},
		MaxCompositionTime:            {0x7f, 0xff, 0xff},
		MinCompositionTime:            {0x80, 0, 0},
		33_333_333 * time.Nanosecond:  {0, 0, 33},
		66_666_667 * time.Nanosecond:  {0, 0, 67},
		33*ms + ms/2:                  {0, 0, 34},
		-33*ms - ms/2:                 {0xff, 0xff, 0xdf},
		MaxCompositionTime + ms/2 - 1: {0x7f, 0xff, 0xff},
		MinCompositionTime - ms/2:     {0x80, 0, 0},
	} {
		b, err := CompositionTime(cts).Marshal()
		require.NoError(t, err)
		require.Equal(t, want, b, cts)
	}
	for _, cts := range []time.Duration{MaxCompositionTime + ms/2, MinCompositionTime - ms/2 - 1, math.MaxInt64, math.MinInt64} {
		_, err := CompositionTime(cts).Marshal()
		require.ErrorIs(t, err, ErrCompositionTime, cts)
	}
	_, err := CompositionTime(0).MarshalTo(make([]byte, 2))
	require.ErrorIs(t, err, io.ErrShortBuffer)
}

func TestCompositionTimeOfOtherLengths(t *testing.T) {
	for _, tc := range []struct {
		b    []byte
		want time.Duration
	}{
		{[]byte{200}, 200 * ms},
		{[]byte{0xff, 0xff}, 65535 * ms},
		{[]byte{0x7f, 0xff, 0xff}, MaxCompositionTime},
		{[]byte{0xff, 0xff, 0xfe}, -2 * ms},
		{[]byte{0, 0, 0, 40}, 40 * ms},
		{[]byte{0xff, 0xff, 0xff, 0xfe}, -2 * ms},
		{[]byte{0x7f, 0xff, 0xff, 0xff}, math.MaxInt32 * ms},
	} {
		var c CompositionTime
		require.NoError(t, c.Unmarshal(tc.b))
		require.Equal(t, tc.want, time.Duration(c))
	}
	var c CompositionTime
	require.ErrorIs(t, c.Unmarshal(nil), ErrCompositionTime)
	require.ErrorIs(t, c.Unmarshal(make([]byte, 5)), ErrCompositionTime)
}

func TestDTSOverWraps(t *testing.T) {
	for _, tc := range []struct {
		pts  uint32
		cts  time.Duration
		want uint32
	}{
		{9000, 100 * ms, 0},
		{8999, 100 * ms, math.MaxUint32},
		{0, 40 * ms, math.MaxUint32 - 3599},
		{math.MaxUint32, -40 * ms, 3599},
		{math.MaxUint32, 0, math.MaxUint32},
		{1 << 31, MaxCompositionTime, 1<<31 - 8388607*90},
		{0, MinCompositionTime, 8388608 * 90},
	} {
		require.Equal(t, tc.want, CompositionTime(tc.cts).DTS(tc.pts))
	}
}

func TestCompositionTimeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cts := CompositionTime(rapid.Int64Range(int64(MinCompositionTime), int64(MaxCompositionTime)).Draw(t, "cts"))
		pts := rapid.Uint32().Draw(t, "pts")
		b, err := cts.Marshal()
		require.NoError(t, err)
		var back CompositionTime
		require.NoError(t, back.Unmarshal(b))
		require.LessOrEqual(t, time.Duration(back-cts).Abs(), ms/2)
		require.Equal(t, cts.DTS(pts), back.DTS(pts))
		require.Equal(t, pts, (-back).DTS(back.DTS(pts)))
	})
}

// The DTS on the wire rise wherever those of the source rise by more than the
// rounding of the wire.
func TestDTSRiseAsTheSourcesDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		depth := rapid.IntRange(0, 4).Draw(t, "depth")
		interval := rapid.IntRange(int(4*ms), int(100*ms)).Draw(t, "interval")
		frames := func(n int) time.Duration { return time.Duration(n * interval) }
		offset := DTSOffset(frames(depth))
		start := rapid.Uint32().Draw(t, "start")
		var last uint32
		for i := range 30 {
			dts := frames(i)
			pts := dts + frames(rapid.IntRange(-depth, 5).Draw(t, "reorder"))
			cts := offset.CompositionTime(pts, dts)
			require.GreaterOrEqual(t, cts, CompositionTime(0))
			wire := cts.DTS(start + uint32(int64(pts)*90/int64(ms)))
			if i > 0 {
				require.Positive(t, int32(wire-last))
			}
			last = wire
		}
		require.Equal(t, DTSOffset(frames(depth)), offset)
	})
}

func TestDTSOffsetGrows(t *testing.T) {
	var o DTSOffset
	require.Equal(t, CompositionTime(40*ms), o.CompositionTime(40*ms, 0))
	require.Zero(t, o)
	require.Zero(t, o.CompositionTime(40*ms, 70*ms))
	require.Equal(t, DTSOffset(30*ms), o)
	require.Equal(t, CompositionTime(30*ms), o.CompositionTime(100*ms, 100*ms))
}

func TestAcceptedCompositionTime(t *testing.T) {
	section := func(maps ...string) *sdp.MediaDescription {
		all := []string{"m=video 9 UDP/TLS/RTP/SAVPF 96", "a=rtpmap:96 H264/90000"}
		for _, m := range maps {
			all = append(all, "a=extmap:"+m)
		}

		return parse(t, all...)
	}
	const first, second, third = CompositionTimeURI, VideoCompositionTimeURI, CompositionTimeDraftURI
	for _, tc := range []struct {
		name string
		maps []string
		want Extension
	}{
		{"none", nil, Extension{}},
		{"another", []string{"3 " + sdp.TransportCCURI}, Extension{}},
		{"one", []string{"9 " + first}, Extension{first, 9}},
		{"live answers", []string{"3 " + sdp.TransportCCURI, "7 " + second}, Extension{second, 7}},
		{"draft", []string{"14 " + third}, Extension{third, 14}},
		{"preferred", []string{"1 " + third, "2 " + second, "3 " + first}, Extension{first, 3}},
		{"two-byte id", []string{"15 " + first, "16 " + second, "1 " + third}, Extension{third, 1}},
		{"two-byte ids alone", []string{"15 " + first}, Extension{}},
		{"id zero", []string{"0 " + first}, Extension{}},
		{"receives", []string{"4/recvonly " + first}, Extension{first, 4}},
		{"both ways", []string{"4/sendrecv " + first}, Extension{first, 4}},
		{"sends alone", []string{"4/sendonly " + first, "5/inactive " + second}, Extension{}},
		{"attributes", []string{"4 " + first + " with more"}, Extension{first, 4}},
		{"one id twice", []string{"4 " + first, "4 " + second, "5 " + third}, Extension{third, 5}},
		{"repeated", []string{"4 " + first, "4 " + first}, Extension{first, 4}},
		{"garbage", []string{"x " + first, "4", "4/around " + second}, Extension{}},
	} {
		got, ok := AcceptedCompositionTime(section(tc.maps...))
		require.Equal(t, tc.want, got, tc.name)
		require.Equal(t, tc.want != Extension{}, ok, tc.name)
	}
}

func TestCompositionTimeInAPacket(t *testing.T) {
	var h rtp.Header
	b, err := CompositionTime(80 * ms).Marshal()
	require.NoError(t, err)
	require.NoError(t, h.SetExtension(9, b))
	raw, err := h.Marshal()
	require.NoError(t, err)
	require.Equal(t, []byte{0xbe, 0xde, 0, 1, 0x92, 0, 0, 80}, raw[12:])
}

func FuzzCompositionTime(f *testing.F) {
	for _, seed := range [][]byte{nil, {1}, {0xff, 0xff}, {0x80, 0, 0}, {0xff, 0xff, 0xff, 0xff}, {1, 2, 3, 4, 5}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var c CompositionTime
		if err := c.Unmarshal(b); err != nil {
			require.ErrorIs(t, err, ErrCompositionTime)

			return
		}
		require.Zero(t, time.Duration(c)%ms)
		if out, err := c.Marshal(); len(b) == 3 {
			require.NoError(t, err)
			require.Equal(t, b, out)
		}
	})
}
