// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/signalling"
)

// Options says what to push, where, and how. URL and Open are required; every other
// field's zero value stands for its default.
type Options struct {
	// URL is where to push to, in the form that the profile takes: for WHIP the endpoint,
	// http or https; for the others the stream, webrtc://host/app/stream.
	URL string
	// Signalling is the protocol by which offer and answer travel. Default
	// [ProfileAuto].
	Signalling Profile
	// Trickle rules whether the offer may leave before all candidates were found.
	// Default [TrickleAuto].
	Trickle TrickleMode
	// Token is the bearer token; empty for none.
	Token string
	// Open opens the source, with Loop again at each of its ends.
	Open func(ctx context.Context) (media.Source, error)
	// Loop starts the source anew at its end, with continuous timestamps.
	Loop bool
	// Duration ends the push once so much of the source was sent; zero plays to the
	// end.
	Duration time.Duration
	// BFrames says what becomes of the source's B-frames. Default [BFramesAuto].
	BFrames BFrameMode
	// ConvertAudio returns a source that is like source but for one track, by index, which
	// is in Opus; it takes source over, and ctx bounds its life. It is called where the
	// source has AAC and the server takes Opus alone. Nil converts nothing; see
	// [media.ConvertAudio].
	ConvertAudio func(ctx context.Context, source media.Source, track int) (media.Source, error)
	// PlayoutDelay asks receivers for a delay; nil leaves it to them.
	PlayoutDelay *PlayoutDelay
	// VideoTiming offers to tell receivers what delays pictures before they are sent.
	VideoTiming bool
	// Config is the congestion control. Default [sender.Default].
	Config sender.Config
	// HTTP holds the limits of the signalling. Default [signalling.Default].
	HTTP signalling.Config
	// Reconnect rules what happens when the connection fails.
	Reconnect ReconnectConfig
	// Limits bounds every wait of a push.
	Limits LimitsConfig
	// ICEServers are used beside those that the server names; their addresses must pass
	// [signalling.ParseICEURL].
	ICEServers []webrtc.ICEServer
	// Observer is shown every event of the senders and of the session, in order, one
	// at a time. It copies what it keeps and must return soon.
	Observer bwe.Observer
	// OnStatus is called once a second from the first connection on, from one
	// goroutine, which is not the observer's.
	OnStatus func(Status)
	// Dump, where not nil, is shown the media before the packetizer and the packets
	// that leave.
	Dump Dumper
	// HTTPClient does the signalling. Default: one that keeps no idle connection.
	HTTPClient *http.Client
	// LoggerFactory makes the loggers. Default: pion's.
	LoggerFactory logging.LoggerFactory
	// ConfigureSettingEngine changes a connection's transport before it is made.
	ConfigureSettingEngine func(*webrtc.SettingEngine)
}

// ReconnectConfig holds the knobs of reconnection. A zero field takes its default.
type ReconnectConfig struct {
	// Disabled ends the push where its connection or its first attempt fails.
	Disabled bool
	// InitialDelay is the pause after the first failed attempt. Default 500 ms.
	InitialDelay time.Duration
	// MaxDelay bounds the pause, which doubles with each failed attempt. Default 10 s.
	MaxDelay time.Duration
	// Jitter spreads each pause by that share of itself to both sides, from 0 to 1,
	// so that pushers that lost one server do not come back in step. Default 0.25.
	Jitter float64
	// MaxAttempts is how many attempts one outage may take. Default 10.
	MaxAttempts int
	// MaxOutage is how long one outage may last. Default 2 min.
	MaxOutage time.Duration
}

// LimitsConfig bounds every wait of a push. A zero field takes its default.
type LimitsConfig struct {
	// Gather bounds the gathering of ICE candidates; the offer then goes out with
	// those found. Default 3 s.
	Gather time.Duration
	// Trickle is how long an offer waits for candidates where the server can be told of
	// the others later, at most Gather. Default 250 ms, within which a STUN server that
	// is not far has answered.
	Trickle time.Duration
	// Connect bounds the time from the answer to a connection. Default 15 s.
	Connect time.Duration
	// Disconnected is how long a connection may be without a sign of life, beyond
	// the 5 s after which ICE says so, before it is given up. Default 3 s.
	Disconnected time.Duration
	// Restart bounds an ICE restart, which is tried before a connection is given up, from
	// its start to a connection. Default 5 s.
	Restart time.Duration
	// Drain bounds the wait for the pacer's queue at the end. Default 5 s.
	Drain time.Duration
	// LingerMin and LingerMax bound the wait for the last repeats after the queue
	// drained, which is two round trips and one NACK interval of common servers.
	// Defaults 300 ms and 500 ms.
	LingerMin, LingerMax time.Duration
	// Delete bounds the end of the server's session. Default 5 s.
	Delete time.Duration
	// Close bounds the closing of a PeerConnection. Default 5 s.
	Close time.Duration
}

