// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// NAL units that are told apart by their headers alone.
var (
	avcSPS      = []byte{0x67, 1}
	avcSPS2     = []byte{0x67, 2}
	avcPPS      = []byte{0x68, 1}
	avcPPS2     = []byte{0x68, 2}
	avcIDR      = []byte{0x65, 0x88}
	avcP        = []byte{0x41, 0x9a}             // first_mb 0, slice_type 5: P
	avcI        = []byte{0x41, 0x88}             // first_mb 0, slice_type 7: I
	avcB        = []byte{0x01, 0x9e}             // nal_ref_idc 0
	avcRecovery = []byte{0x06, 6, 1, 0x84, 0x80} // recovery point
	avcSEI      = []byte{0x06, 5, 1, 0x84, 0x80}
	avcAUD      = []byte{0x09, 0x10}
	avcFiller   = []byte{0x0c, 0xff}

	hevcVPS  = []byte{32 << 1, 1, 1}
	hevcSPS  = []byte{33 << 1, 1, 0} // one temporal layer
	hevcSPS2 = []byte{33 << 1, 1, 2} // two
	hevcPPS  = []byte{34 << 1, 1, 1}
	hevcAUD  = []byte{35 << 1, 1, 1}
	hevcIDR  = []byte{19 << 1, 1, 0x80}
	hevcCRA  = []byte{21 << 1, 1, 0x80}
)

// hevcSlice is a slice of the type in a temporal layer.
func hevcSlice(kind, layer byte) []byte { return []byte{kind << 1, layer + 1, 0x80} }

func TestPictureFilter(t *testing.T) {
	type want struct {
		ok, key, disposable bool
		units               [][]byte
	}
	type step struct {
		units [][]byte
		want  want
	}
	for name, c := range map[string]struct {
		codec Codec
		sets  [][]byte
		steps []step
	}{
		"container sets go before every key frame": {
			codec: H264, sets: [][]byte{avcPPS, avcSPS},
			steps: []step{
				{[][]byte{avcIDR}, want{true, true, false, [][]byte{avcSPS, avcPPS, avcIDR}}},
				{[][]byte{avcP}, want{true, false, false, [][]byte{avcP}}},
				{[][]byte{avcSEI, avcIDR, avcIDR}, want{true, true, false, [][]byte{avcSPS, avcPPS, avcSEI, avcIDR, avcIDR}}},
			},
		},
		"sets in band are not doubled, and kept for later": {
			codec: H264,
			steps: []step{
				{[][]byte{avcSPS, avcPPS, avcIDR}, want{true, true, false, [][]byte{avcSPS, avcPPS, avcIDR}}},
				{[][]byte{avcIDR}, want{true, true, false, [][]byte{avcSPS, avcPPS, avcIDR}}},
				{[][]byte{avcSPS2, avcPPS2, avcIDR}, want{true, true, false, [][]byte{avcSPS2, avcPPS2, avcIDR}}},
				{[][]byte{avcIDR}, want{true, true, false, [][]byte{avcSPS2, avcPPS2, avcIDR}}},
			},
		},
		"half of them in band": {
			codec: H264, sets: [][]byte{avcSPS},
			steps: []step{
				{[][]byte{avcIDR}, want{}},
				{[][]byte{avcSEI, avcPPS, avcIDR}, want{true, true, false, [][]byte{avcSPS, avcPPS, avcSEI, avcIDR}}},
			},
		},
		"sets that come alone": {
			codec: H264,
			steps: []step{
				{[][]byte{avcSPS, avcPPS}, want{}},
				{[][]byte{avcIDR}, want{true, true, false, [][]byte{avcSPS, avcPPS, avcIDR}}},
			},
		},
		"nothing before the first key frame": {
			codec: H264, sets: [][]byte{avcSPS, avcPPS},
			steps: []step{
				{[][]byte{avcP}, want{}}, {[][]byte{avcB}, want{}}, {[][]byte{avcSEI}, want{}},
				{[][]byte{avcIDR}, want{true, true, false, [][]byte{avcSPS, avcPPS, avcIDR}}},
				{[][]byte{avcB}, want{true, false, true, [][]byte{avcB}}},
				{[][]byte{avcB, avcP}, want{true, false, false, [][]byte{avcB, avcP}}},
			},
		},
		"recovery points": {
			codec: H264, sets: [][]byte{avcSPS, avcPPS},
			steps: []step{
				{[][]byte{avcRecovery, avcP}, want{}},
				{[][]byte{avcI}, want{}},
				{[][]byte{avcRecovery, avcI}, want{true, true, false, [][]byte{avcSPS, avcPPS, avcRecovery, avcI}}},
			},
		},
		"delimiters and filler": {
			codec: H264, sets: [][]byte{avcSPS, avcPPS},
			steps: []step{
				{[][]byte{avcAUD, avcSPS, avcPPS, avcIDR, avcFiller, {}}, want{true, true, false, [][]byte{avcSPS, avcPPS, avcIDR}}},
				{[][]byte{avcAUD, avcFiller}, want{}},
			},
		},
		"H.265": {
			codec: H265,
			steps: []step{
				{[][]byte{hevcAUD, hevcVPS, hevcSPS, hevcPPS, hevcIDR}, want{true, true, false, [][]byte{hevcVPS, hevcSPS, hevcPPS, hevcIDR}}},
				{[][]byte{hevcCRA, {1}}, want{true, true, false, [][]byte{hevcVPS, hevcSPS, hevcPPS, hevcCRA}}},
				{[][]byte{hevcSlice(0, 0)}, want{true, false, true, [][]byte{hevcSlice(0, 0)}}},   // TRAIL_N
				{[][]byte{hevcSlice(1, 0)}, want{true, false, false, [][]byte{hevcSlice(1, 0)}}},  // TRAIL_R
				{[][]byte{hevcSlice(8, 0)}, want{true, false, true, [][]byte{hevcSlice(8, 0)}}},   // RASL_N
				{[][]byte{hevcSlice(14, 0)}, want{true, false, true, [][]byte{hevcSlice(14, 0)}}}, // RSV_VCL_N14
			},
		},
		"H.265 with two temporal layers": {
			codec: H265, sets: [][]byte{hevcVPS, hevcSPS2, hevcPPS},
			steps: []step{
				{[][]byte{hevcIDR}, want{true, true, false, [][]byte{hevcVPS, hevcSPS2, hevcPPS, hevcIDR}}},
				// The upper layer may refer to it.
				{[][]byte{hevcSlice(0, 0)}, want{true, false, false, [][]byte{hevcSlice(0, 0)}}},
				{[][]byte{hevcSlice(2, 1)}, want{true, false, true, [][]byte{hevcSlice(2, 1)}}},  // TSA_N
				{[][]byte{hevcSlice(3, 1)}, want{true, false, false, [][]byte{hevcSlice(3, 1)}}}, // TSA_R
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newPictureFilter(c.codec, c.sets)
			for i, s := range c.steps {
				au, ok := f.accept(s.units)
				require.Equal(t, s.want, want{ok, au.Key, au.Disposable, au.Units}, "step %d", i)
			}
		})
	}
}

