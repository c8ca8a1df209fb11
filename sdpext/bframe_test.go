// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import (
	"testing"

	"github.com/pion/sdp/v3"
	"github.com/stretchr/testify/require"
)

func TestDecideBFrames(t *testing.T) {
	const unsaid, no, yes = BFramesUnsaid, BFramesUnsupported, BFramesSupported
	for _, tc := range []struct {
		source            bool
		offered, answered BFrameSupport
		want              BFrameAction
	}{
		{true, yes, no, BFramesStrip},
		{false, yes, no, BFramesForward},
		{true, yes, yes, BFramesForward},
		{false, yes, yes, BFramesForward},

		{true, yes, unsaid, BFramesUndecided},
		{false, yes, unsaid, BFramesForward},
		{true, unsaid, no, BFramesStrip},
		{true, unsaid, yes, BFramesForward},
		{true, unsaid, unsaid, BFramesUndecided},
		{true, no, yes, BFramesStrip},
		{true, no, no, BFramesStrip},
		{true, no, unsaid, BFramesStrip},
		{false, no, yes, BFramesForward},
		{false, no, no, BFramesForward},
		{false, no, unsaid, BFramesForward},
		{false, unsaid, no, BFramesForward},
		{false, unsaid, yes, BFramesForward},
		{false, unsaid, unsaid, BFramesForward},
	} {
		require.Equal(t, tc.want, DecideBFrames(tc.source, tc.offered, tc.answered),
			"source %v, offered %v, answered %v", tc.source, tc.offered, tc.answered)
	}
}

func TestReadBFrames(t *testing.T) {
	for flag, want := range map[string]BFrameSupport{
		"":                                   BFramesUnsaid,
		"BFrame-enabled=1;":                  BFramesSupported,
		"bframe-enabled=1;":                  BFramesSupported,
		"BFrame-enabled=0;":                  BFramesUnsupported,
		"BFrame-enabled=;":                   BFramesUnsaid,
		"BFrame-enabled;":                    BFramesUnsaid,
		"BFrame-enabled=2;":                  BFramesUnsaid,
		"BFrame-enabled=0;bframe-enabled=1;": BFramesUnsupported,
	} {
		m := video(t, flag)
		require.Equal(t, want, BFrames(m, 96), flag)
		require.Equal(t, want, MediaBFrames(m), flag)
		for _, other := range []uint8{97, 98, 99, 100, 101, 0} {
			require.Equal(t, BFramesUnsaid, BFrames(m, other))
		}
	}
}

func TestMediaBFramesBelievesTheStrictest(t *testing.T) {
	m := parse(t, "m=video 9 UDP/TLS/RTP/SAVPF 96 98", "a=rtpmap:96 H264/90000", "a=fmtp:96 BFrame-enabled=1",
		"a=rtpmap:98 H265/90000", "a=fmtp:98 BFrame-enabled=0")
	require.Equal(t, BFramesUnsupported, MediaBFrames(m))
}

func TestSetBFrames(t *testing.T) {
	m := video(t, "bframe-enabled=0;")
	require.Equal(t, 3, SetBFrames(m, true))
	require.Equal(t, []string{
		"rtpmap:96 H264/90000",
		"fmtp:96 BFrame-enabled=1;packetization-mode=1; profile-level-id=42e01f;",
		"rtpmap:97 rtx/90000",
		"fmtp:97 apt=96",
		"rtpmap:98 h264/90000",
		"fmtp:98 packetization-mode=0;BFrame-enabled=1",
		"rtpmap:99 H265/90000",
		"fmtp:99 BFrame-enabled=1",
		"rtcp-fb:99 nack",
		"rtpmap:100 VP8/90000",
	}, lines(m))
	require.Equal(t, BFramesSupported, MediaBFrames(m))
	require.Equal(t, 3, SetBFrames(m, false))
	require.Equal(t, BFramesUnsupported, MediaBFrames(m))
	require.Equal(t, "fmtp:96 BFrame-enabled=0;packetization-mode=1; profile-level-id=42e01f;", m.Attributes[1].String())
}

