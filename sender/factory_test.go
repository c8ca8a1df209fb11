// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"strings"
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/ratecontrol"
)

func TestFECIsOfferedUnlessItIsOff(t *testing.T) {
	for mode, offered := range map[ratecontrol.FECMode]bool{
		ratecontrol.FECAuto: true, ratecontrol.FECOn: true, ratecontrol.FECOff: false,
	} {
		cfg := Default()
		cfg.Protection.FEC = mode
		f, err := NewFactory(WithConfig(cfg), WithLoggerFactory(quiet()))
		require.NoError(t, err)
		m := &webrtc.MediaEngine{}
		require.NoError(t, m.RegisterDefaultCodecs())
		require.NoError(t, f.ConfigureMediaEngine(m))
		require.NoError(t, f.ConfigureFEC(m))
		// An empty registry keeps pion from adding feedback of its own.
		api := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
		pc, err := api.NewPeerConnection(webrtc.Configuration{})
		require.NoError(t, err)
		video, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "v", "v")
		require.NoError(t, err)
		_, err = pc.AddTrack(video)
		require.NoError(t, err)
		offer, err := pc.CreateOffer(nil)
		require.NoError(t, err)
		for _, line := range []string{"a=rtpmap:118 flexfec-03/90000", "a=fmtp:118 repair-window=10000000", "a=ssrc-group:FEC-FR "} {
			require.Equal(t, offered, strings.Contains(offer.SDP, line), "%s: %s", mode, line)
		}
		require.NotContains(t, offer.SDP, "a=rtcp-fb:118 ", "FEC has no feedback of its own")
		require.NoError(t, pc.GracefulClose())
	}
}
