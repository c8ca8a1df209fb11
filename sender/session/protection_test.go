// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
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

// protectedPush is a push of 664 kbps for 20 s to an ingest that waits for 400 ms, and
// what came of it.
type protectedPush struct {
	rate bwe.Bitrate
	loss float64
	rtt  time.Duration
	fec  ratecontrol.FECMode

	summary session.Summary
	got     ingest.SessionStats
	// bytes are those of each kind of packet.
	bytes map[bwe.PacketKind]int64
	// excess is the largest share by which what left within one second, padding and
	// probes left out, was above the mean estimate of that second.
	excess float64
}

func (p *protectedPush) run(t *testing.T) {
	t.Helper()
	const buffer = 400 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		up := &path{rate: p.rate, delay: p.rtt / 2, queue: 300 * time.Millisecond, loss: p.loss, seed: 7, clear: 80}
		server, err := ingest.New(ingest.Config{
			LoggerFactory: quiet(), JitterDelay: buffer,
			ConfigureSettingEngine: on(&shaped{n.server, &path{delay: p.rtt / 2}}),
		})
		require.NoError(t, err)
		defer func() { require.NoError(t, server.Close()) }()
		p.bytes, p.excess = map[bwe.PacketKind]int64{}, -1
		cfg := sender.Default()
		cfg.BWE.StartBitrate = min(2*bwe.Mbps, p.rate)
		cfg.Protection.FEC, cfg.Protection.ReceiverBuffer = p.fec, buffer
		p.summary, err = session.Push(t.Context(), session.Options{
			URL: "http://ingest.example/whip/live", Open: scripted, Duration: 20 * time.Second, Config: cfg,
			HTTPClient: &http.Client{Transport: inProcess{server.Handler()}}, Observer: p.observe(),
			LoggerFactory: quiet(), ConfigureSettingEngine: on(&shaped{n.pusher, up}),
		})
		require.NoError(t, err)
		p.got = server.Sessions()[0]
	})
}

// observe counts bytes by kind and by second.
func (p *protectedPush) observe() bwe.Observer {
	var second, sent, estimates, updates int64
	return func(e bwe.Event) {
		if now := int64(e.Time()) / int64(time.Second); now != second {
			if second >= 3 && updates > 0 {
				p.excess = max(p.excess, float64(8*sent*updates)/float64(estimates)-1)
			}
			second, sent, estimates, updates = now, 0, 0, 0
		}
		switch e := e.(type) {
		case *bwe.SentPacket:
			p.bytes[e.Kind] += int64(e.Size)
			if e.Kind != bwe.PacketPadding && e.ProbeCluster == 0 {
				sent += int64(e.Size)
			}
		case *bwe.Update:
			estimates += int64(e.Estimate)
			updates++
		}
	}
}

// share is what a kind of packet took in proportion to the media.
func (p *protectedPush) share(kind bwe.PacketKind) float64 {
	return float64(p.bytes[kind]) / float64(p.bytes[bwe.PacketVideo]+p.bytes[bwe.PacketAudio])
}

// Whatever the loss, a short round trip needs no FEC: repeats mend all.
func TestRepeatsAloneOnAShortRoundTrip(t *testing.T) {
	for _, loss := range []float64{0.05, 0.1, 0.2} {
		p := &protectedPush{rate: 3 * bwe.Mbps, loss: loss, rtt: 20 * time.Millisecond, fec: ratecontrol.FECAuto}
		p.run(t)
		require.GreaterOrEqual(t, p.got.VideoFrames, uint64(597), "loss %g", loss)
		require.Zero(t, p.bytes[bwe.PacketFEC], "loss %g", loss)
		require.Greater(t, p.share(bwe.PacketRetransmission), 0.7*loss)
	}
}

// Where the receiver waits for one repeat only, FEC saves most of what it misses.
func TestFECOnALongRoundTrip(t *testing.T) {
	for _, tc := range []struct {
		loss  float64
		least uint64
	}{{0.05, 596}, {0.1, 588}, {0.2, 530}} {
		bare := &protectedPush{rate: 3 * bwe.Mbps, loss: tc.loss, rtt: 300 * time.Millisecond, fec: ratecontrol.FECOff}
		bare.run(t)
		p := *bare
		p.fec = ratecontrol.FECAuto
		p.run(t)
		require.Zero(t, bare.bytes[bwe.PacketFEC])
		require.Zero(t, bare.got.PacketsRecovered)
		require.Positive(t, p.got.PacketsRecovered)
		require.GreaterOrEqual(t, p.got.VideoFrames, tc.least, "loss %g", tc.loss)
		missed := func(p *protectedPush) uint64 { return p.summary.VideoFramesSent - p.got.VideoFrames }
		require.Less(t, missed(&p), max(2, missed(bare)*3/4), "loss %g", tc.loss)
		require.LessOrEqual(t, p.share(bwe.PacketFEC), 0.3, "loss %g", tc.loss)
	}
}

// On a path that media alone would fill, repeats and FEC come out of the same estimate.
func TestProtectionStaysWithinTheEstimate(t *testing.T) {
	for _, rtt := range []time.Duration{20 * time.Millisecond, 300 * time.Millisecond} {
		p := &protectedPush{rate: 700 * bwe.Kbps, loss: 0.1, rtt: rtt, fec: ratecontrol.FECAuto}
		p.run(t)
		require.Less(t, p.excess, 0.4, "round trip %v", rtt)
		require.Greater(t, p.excess, -0.2, "round trip %v", rtt)
		require.Positive(t, p.summary.FramesDropped, "round trip %v", rtt)
		require.Equal(t, rtt > 100*time.Millisecond, p.bytes[bwe.PacketFEC] > 0)
	}
}
