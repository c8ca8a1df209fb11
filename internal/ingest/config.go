// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"fmt"
	"time"

	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// Config says how a [Server] behaves. The zero value is usable: every zero field
// stands for its default.
type Config struct {
	// Listen is the TCP address of the HTTP server, "host:port". Port 0 takes a free
	// one. [New] ignores it. Default 127.0.0.1:0.
	Listen string
	// Token is the bearer token (RFC 6750) that every request has to show. Empty: none
	// is asked for.
	Token string
	// Record is the path of the file that the first session with media writes, FLV where
	// it ends in .flv and else MPEG-TS; later sessions write to the same name with -2, -3 … before the extension. Empty:
	// nothing is recorded.
	Record string

	// NewDump, where not nil, makes the dump of a session when its first stream comes.
	NewDump func() (Dump, error)

	// FeedbackInterval is the time between two transport-wide congestion control
	// feedbacks (draft-holmer-rmcat-transport-wide-cc-extensions-01). Range 20 ms to
	// 500 ms, default 50 ms.
	FeedbackInterval time.Duration
	// JitterDelay is the longest that a missing packet is waited for, counted from the
	// arrival of the first packet behind it, and the longest that a frame is held against
	// jitter. What the path asks for is measured: mostly it is less. At most 5 s,
	// default 400 ms.
	JitterDelay time.Duration
	// MinJitterDelay is how long frames are held at least, from the first on, at most
	// JitterDelay. A player that begins with so much in store sees no more than the
	// count of freezes then says; without it, every packet that has to be repeated
	// twice over a long path is a freeze. Default 0.
	MinJitterDelay time.Duration
	// ReportInterval is the time between two receiver reference time reports
	// (RFC 3611, section 4.4) of a track. Range 100 ms to 1 min, default 1 s.
	ReportInterval time.Duration
	// ConnectTimeout ends a session whose connection was not established in this time.
	// Default 30 s.
	ConnectTimeout time.Duration
	// MaxSessions bounds the live sessions; further offers are answered by 503.
	// Default 64.
	MaxSessions int
	// History bounds the ended sessions that are remembered. Default 64.
	History int

	// NoBFrames answers that B-frames are not taken, NoCompositionTime takes no
	// composition times, NoAAC no AAC, NoReferenceTimes offers no receiver reference
	// times and sends none: what poorer servers do.
	NoBFrames         bool
	NoCompositionTime bool
	NoAAC             bool
	NoReferenceTimes  bool

	// LoggerFactory takes every log line. Default: pion's, which reads PION_LOG_*.
	LoggerFactory logging.LoggerFactory
	// ConfigureSettingEngine, when set, is called last on the setting engine of every
	// session: the place for a virtual network or for ICE settings.
	ConfigureSettingEngine func(*webrtc.SettingEngine)
}

// What is no knob: figures that follow from a standard or bound memory.
const (
	// freezeThreshold is the longest time between two decodable frames that a viewer
	// does not see as a freeze.
	freezeThreshold = 200 * time.Millisecond
	// keyFrameWait is how long a stream may be without a decodable frame before a key
	// frame is asked for, and keyFrameRetry the time between two such requests.
	keyFrameWait  = 300 * time.Millisecond
	keyFrameRetry = time.Second
	// drainQuiet is the silence after which a stopping pusher's packets are taken to
	// have arrived. It has to outlast a stall of the reading side, too.
	drainQuiet = 200 * time.Millisecond
	// closeTimeout bounds the shutdown of one session.
	closeTimeout = 5 * time.Second
	// gatherTimeout bounds ICE gathering before an answer.
	gatherTimeout = 5 * time.Second
	// maxOfferSize bounds the body of a request, in bytes.
	maxOfferSize = 256 << 10
	// replayWindow is the SRTP replay window in packets (RFC 3711, section 3.3.2). The
	// default of 64 refuses a repeat on the media SSRC that comes a round trip late.
	replayWindow = 2048
	// rtpBufferSize and rtcpBufferSize bound what waits for a reader, in bytes per
	// SSRC; they are pion's own defaults.
	rtpBufferSize  = 1000 * 1000
	rtcpBufferSize = 100 * 1000
)

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}

	return v
}

func (c Config) withDefaults() (Config, error) {
	c.Listen = orDefault(c.Listen, "127.0.0.1:0")
	c.FeedbackInterval = orDefault(c.FeedbackInterval, 50*time.Millisecond)
	c.JitterDelay = orDefault(c.JitterDelay, 400*time.Millisecond)
	c.ReportInterval = orDefault(c.ReportInterval, time.Second)
	c.ConnectTimeout = orDefault(c.ConnectTimeout, 30*time.Second)
	c.MaxSessions = orDefault(c.MaxSessions, 64)
	c.History = orDefault(c.History, 64)
	if c.LoggerFactory == nil {
		c.LoggerFactory = logging.NewDefaultLoggerFactory()
	}
	for _, r := range []struct {
		name          string
		value, lo, hi time.Duration
	}{
		{"feedback interval", c.FeedbackInterval, 20 * time.Millisecond, 500 * time.Millisecond},
		{"jitter delay", c.JitterDelay, 0, 5 * time.Second},
		{"least jitter delay", c.MinJitterDelay, 0, c.JitterDelay},
		{"report interval", c.ReportInterval, 100 * time.Millisecond, time.Minute},
		{"connect timeout", c.ConnectTimeout, time.Second, time.Hour},
	} {
		if r.value < r.lo || r.value > r.hi {
			return c, fmt.Errorf("ingest: %s %v is outside %v to %v", r.name, r.value, r.lo, r.hi)
		}
	}
	if c.MaxSessions < 0 || c.History < 0 {
		return c, fmt.Errorf("ingest: session limits must not be negative: %d live, %d remembered", c.MaxSessions, c.History)
	}

	return c, nil
}
