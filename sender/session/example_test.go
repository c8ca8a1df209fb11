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
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/session"
)

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