func TestSetBFramesInEveryLine(t *testing.T) {
	m := parse(t, "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=rtpmap:96 H264/90000",
		"a=fmtp:96 packetization-mode=1", "a=fmtp:96 bframe-enabled=1", "a=fmtp:x BFrame-enabled=1", "a=fmtp:96")
	require.Equal(t, 1, SetBFrames(m, false))
	require.Equal(t, []string{
		"rtpmap:96 H264/90000", "fmtp:96 packetization-mode=1", "fmtp:96 BFrame-enabled=0", "fmtp:x BFrame-enabled=1", "fmtp:96",
	}, lines(m))
}

func TestSetBFramesOfABuiltSection(t *testing.T) {
	m := (&sdp.MediaDescription{}).WithCodec(96, "H264", 90000, 0, "").WithPropertyAttribute("fmtp:96 a=1")
	require.Equal(t, 1, SetBFrames(m, true))
	require.Equal(t, []string{"rtpmap:96 H264/90000", "fmtp:96 a=1;BFrame-enabled=1"}, lines(m))

	bare := &sdp.MediaDescription{MediaName: sdp.MediaName{Media: "video", Formats: []string{"96", "300", "x"}}}
	require.Zero(t, SetBFrames(bare, true))
	require.Empty(t, bare.Attributes)
}

func TestWords(t *testing.T) {
	require.Equal(t, "unsaid unsupported supported", BFramesUnsaid.String()+" "+BFramesUnsupported.String()+" "+BFramesSupported.String())
	require.Equal(t, "forward strip undecided", BFramesForward.String()+" "+BFramesStrip.String()+" "+BFramesUndecided.String())
}

func FuzzDescription(f *testing.F) {
	f.Add("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 bframe-enabled=1;\r\na=rtcp-fb:* rrtr\r\n")
	f.Add("m=video 9 RTP/AVP 99 98\r\na=rtpmap:99 H265/90000\r\na=fmtp:99\r\na=extmap:9/recvonly uri:webrtc:rtc:rtp-hdrext:video:CompositionTime x\r\n")
	f.Add("m=audio 9 RTP/AVP 0\r\na=fmtp:\r\na=rtpmap:\r\na=extmap:0\r\na=rtcp-xr:rcvr-rtt=all:10 x\r\na=rtcp-xr\r\n")
	f.Add("m=video 9 RTP/AVP 96\r\na=rtpmap:96 H264/1\r\na=extmap:14 uri:ietf:rtc:rtp-hdrext:video:CompositionTime\r\na=extmap:14 x:y\r\n")
	f.Fuzz(func(t *testing.T, media string) {
		var d sdp.SessionDescription
		if d.UnmarshalString("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"+media) != nil || len(d.MediaDescriptions) == 0 {
			return
		}
		m := d.MediaDescriptions[0]
		if x, ok := AcceptedCompositionTime(m); ok {
			require.Contains(t, CompositionTimeURIs(), x.URI)
			require.GreaterOrEqual(t, x.ID, uint8(1))
			require.LessOrEqual(t, x.ID, uint8(14))
		}
		if SetBFrames(m, true) > 0 {
			require.Equal(t, BFramesSupported, MediaBFrames(m))
		}
		SetRRTR(m, 96, 97)
		require.True(t, HasRRTR(m, 96))
		n := len(m.Attributes)
		SetRRTR(m, 96, 97)
		require.Len(t, m.Attributes, n)
		for _, mode := range []ReceiverRTT{ReceiverRTTAll, ReceiverRTTSender, ReceiverRTTUnsaid} {
			m.Attributes = SetReceiverRTT(m.Attributes, mode)
			require.Equal(t, mode, ReadReceiverRTT(m.Attributes))
		}
	})
}
