// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

// URIs of RTP header extensions (RFC 8285) that pion/sdp does not name. Where pion
// has the payload's codec, that one is to be used: rtp.AbsCaptureTimeExtension,
// rtp.PlayoutDelayExtension, rtp.AbsSendTimeExtension, rtp.TransportCCExtension.
const (
	// AbsCaptureTimeURI: 8 bytes of NTP time (UQ32.32), or 16 with the sender's
	// clock offset (Q32.32, signed), about once a second.
	AbsCaptureTimeURI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
	// PlayoutDelayURI: 3 bytes, least and greatest delay of 12 bits in units of
	// 10 ms.
	PlayoutDelayURI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
	// VideoTimingURI: see [VideoTiming].
	VideoTimingURI = "http://www.webrtc.org/experiments/rtp-hdrext/video-timing"
	// TransportCC02URI: see [TransportCC02].
	TransportCC02URI = "http://www.webrtc.org/experiments/rtp-hdrext/transport-wide-cc-02"
)

// URIs of the composition time, one payload under three names: see
// [CompositionTime].
const (
	CompositionTimeURI      = "uri:webrtc:rtc:rtp-hdrext:video:CompositionTime"
	VideoCompositionTimeURI = "http://www.webrtc.org/experiments/rtp-hdrext/video-composition-time"
	CompositionTimeDraftURI = "uri:ietf:rtc:rtp-hdrext:video:CompositionTime"
)

// URIs of further extensions of Tencent's servers. Their layouts are not published.
const (
	DecodingTimestampURI       = "http://www.webrtc.org/experiments/rtp-hdrext/decoding-timestamp"
	VideoFrameTypeURI          = "http://www.webrtc.org/experiments/rtp-hdrext/video-frame-type"
	MetaData01URI              = "http://www.webrtc.org/experiments/rtp-hdrext/meta-data-01"
	MetaData02URI              = "http://www.webrtc.org/experiments/rtp-hdrext/meta-data-02"
	MetaData03URI              = "http://www.webrtc.org/experiments/rtp-hdrext/meta-data-03"
	FrameSeqRangeURI           = "uri:webrtc:rtc:rtp-hdrext:video:frame-seq-range"
	FrameTypeURI               = "uri:webrtc:rtc:rtp-hdrext:video:frame-type"
	ReferenceFrameTimestampURI = "uri:webrtc:rtc:rtp-hdrext:video:reference-frame-timestamp"
	AACConfigURI               = "uri:webrtc:rtc:rtp-hdrext:audio:aac-config"
)
