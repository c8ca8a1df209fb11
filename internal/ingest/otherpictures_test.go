// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAssemblerVP8(t *testing.T) {
	f := newFrameTest(codecVP8)
	put := func(ts uint32, marker bool, payload ...byte) {
		f.packet(&rtpPacket{timestamp: ts, marker: marker, payload: payload})
	}
	put(1, false, 0x10, 0x00, 1) // start, key
	put(1, true, 0x00, 2)
	put(2, true, 0x30, 0x01) // start, inter frame that nothing refers to
	f.gap(1)
	put(3, true, 0x10, 0x01)
	put(4, true, 0x10, 0x00) // key
	f.gap(1)
	put(5, true, 0x00, 0x01) // its start is missing
	require.Equal(t, []bool{true, true, false, true, false}, f.decodable)
	require.Equal(t, []bool{true, true, true, true, false}, []bool{
		f.frames[0].complete, f.frames[1].complete, f.frames[2].complete, f.frames[3].complete, f.frames[4].complete,
	})
	require.Equal(t, []bool{true, false, false, true}, []bool{
		f.frames[0].key, f.frames[1].key, f.frames[2].key, f.frames[3].key,
	})
	require.True(t, f.frames[1].disposable)
}

// Of VP9 and AV1 any frame may be referred to: a gap waits for a key frame.
func TestAssemblerOtherPictures(t *testing.T) {
	for _, c := range []struct {
		codec            codec
		key, more, inter []byte
	}{
		{codecVP9, []byte{0x08, 1}, []byte{0x00, 2}, []byte{0x48, 3}},
		{codecAV1, []byte{0x18, 1}, []byte{0x90, 2}, []byte{0x10, 3}},
	} {
		t.Run(string(c.codec), func(t *testing.T) {
			f := newFrameTest(c.codec)
			put := func(ts uint32, marker bool, payload []byte) {
				f.packet(&rtpPacket{timestamp: ts, marker: marker, payload: payload})
			}
			put(1, false, c.key)
			put(1, true, c.more)
			put(2, true, c.inter)
			f.gap(1)
			put(3, true, c.inter)
			put(4, true, c.key)
			f.gap(1)
			put(5, true, c.more)
			require.Equal(t, []bool{true, true, false, true, false}, f.decodable)
			require.True(t, f.frames[0].key)
			require.False(t, f.frames[1].key)
			require.False(t, f.frames[4].complete, "its start is missing")
		})
	}
}
