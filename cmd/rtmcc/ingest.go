// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"time"

	"github.com/rtmcc/rtmcc/internal/cli"
)

type ingestCommand struct {
	Listen   string        `default:"127.0.0.1:8889" placeholder:"ADDR" help:"Address of the WHIP server. Default ${default}."`
	Token    string        `env:"RTMCC_TOKEN" placeholder:"TOKEN" help:"Bearer token that pushers have to show; none by default."`
	Record   string        `type:"path" placeholder:"FILE" help:"Write the first session, as FLV where the name ends in .flv, else as MPEG-TS; further ones get -2, -3 … into the name."`
	Dump     string        `type:"path" placeholder:"DIR" help:"Keep the packets and frames of each session, for \"rtmcc verify\"."`
	Feedback time.Duration `default:"50ms" placeholder:"50ms" help:"Interval of transport feedback, from 20ms to 500ms. Default ${default}."`
	Jitter   time.Duration `default:"400ms" placeholder:"400ms" help:"The longest that a packet is waited for, or a frame held against jitter; at most 5s. Default ${default}."`
	Hold     time.Duration `placeholder:"0s" help:"How long frames are held at least, as a player does that begins with so much in store; at most --jitter."`
	JSON     bool          `name:"json" help:"Print the statistics at the end as JSON."`

	NoBFrames bool `name:"no-b-frames" help:"Answer that B-frames are not taken, as poorer servers do."`
	NoCTS     bool `name:"no-cts" help:"Take no composition times: DTS come from the bitstream."`
	NoAAC     bool `name:"no-aac" help:"Take no AAC."`
	NoRRTR    bool `name:"no-rrtr" help:"Offer and send no receiver reference times."`
}

// Help follows the list of flags.
func (ingestCommand) Help() string {
	return `Any number of pushers may use it at once. Their statistics are at /sessions while it runs and are printed at the end,
which is Ctrl-C.

Examples:
  rtmcc ingest --listen 127.0.0.1:8889 --record out.ts
  curl -s http://127.0.0.1:8889/sessions | jq
  ffplay http://127.0.0.1:8889/live.flv`
}

// Run is called by kong.
func (c *ingestCommand) Run(ctx context.Context, s cli.Streams) error {
	return cli.Ingest(ctx, cli.IngestOptions{
		Listen: c.Listen, Token: c.Token, Record: c.Record, Dump: c.Dump, FeedbackInterval: c.Feedback, JitterDelay: c.Jitter, MinJitterDelay: c.Hold, JSON: c.JSON,
		NoBFrames: c.NoBFrames, NoCompositionTime: c.NoCTS, NoAAC: c.NoAAC, NoReferenceTimes: c.NoRRTR,
	}, s)
}