func TestPictureFilterForgets(t *testing.T) {
	f := newPictureFilter(H264, nil)
	for i := range 1000 {
		f.accept([][]byte{{0x68, byte(i), byte(i >> 8)}, avcP})
	}
	require.LessOrEqual(t, len(f.sets), maxParameterSets)
}

func TestFrames(t *testing.T) {
	for _, c := range []struct {
		codec Codec
		frame []byte
		key   bool
		want  []byte
	}{
		{codec: VP8, frame: []byte{0x10, 2}, key: true, want: []byte{0x10, 2}},
		{codec: VP8, frame: []byte{0x11, 2}, want: []byte{0x11, 2}},
		{codec: VP9, frame: []byte{0x82, 0x49, 0x83, 0x42, 0, 0x09, 0xf0, 0x05, 0x9f}, key: true},
		{codec: VP9, frame: []byte{0x86, 0}, want: []byte{0x86, 0}},
		{codec: AV1, frame: []byte{0x12, 0, 0x0a, 1, 0}, key: true, want: []byte{0x0a, 1, 0}},
		{codec: AV1, frame: []byte{0x12, 0, 0x32, 1, 0}, want: []byte{0x32, 1, 0}},
		{codec: AV1, frame: []byte{0x32, 1, 0}, want: []byte{0x32, 1, 0}},
	} {
		f := newPictureFilter(c.codec, nil)
		f.started = true
		au, ok := f.accept([][]byte{c.frame})
		require.True(t, ok)
		require.Equal(t, c.key, au.Key, "%s %x", c.codec, c.frame)
		if c.want != nil {
			require.Equal(t, c.want, au.Units[0])
		}
		_, ok = newPictureFilter(c.codec, nil).accept([][]byte{c.frame})
		require.Equal(t, c.key, ok, "only a key frame begins")
	}
	for _, units := range [][][]byte{nil, {{}}, {{1}, {2}}} {
		_, ok := newPictureFilter(VP8, nil).accept(units)
		require.False(t, ok)
	}
	_, ok := newPictureFilter(AV1, nil).accept([][]byte{{0x12, 0}})
	require.False(t, ok, "a temporal delimiter alone")
}

func TestSplitters(t *testing.T) {
	require.Equal(t, [][]byte{{1}, {2, 3}, {4}}, splitAnnexB([]byte{0, 0, 0, 1, 1, 0, 0, 1, 2, 3, 0, 0, 0, 0, 1, 4, 0}))
	require.Empty(t, splitAnnexB(nil))
	require.Empty(t, splitAnnexB([]byte{1, 2, 3}))
	require.Empty(t, splitAnnexB([]byte{0, 0, 1}))
	require.Len(t, splitAnnexB(bytes.Repeat([]byte{0, 0, 1, 9}, 2*maxUnitsPerPicture)), maxUnitsPerPicture)

	require.Equal(t, [][]byte{{1}, {2, 3}}, splitLengths([]byte{0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 2, 2, 3}))
	require.Equal(t, [][]byte{{1}}, splitLengths([]byte{0, 0, 0, 1, 1, 0, 0, 0, 9, 2, 3}), "cut short")
	require.Empty(t, splitLengths([]byte{0xff, 0xff, 0xff, 0xff, 1}))
}
