// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import (
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/stretchr/testify/require"
)

// parse reads one media section; lines are joined to a whole description.
func parse(t require.TestingT, lines ...string) *sdp.MediaDescription {
	var d sdp.SessionDescription
	head := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	require.NoError(t, d.UnmarshalString(head+strings.Join(lines, "\r\n")+"\r\n"))
	require.Len(t, d.MediaDescriptions, 1)

	return d.MediaDescriptions[0]
}

// video is a section with H.264 twice, H.265 without fmtp, RTX and VP8.
func video(t require.TestingT, flag string) *sdp.MediaDescription {
	return parse(t,
		"m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 100",
		"a=rtpmap:96 H264/90000",
		"a=fmtp:96 "+flag+"packetization-mode=1; profile-level-id=42e01f;",
		"a=rtpmap:97 rtx/90000",
		"a=fmtp:97 apt=96",
		"a=rtpmap:98 h264/90000",
		"a=fmtp:98 packetization-mode=0",
		"a=rtpmap:99 H265/90000",
		"a=rtcp-fb:99 nack",
		"a=rtpmap:100 VP8/90000",
	)
}

// lines returns the attributes as they are written.
func lines(m *sdp.MediaDescription) []string {
	var out []string
	for _, a := range m.Attributes {
		out = append(out, a.String())
	}

	return out
}
