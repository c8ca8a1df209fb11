// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"fmt"
	"slices"

	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sender"
)

// newMediaEngine offers the formats of tracks and nothing else.
//
// RTX is registered last, so that it gets no rtcp-fb lines of its own. Audio goes without: libwebrtc
// (WebRtcVoiceReceiveChannel) refuses an offer in which an audio stream has two SSRCs.
func (o *Options) newMediaEngine(tracks []*track, f *sender.Factory) (*webrtc.MediaEngine, error) {
	engine := &webrtc.MediaEngine{}
	for _, t := range tracks {
		for _, way := range t.formats {
			c := webrtc.RTPCodecParameters{RTPCodecCapability: way.capability, PayloadType: way.payload}
			if err := engine.RegisterCodec(c, t.rtpKind()); err != nil {
				return nil, err
			}
		}
	}
	if err := f.ConfigureMediaEngine(engine); err != nil {
		return nil, err
	}
	if err := f.ConfigureFEC(engine); err != nil {
		return nil, err
	}
	for _, t := range tracks {
		for _, uri := range slices.Concat(o.extensionURIs(t)...) {
			if err := engine.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, t.rtpKind()); err != nil {
				return nil, err
			}
		}
		if !t.codec.Video() {
			continue
		}
		for _, way := range t.formats {
			rtx := webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeRTX, ClockRate: way.capability.ClockRate, SDPFmtpLine: fmt.Sprintf("apt=%d", way.payload),
			}
			c := webrtc.RTPCodecParameters{RTPCodecCapability: rtx, PayloadType: way.payload + 1}
			if err := engine.RegisterCodec(c, t.rtpKind()); err != nil {
				return nil, err
			}
		}
	}

	return engine, nil
}
