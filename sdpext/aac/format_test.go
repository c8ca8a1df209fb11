// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package aac

import (
	"encoding/hex"
	"testing"

	"github.com/pion/sdp/v3"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func section(t require.TestingT, lines ...string) *sdp.MediaDescription {
	text := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	for _, l := range lines {
		text += l + "\r\n"
	}
	var d sdp.SessionDescription
	require.NoError(t, d.UnmarshalString(text))
	require.Len(t, d.MediaDescriptions, 1)

	return d.MediaDescriptions[0]
}

func TestFormatsOfAServer(t *testing.T) {
	formats := Formats(section(t,
		"m=audio 9 UDP/TLS/RTP/SAVPF 111 123 117 124 97 98",
		"a=rtpmap:111 opus/48000/2",
		"a=rtpmap:123 MP4A-ADTS/44100/2",
		"a=fmtp:123 PS-enabled=0;SBR-enabled=0;config=40002420adca1fe0;cpresent=0;object=2;profile-level-id=1;stereo=1",
		"a=rtpmap:117 MP4A-LATM/44100/2",
		"a=fmtp:117 PS-enabled=0;SBR-enabled=0;config=4000242000;cpresent=0;object=2;stereo=0",
		"a=rtpmap:124 MP4A-LATM/44100/2",
		"a=fmtp:124 config=40005724101fe0; cpresent=0; object=2; SBR-enabled=0",
		"a=rtpmap:97 mpeg4-generic/48000/2",
		"a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190",
		"a=rtpmap:98 MP4A-LATM/90000",
		"a=fmtp:98 cpresent=1",
	))
	none := extended(lc(44100, 2), BackwardCompatible, 0, 0)
	cut := NewStreamMuxConfig(lc(44100, 2))
	cut.Truncated = true
	require.Equal(t, []Format{
		{Form: ADTS, PayloadType: 123, ClockRate: 44100, Mux: NewStreamMuxConfig(none)},
		{Form: LATM, PayloadType: 117, ClockRate: 44100, Mux: cut},
		// The flags say AAC-LC, the configuration HE-AAC.
		{Form: LATM, PayloadType: 124, ClockRate: 44100, Mux: NewStreamMuxConfig(extended(lc(22050, 2), Hierarchical, sbr, 44100))},
		{Form: Generic, PayloadType: 97, ClockRate: 48000, Mux: NewStreamMuxConfig(lc(48000, 2)), Header: HighRate},
	}, formats)
}

func TestFormatInSDP(t *testing.T) {
	none := extended(lc(44100, 2), BackwardCompatible, 0, 0)
	for _, tc := range []struct {
		format Format
		want   sdp.Codec
	}{
		{NewFormat(ADTS, 123, none), sdp.Codec{
			PayloadType: 123, Name: "MP4A-ADTS", ClockRate: 44100, EncodingParameters: "2",
			Fmtp: "PS-enabled=0;SBR-enabled=0;config=40002420adca1fe0;cpresent=0;object=2;profile-level-id=1;stereo=1",
		}},
		{NewFormat(LATM, 117, extended(lc(24000, 1), Hierarchical, ps, 48000)), sdp.Codec{
			PayloadType: 117, Name: "MP4A-LATM", ClockRate: 48000, EncodingParameters: "2",
			Fmtp: "PS-enabled=1;SBR-enabled=1;config=4001d613101fe0;cpresent=0;object=29;profile-level-id=1;stereo=1",
		}},
		{NewFormat(LATM, 117, lc(48000, 1)), sdp.Codec{
			PayloadType: 117, Name: "MP4A-LATM", ClockRate: 48000,
			Fmtp: "PS-enabled=0;SBR-enabled=0;config=400023103fc0;cpresent=0;object=2;profile-level-id=1;stereo=0",
		}},
		{NewFormat(Generic, 97, extended(lc(22050, 2), Hierarchical, sbr, 44100)), sdp.Codec{
			PayloadType: 97, Name: "mpeg4-generic", ClockRate: 44100, EncodingParameters: "2",
			Fmtp: "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=2b920800",
		}},
	} {
		c, err := tc.format.Codec()
		require.NoError(t, err)
		require.Equal(t, tc.want, c)
		back, err := ParseFormat(c)
		require.NoError(t, err)
		require.Equal(t, tc.format, back)
	}
	for _, form := range []Form{LATM, Generic} {
		_, err := Format{Form: form}.Codec()
		require.ErrorIs(t, err, ErrConfig)
	}
}

func TestFormatWithoutConfig(t *testing.T) {
	for fmtp, want := range map[string]Config{
		"":                             lc(48000, 2),
		"config=":                      lc(48000, 2),
		"config=4000":                  lc(48000, 2),
		"config=zz;object=2":           lc(48000, 2),
		"object=5":                     extended(lc(24000, 2), Hierarchical, sbr, 48000),
		"SBR-enabled=1":                extended(lc(24000, 2), Hierarchical, sbr, 48000),
		"object=29":                    extended(lc(24000, 1), Hierarchical, ps, 48000),
		"PS-enabled=1;SBR-enabled=1":   extended(lc(24000, 1), Hierarchical, ps, 48000),
		"ps-enabled=0;sbr-enabled = 1": extended(lc(24000, 2), Hierarchical, sbr, 48000),
	} {
		f, err := ParseFormat(sdp.Codec{Name: "mp4a-latm", ClockRate: 48000, EncodingParameters: "2", Fmtp: fmtp})
		require.NoError(t, err, fmtp)
		require.True(t, f.Guessed, fmtp)
		require.Equal(t, want, f.Mux.Config, fmtp)
	}
	f, err := ParseFormat(sdp.Codec{Name: "MP4A-ADTS", ClockRate: 48000, Fmtp: "stereo=1"})
	require.NoError(t, err)
	require.Equal(t, 2, f.Mux.Config.Channels())
	f, err = ParseFormat(sdp.Codec{Name: "MP4A-ADTS", ClockRate: 48000, Fmtp: "config=40002420a;stereo=1"})
	require.NoError(t, err)
	require.False(t, f.Guessed)
	require.Equal(t, 44100, f.Mux.Config.OutputRate())
}

func TestFormatRefused(t *testing.T) {
	for name, c := range map[string]sdp.Codec{
		"opus":         {Name: "opus", ClockRate: 48000},
		"rate":         {Name: "MP4A-LATM"},
		"in band":      {Name: "MP4A-LATM", ClockRate: 48000, Fmtp: "cpresent=1"},
		"size":         {Name: "mpeg4-generic", ClockRate: 48000, Fmtp: "sizelength=0;config=1190"},
		"wide":         {Name: "mpeg4-generic", ClockRate: 48000, Fmtp: "sizelength=17;config=1190"},
		"no number":    {Name: "mpeg4-generic", ClockRate: 48000, Fmtp: "indexlength=x;config=1190"},
		"CTS":          {Name: "mpeg4-generic", ClockRate: 48000, Fmtp: "CTSDeltaLength=16;config=1190"},
		"constantSize": {Name: "mpeg4-generic", ClockRate: 48000, Fmtp: "constantSize=100;config=1190"},
	} {
		_, err := ParseFormat(c)
		require.ErrorIs(t, err, ErrFormat, name)
	}
	_, err := ParseFormat(sdp.Codec{Name: "MP4A-LATM", ClockRate: 48000, Fmtp: "config=c0002420adca1fe0"})
	require.ErrorIs(t, err, ErrConfig)
}

func TestFormatRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := NewFormat(Form(rapid.IntRange(0, 2).Draw(t, "form")), uint8(rapid.IntRange(0, 127).Draw(t, "payload type")), configs().Draw(t, "config"))
		c, err := f.Codec()
		require.NoError(t, err)
		back, err := ParseFormat(c)
		require.NoError(t, err)
		require.Equal(t, f, back)
	})
}

func FuzzFormat(f *testing.F) {
	for _, name := range []string{"MP4A-LATM", "mp4a-adts", "mpeg4-generic"} {
		f.Add(name, uint32(44100), "2", "config=40002420adca1fe0;cpresent=0;object=2")
		f.Add(name, uint32(48000), "", "object=29;config="+hex.EncodeToString([]byte{0x11, 0x90}))
		f.Add(name, uint32(1), "9", "sizelength=6;indexlength=2;indexdeltalength=2;config=4")
	}
	f.Fuzz(func(t *testing.T, name string, rate uint32, channels, fmtp string) {
		format, err := ParseFormat(sdp.Codec{Name: name, ClockRate: rate, EncodingParameters: channels, Fmtp: fmtp})
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, format.Mux.Config.FrameSamples(), 0)
		c, err := format.Codec()
		require.NoError(t, err)
		_, err = ParseFormat(c)
		require.NoError(t, err)
		_, err = NewDepacketizer(format)
		require.NoError(t, err)
	})
}
