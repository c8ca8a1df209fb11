// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/session"
)

// newCamera stands for the user's own encoder; media.NewEncoderSource has an example of
// one.
func newCamera() media.VideoEncoder { return &liveEncoder{length: 300} }

// An encoder of one's own follows the rate controller: it gets bitrates and formats,
// and requests for key frames when the controller or the receiver (by PLI or FIR) wants
// one.
func ExamplePush_encoder() {
	cfg := sender.Default()
	cfg.RateControl.Tiers = ratecontrol.DefaultTiers()
	_, err := session.Push(context.Background(), session.Options{
		URL:    "https://media.example/live/whip",
		Config: cfg,
		Open: func(ctx context.Context) (media.Source, error) {
			audio, err := media.Open(ctx, "voice.ogg")
			if err != nil {
				return nil, err
			}

			return media.NewEncoderSource(newCamera(), audio)
		},
	})
	if err != nil {
		log.Print(err)
	}
}

// A file is pushed over and over, until the user interrupts it.
func ExamplePush() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	cfg := sender.Default()
	cfg.BWE.MaxBitrate = 4 * bwe.Mbps
	summary, err := session.Push(ctx, session.Options{
		URL:   "https://media.example/live/whip",
		Token: os.Getenv("WHIP_TOKEN"),
		Open: func(ctx context.Context) (media.Source, error) {
			return media.Open(ctx, "clip.ts", media.WithOpusAudio())
		},
		Loop:   true,
		Config: cfg,
		OnStatus: func(s session.Status) {
			fmt.Printf("%v of %v, round trip %.0f ms\n", s.SentBitrate, s.Estimate, s.RTTMs)
		},
	})
	if err != nil {
		log.Print(err)
	}
	fmt.Println(summary.FramesSent, "frames sent,", summary.FramesDropped, "dropped")
}
