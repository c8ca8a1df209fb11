// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/sdpext/aac"
	"github.com/rtmcc/rtmcc/sender/media"
)

// aacStream describes AAC as an SDP would.
func aacStream(t *testing.T, form aac.Form) (*stream, rtp.Payloader) {
	t.Helper()
	var c aac.Config
	c.Core = mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2}
	f := aac.NewFormat(form, 97, c)
	codec, err := f.Codec()
	require.NoError(t, err)
	p, err := aac.NewPayloader(f)
	require.NoError(t, err)

	return &stream{MimeType: "audio/" + codec.Name, ClockRate: codec.ClockRate, Channels: 2, Fmtp: codec.Fmtp}, p
}

// TestEveryCodecIsPutTogetherAgain: what goes into a payloader comes out, whole, and
// nothing where its last packet is missing.
func TestEveryCodecIsPutTogetherAgain(t *testing.T) {
	type codec struct {
		stream    *stream
		payloader rtp.Payloader
		head      []byte
	}
	all := map[string]codec{
		"H264": {&stream{MimeType: "video/H264"}, &codecs.H264Payloader{}, []byte{0x41}},
		"H265": {&stream{MimeType: "video/h265"}, &codecs.H265Payloader{SkipAggregation: true}, []byte{2, 1}},
		"VP8":  {&stream{MimeType: "video/VP8"}, &codecs.VP8Payloader{EnablePictureID: true}, []byte{0x10}},
		"opus": {&stream{MimeType: "audio/opus"}, &codecs.OpusPayloader{}, []byte{0xfc}},
	}
	for _, form := range []aac.Form{aac.ADTS, aac.LATM, aac.Generic} {
		s, p := aacStream(t, form)
		all[form.String()] = codec{s, p, []byte{0x21}}
	}
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				limit := 4000
				if name == "opus" {
					limit = 1000 // one packet
				}
				unit := append(append([]byte{}, c.head...), rapid.SliceOfN(rapid.ByteRange(1, 255), 1, limit).Draw(t, "unit")...)
				payloads := c.payloader.Payload(1180, unit)
				got, known, err := depacketize(c.stream, payloads)
				require.NoError(t, err)
				require.True(t, known)
				require.Equal(t, newBitstream(codecOf(c.stream.MimeType), [][]byte{unit}).data, got)
				if len(payloads) > 1 {
					got, _, _ = depacketize(c.stream, payloads[:len(payloads)-1])
					require.NotEqual(t, unit, got)
				}
			})
		})
	}
	_, known, err := depacketize(&stream{MimeType: "video/AV1"}, [][]byte{{1}})
	require.NoError(t, err)
	require.False(t, known)
}

func TestLocate(t *testing.T) {
	b := newBitstream(media.H264, [][]byte{{9, 0xf0}, {0x67, 1, 2}, {}, {0x65, 1, 2, 3}})
	for offset, want := range map[int][2]int{4: {1, 0}, 6: {1, 2}, 7: {1, 3}, 11: {3, 0}, 14: {3, 3}, 15: {3, 4}} {
		unit, within := b.locate(offset)
		require.Equal(t, want, [2]int{unit, within}, "offset %d", offset)
	}
	require.Equal(t, -1, firstDifference([]byte{1, 2}, []byte{1, 2}))
	require.Equal(t, 1, firstDifference([]byte{1, 2}, []byte{1, 3}))
	require.Equal(t, 2, firstDifference([]byte{1, 2}, []byte{1, 2, 3}))
	require.Equal(t, 0, firstDifference(nil, []byte{1}))
}
