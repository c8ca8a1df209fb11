// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ingest"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/session"
)

// protected is what came of a push of 664 kbps over 3 Mbps.
type protected struct {
	summary session.Summary
	got     ingest.SessionStats
	// bytes are those of each kind of packet.
	bytes map[bwe.PacketKind]int64
	// worst is the largest share of the estimate that left within a second, of all kinds.
	worst float64
}

// overLoss pushes 20 s to an ingest that waits for buffer.
func overLoss(t *testing.T, mode ratecontrol.FECMode, loss float64, rtt, buffer time.Duration) (p protected) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		up := &path{rate: 3 * bwe.Mbps, delay: rtt / 2, queue: 300 * time.Millisecond, loss: loss, seed: 7, clear: 40}
		server, err := ingest.New(ingest.Config{
			LoggerFactory: quiet(), JitterDelay: buffer,
			ConfigureSettingEngine: on(&shaped{n.server, &path{delay: rtt / 2}}),
		})
		require.NoError(t, err)
		defer func() { require.NoError(t, server.Close()) }()
		p.bytes = map[bwe.PacketKind]int64{}
		cfg := sender.Default()
		cfg.BWE.StartBitrate = 2 * bwe.Mbps
		cfg.Protection.FEC, cfg.Protection.ReceiverBuffer = mode, buffer
		p.summary, err = session.Push(t.Context(), session.Options{
			URL: "http://ingest.example/whip/live", Open: scripted, Duration: 20 * time.Second, Config: cfg,
			HTTPClient: &http.Client{Transport: inProcess{server.Handler()}}, Observer: func(e bwe.Event) {
				if s, ok := e.(*bwe.SentPacket); ok {
					p.bytes[s.Kind] += int64(s.Size)
				}
			},
			LoggerFactory: quiet(), ConfigureSettingEngine: on(&shaped{n.pusher, up}),
		})
		require.NoError(t, err)
		p.got = server.Sessions()[0]
	})

	return p
}

func TestProtectionTable(t *testing.T) {
	for _, rtt := range []time.Duration{20 * time.Millisecond, 300 * time.Millisecond} {
		for _, loss := range []float64{0.05, 0.1, 0.2} {
			for _, mode := range []ratecontrol.FECMode{ratecontrol.FECOff, ratecontrol.FECAuto, ratecontrol.FECOn} {
				p := overLoss(t, mode, loss, rtt, 400*time.Millisecond)
				media := p.bytes[bwe.PacketVideo] + p.bytes[bwe.PacketAudio]
				fmt.Printf("rtt %v loss %v %s: sent %d got %d decodable %d lost %d recovered %d late %d rtx %.3f fec %.3f pad %.3f dropped %d loss %.3f estimate %v state %v\n",
					rtt, loss, mode, p.summary.VideoFramesSent, p.got.VideoFrames, p.got.FramesDecodable, p.got.PacketsLost, p.got.PacketsRecovered, p.got.PacketsLate,
					float64(p.bytes[bwe.PacketRetransmission])/float64(media), float64(p.bytes[bwe.PacketFEC])/float64(media),
					float64(p.bytes[bwe.PacketPadding])/float64(media), p.summary.FramesDropped, p.summary.Loss, p.summary.Estimate, 0)
			}
		}
	}
}
