// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender/media"
)

func pushed() []*track {
	return []*track{
		offeredTrack(media.Track{Codec: media.H264, ClockRate: 90000, BFrames: true}, &Options{}),
		offeredTrack(media.Track{Codec: media.Opus, ClockRate: 48000, Channels: 2}, &Options{}),
	}
}

func offeredTrack(t media.Track, o *Options) *track {
	formats, err := o.formats(t)
	if err != nil {
		panic(err)
	}
	kind := ratecontrol.Audio
	if t.Codec.Video() {
		kind = ratecontrol.Video
	}

	return &track{source: t, codec: t.Codec, kind: kind, formats: formats}
}

const (
	session  = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
	goodMid  = "a=mid:1\r\n"
	goodHead = "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"
	goodBody = "a=recvonly\r\na=rtpmap:111 OPUS/48000/2\r\na=rtpmap:63 rtx/48000\r\na=fmtp:63 apt=111;x=y\r\n"
)

func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		media   string
		refused string
		rtx     int
	}{
		"taken":             {media: goodHead + goodMid + goodBody, rtx: 63},
		"without a mid":     {media: "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" + goodHead + goodBody, rtx: 63},
		"in another place":  {media: goodHead + goodMid + goodBody + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n", rtx: 63},
		"sent and received": {media: goodHead + goodMid + strings.Replace(goodBody, "recvonly", "sendrecv", 1), rtx: 63},
		"no RTX":            {media: "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" + goodMid + "a=rtpmap:111 opus/48000/2\r\n"},
		"RTX of another":    {media: goodHead + goodMid + strings.Replace(goodBody, "apt=111", "apt=96", 1)},
		"port zero":         {media: "m=audio 0 UDP/TLS/RTP/SAVPF 111 63\r\n" + goodMid + goodBody, refused: "rejects"},
		"inactive":          {media: goodHead + goodMid + strings.Replace(goodBody, "recvonly", "inactive", 1), refused: "inactive"},
		"only sends":        {media: goodHead + goodMid + strings.Replace(goodBody, "recvonly", "sendonly", 1), refused: "sendonly"},
		"another codec":     {media: "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n" + goodMid + "a=rtpmap:0 PCMU/8000\r\n", refused: "does not take opus"},
		"no codec":          {media: "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" + goodMid, refused: "does not take opus"},
		"left out":          {media: "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n", refused: "leaves it out"},
		"another mid":       {media: goodHead + "a=mid:7\r\n" + goodBody, refused: "leaves it out"},
	} {
		t.Run(name, func(t *testing.T) {
			verdicts, err := (&Options{}).readAnswer(session+c.media, pushed(), []string{"0", "1"})
			require.NoError(t, err)
			require.EqualValues(t, c.rtx, verdicts[1].rtx)
			if c.refused == "" {
				require.Empty(t, verdicts[1].refused)
			} else {
				require.Contains(t, verdicts[1].refused, c.refused)
			}
		})
	}
	_, err := (&Options{}).readAnswer("<html>", pushed(), []string{"0", "1"})
	require.ErrorContains(t, err, "no valid SDP")
}

func FuzzAnswer(f *testing.F) {
	f.Add(session + goodHead + goodMid + goodBody)
	f.Add(session + "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=fmtp:256 apt=\r\na=rtpmap:\r\n")
	f.Add(session + "m=audio 9 UDP/TLS/RTP/SAVPF 102 100 104 111\r\na=mid:1\r\na=rtpmap:100 MP4A-ADTS/48000/2\r\n" +
		"a=fmtp:100 config=4000242000;cpresent=0\r\na=rtpmap:102 MP4A-LATM/48000/2\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:102 nack\r\n")
	f.Fuzz(func(t *testing.T, answer string) {
		tracks, o := pushed(), &Options{}
		tracks[1] = offeredTrack(media.Track{Codec: media.AAC, Config: []byte{0x11, 0x90}}, o)
		c := &connection{push: &push{tracks: tracks, o: o}, mids: []string{"0", "1"}}
		var err error
		if c.verdicts, err = o.readAnswer(answer, tracks, c.mids); err != nil {
			return
		}
		require.Len(t, c.verdicts, 2)
		rewritten, err := c.forPion(answer)
		if err != nil || c.verdicts[1].refused != "" {
			return
		}
		// What pion is told is what was chosen.
		again, err := o.readAnswer(rewritten, tracks, c.mids)
		require.NoError(t, err)
		require.Equal(t, c.verdicts[1].format, again[1].format)
	})
}

func TestProfiles(t *testing.T) {
	for want, sets := range map[string][][]byte{
		"64001e": {{0x68, 1, 2, 3}, {0x67, 0x64, 0x00, 0x1e, 0xac}},
		"42e01f": {{0x67, 0x64, 0x00}, nil},
		"4d0028": {{0x27, 0x4d, 0x00, 0x28}},
	} {
		require.Equal(t, want, h264Profile(sets))
	}
	require.Equal(t, baselineProfile, h264Profile(nil))
	mono := opusFormat(1).capability
	require.EqualValues(t, 2, mono.Channels)
	require.NotContains(t, mono.SDPFmtpLine, "stereo")
}