// ErrOptions is wrapped by errors about [Options].
var ErrOptions = errors.New("session: invalid options")

func (o *Options) setDefaults() {
	if reflect.ValueOf(o.Config).IsZero() {
		o.Config = sender.Default()
	}
	if o.HTTP == (signalling.Config{}) {
		o.HTTP = signalling.Default()
	}
	orDefault(&o.Signalling, ProfileAuto)
	orDefault(&o.Trickle, TrickleAuto)
	orDefault(&o.BFrames, BFramesAuto)
	if o.LoggerFactory == nil {
		o.LoggerFactory = logging.NewDefaultLoggerFactory()
	}
	r, l := &o.Reconnect, &o.Limits
	orDefault(&r.InitialDelay, 500*time.Millisecond)
	orDefault(&r.MaxDelay, 10*time.Second)
	orDefault(&r.Jitter, 0.25)
	orDefault(&r.MaxAttempts, 10)
	orDefault(&r.MaxOutage, 2*time.Minute)
	orDefault(&l.Gather, 3*time.Second)
	orDefault(&l.Trickle, 250*time.Millisecond)
	orDefault(&l.Connect, 15*time.Second)
	orDefault(&l.Disconnected, 3*time.Second)
	orDefault(&l.Restart, 5*time.Second)
	orDefault(&l.Drain, 5*time.Second)
	orDefault(&l.LingerMin, 300*time.Millisecond)
	orDefault(&l.LingerMax, 500*time.Millisecond)
	orDefault(&l.Delete, 5*time.Second)
	orDefault(&l.Close, 5*time.Second)
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (o *Options) validate() error {
	if err := o.Config.Validate(); err != nil {
		return err
	}
	if err := o.PlayoutDelay.validate(); err != nil {
		return err
	}
	for _, server := range o.ICEServers {
		for _, address := range server.URLs {
			if _, err := signalling.ParseICEURL(address); err != nil {
				return fmt.Errorf("%w: %w", ErrOptions, err)
			}
		}
	}
	r, l := &o.Reconnect, &o.Limits
	switch {
	case !slices.Contains([]BFrameMode{BFramesAuto, BFramesStrip, BFramesRequire, BFramesKeep}, o.BFrames):
		return fmt.Errorf("%w: B-frames %q is none of %s, %s, %s, %s",
			ErrOptions, o.BFrames, BFramesAuto, BFramesStrip, BFramesRequire, BFramesKeep)
	case o.Open == nil:
		return fmt.Errorf("%w: Open is missing, which opens the source", ErrOptions)
	case o.Trickle != TrickleAuto && o.Trickle != TrickleOff:
		return fmt.Errorf("%w: trickle %q is neither %s nor %s", ErrOptions, o.Trickle, TrickleAuto, TrickleOff)
	case o.Duration < 0:
		return fmt.Errorf("%w: duration %v must not be negative", ErrOptions, o.Duration)
	case r.InitialDelay < 0 || r.MaxDelay < r.InitialDelay || r.MaxAttempts < 0 || r.MaxOutage < 0:
		return fmt.Errorf("%w: reconnect delays from %v to %v, %d attempts, %v: must be above zero and ascending",
			ErrOptions, r.InitialDelay, r.MaxDelay, r.MaxAttempts, r.MaxOutage)
	case !(r.Jitter >= 0 && r.Jitter <= 1):
		return fmt.Errorf("%w: reconnect jitter %g must be from 0 to 1", ErrOptions, r.Jitter)
	case min(l.Gather, l.Trickle, l.Connect, l.Disconnected, l.Restart, l.Drain, l.LingerMin, l.Delete, l.Close) < 0 || l.LingerMax < l.LingerMin:
		return fmt.Errorf("%w: limits must be above zero, and linger %v at most %v", ErrOptions, l.LingerMin, l.LingerMax)
	}

	return nil
}
