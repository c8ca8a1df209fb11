// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import (
	"io"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestVideoTimingBytes(t *testing.T) {
	v := VideoTiming{
		Flags: VideoTimingBySize, EncodeStart: ms, EncodeFinish: 258 * ms, PacketizationFinish: 3 * ms,
		PacerExit: 4 * ms, Network1: 5 * ms, Network2: 65535 * ms,
	}
	b, err := v.Marshal()
	require.NoError(t, err)
	require.Equal(t, []byte{2, 0, 1, 1, 2, 0, 3, 0, 4, 0, 5, 0xff, 0xff}, b)
	var back VideoTiming
	require.NoError(t, back.Unmarshal(b))
	require.Equal(t, v, back)
	require.NoError(t, back.Unmarshal(b[1:]))
	v.Flags = 0
	require.Equal(t, v, back)

	for _, bad := range []int{0, 11, 14} {
		require.Error(t, back.Unmarshal(make([]byte, bad)))
	}
	for _, bad := range []time.Duration{-1, 65536 * ms} {
		_, err := VideoTiming{PacerExit: bad}.Marshal()
		require.Error(t, err)
	}
	_, err = v.MarshalTo(make([]byte, 12))
	require.ErrorIs(t, err, io.ErrShortBuffer)
}

func TestTransportCC02Bytes(t *testing.T) {
	for _, tc := range []struct {
		x    TransportCC02
		want []byte
	}{
		{TransportCC02{Sequence: 0x0102}, []byte{1, 2}},
		{TransportCC02{Sequence: 0x0102, Count: 1}, []byte{1, 2, 0, 1}},
		{TransportCC02{Sequence: 0xffff, Count: 32767, Times: true}, []byte{0xff, 0xff, 0xff, 0xff}},
	} {
		b, err := tc.x.Marshal()
		require.NoError(t, err)
		require.Equal(t, tc.want, b)
		var back TransportCC02
		require.NoError(t, back.Unmarshal(b))
		require.Equal(t, tc.x, back)
		_, err = tc.x.MarshalTo(make([]byte, len(tc.want)-1))
		require.ErrorIs(t, err, io.ErrShortBuffer)
	}
	_, err := TransportCC02{Count: 32768}.Marshal()
	require.Error(t, err)
	var back TransportCC02
	for _, bad := range []int{0, 1, 3, 5} {
		require.Error(t, back.Unmarshal(make([]byte, bad)))
	}
	require.NoError(t, back.Unmarshal([]byte{0, 1, 0x80, 0}))
	require.Equal(t, TransportCC02{Sequence: 1, Times: true}, back)
}

// The codecs that are pion's put these bytes on the wire.
func TestBytesOfPionsExtensions(t *testing.T) {
	offset := int64(-1 << 31)
	b, err := rtp.AbsCaptureTimeExtension{Timestamp: 0x0102030405060708}.Marshal()
	require.NoError(t, err)
	require.Equal(t, []byte{1, 2, 3, 4, 5, 6, 7, 8}, b)
	b, err = rtp.AbsCaptureTimeExtension{Timestamp: 1, EstimatedCaptureClockOffset: &offset}.Marshal()
	require.NoError(t, err)
	require.Equal(t, []byte{0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 0}, b)
	b, err = rtp.PlayoutDelayExtension{MinDelay: 0x123, MaxDelay: 0x456}.Marshal()
	require.NoError(t, err)
	require.Equal(t, []byte{0x12, 0x34, 0x56}, b)
}

func TestExtensionRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.Custom(func(t *rapid.T) time.Duration { return time.Duration(rapid.Uint16().Draw(t, "ms")) * ms })
		v := VideoTiming{
			Flags: rapid.Byte().Draw(t, "flags"), EncodeStart: d.Draw(t, "1"), EncodeFinish: d.Draw(t, "2"),
			PacketizationFinish: d.Draw(t, "3"), PacerExit: d.Draw(t, "4"), Network1: d.Draw(t, "5"), Network2: d.Draw(t, "6"),
		}
		b, err := v.Marshal()
		require.NoError(t, err)
		var v2 VideoTiming
		require.NoError(t, v2.Unmarshal(b))
		require.Equal(t, v, v2)

		x := TransportCC02{Sequence: rapid.Uint16().Draw(t, "sequence"), Count: rapid.Uint16Range(0, 32767).Draw(t, "count")}
		x.Times = x.Count > 0 && rapid.Bool().Draw(t, "times")
		b, err = x.Marshal()
		require.NoError(t, err)
		var x2 TransportCC02
		require.NoError(t, x2.Unmarshal(b))
		require.Equal(t, x, x2)
	})
}

func FuzzExtensions(f *testing.F) {
	for _, n := range []int{0, 2, 4, 12, 13, 14} {
		f.Add(make([]byte, n))
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		var v VideoTiming
		if v.Unmarshal(b) == nil {
			out, err := v.Marshal()
			require.NoError(t, err)
			require.Equal(t, b, out[13-len(b):])
		}
		var x TransportCC02
		if x.Unmarshal(b) == nil && x.Count > 0 {
			out, err := x.Marshal()
			require.NoError(t, err)
			require.Equal(t, b, out)
		}
	})
}
