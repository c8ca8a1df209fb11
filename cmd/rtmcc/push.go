// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"time"

	"github.com/rtmcc/rtmcc/internal/cli"
	"github.com/rtmcc/rtmcc/sender/session"
)

type pushCommand struct {
	File string `arg:"" optional:"" help:"File to push: MPEG-TS, MP4, H.264, H.265, Ogg Opus, IVF; with ffmpeg installed, anything it reads. Default: the bundled clip."`
	URL  string `arg:"" optional:"" help:"WHIP endpoint, http:// or https://, or webrtc://host/app/stream. Default: a receiver in this process, over loopback. One argument alone is told by its looks."`

	Rendition []string `placeholder:"FILE" sep:"none" help:"File of a set of one picture at several bitrates, in place of FILE; once for each. What fits the path is sent, from key frame to key frame. FILE@900k declares the bitrate of its video; else it is measured."`
	Encode    string   `placeholder:"x264" enum:"x264," default:"" help:"Decode FILE with ffmpeg and encode it live at the bitrate that the path carries. Needs a build with libx264."`

	Duration time.Duration `placeholder:"10s" help:"End after so much of the file. Default: at its end."`
	Loop     bool          `help:"Begin anew at the end of the file, with continuous timestamps."`
	Token    string        `env:"RTMCC_TOKEN" placeholder:"TOKEN" help:"Bearer token of the server."`

	Signalling session.Profile `enum:"auto,whip,srs,tencent,volcengine" default:"auto" placeholder:"PROFILE" help:"Protocol of the server: whip, srs, tencent, volcengine. Default: srs for webrtc:// URLs, else whip."`

	BFrames      session.BFrameMode `name:"b-frames" enum:"auto,strip,require,keep" default:"auto" help:"B-frames: auto obeys the server's answer, strip removes those that nothing refers to, require fails unless the server takes them, keep sends them all the same."`
	PlayoutDelay cli.PlayoutDelay   `placeholder:"MIN-MAX" help:"Delay that players are asked to keep, such as 0-400ms, at most 40.95s."`
	VideoTiming  bool               `help:"Tell the server what delays pictures before they leave."`

	Trace   string `type:"path" placeholder:"FILE" help:"Record every packet, feedback and decision, for \"rtmcc replay\"; .gz and .zst compress."`
	Record  string `type:"path" placeholder:"FILE" help:"Write what the receiver in this process gets, as MPEG-TS."`
	Dump    string `type:"path" placeholder:"DIR" help:"Keep what enters the packetizer and what leaves, for \"rtmcc verify\"; without a URL also what is received."`
	Metrics string `placeholder:"ADDR" help:"Serve Prometheus metrics at /metrics on this address, such as :9090."`
	JSON    bool   `name:"json" help:"Print one JSON object a second and {\"summary\":{…}} as the last line."`

	tuningFlags

	MinBitrate   cli.Bitrate `placeholder:"RATE" help:"Floor of estimate and target: 800k, 2.5M or plain bits per second. Default 30k."`
	StartBitrate cli.Bitrate `placeholder:"RATE" help:"Estimate before the first evidence. Default: half as much again as the file's own bitrate, at least 300k."`
	MaxBitrate   cli.Bitrate `placeholder:"RATE" help:"Ceiling of estimate and target. Default 20M."`
}

// tuningFlags are the flags of every command that runs an estimator.
type tuningFlags struct {
	Preset string `enum:"default,gcc" default:"default" help:"Estimator: default, or gcc to compare with."`
	Config string `type:"existingfile" placeholder:"FILE" help:"JSON file that replaces single knobs of the preset."`
}

// Help follows the list of flags.
func (pushCommand) Help() string {
	return `Frames leave in real time. When the path, or --max-bitrate, carries less than the file needs, video frames are
dropped by worth, audio never. Ctrl-C ends cleanly; a second one kills.

Examples:
  rtmcc push --duration 10s --record out.ts
  rtmcc push clip.ts https://host/whip/key --token secret --loop
  rtmcc push https://host/whip/key
  rtmcc push clip.ts webrtc://host/live/stream
  rtmcc push clip.ts "webrtc://domain/live/stream?txSecret=…&txTime=…" --signalling tencent
  rtmcc push --rendition 400k.ts --rendition 900k.ts --rendition 2m.ts https://host/whip/key
  rtmcc push --encode x264 clip.mp4 https://host/whip/key
  rtmcc push clip.mp4 --max-bitrate 800k --trace t.jsonl.gz
  rtmcc push clip.mp4 --json | jq -c '{duration_s, estimate_bps, rtt_ms}'`
}

// Run is called by kong.
func (c *pushCommand) Run(ctx context.Context, s cli.Streams) error {
	file, url, err := cli.FileAndURL(c.File, c.URL)
	if err != nil {
		return err
	}

	return cli.Push(ctx, cli.PushOptions{
		File: file, URL: url, Signalling: c.Signalling, Renditions: c.Rendition, Encode: c.Encode, Token: c.Token, Duration: c.Duration, Loop: c.Loop,
		BFrames: c.BFrames, PlayoutDelay: c.PlayoutDelay, VideoTiming: c.VideoTiming,
		Tuning: cli.Tuning{
			Preset: c.Preset, ConfigFile: c.Config, Min: c.MinBitrate, Start: c.StartBitrate, Max: c.MaxBitrate,
		},
		Trace: c.Trace, Record: c.Record, Dump: c.Dump, Metrics: c.Metrics, JSON: c.JSON,
	}, s)
}
