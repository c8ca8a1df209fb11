// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"errors"
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// Config holds every knob of a [Sender]. The JSON names are stable.
type Config struct {
	BWE            bwe.Config           `json:"bwe"`
	RateControl    ratecontrol.Config   `json:"rate_control"`
	Pacer          PacerConfig          `json:"pacer"`
	Retransmission RetransmissionConfig `json:"retransmission"`
	Feedback       FeedbackConfig       `json:"feedback"`
	// Protection says how losses are made up for: what is worth repeating, and FEC.
	Protection ratecontrol.ProtectionConfig `json:"protection"`
}

// PacerConfig holds the knobs of the pacer.
type PacerConfig struct {
	// MaxQueueTime is how long a packet may wait. Video that waited longer is dropped
	// by whole frames. It is a last resort: the rate controller drops frames by worth
	// before. Default 15 s, more than that allows to wait.
	MaxQueueTime time.Duration `json:"max_queue_ns"`
	// MaxQueueBytes bounds the queue in bytes. A frame that does not fit is refused
	// whole; audio displaces video. Default 8 MiB.
	MaxQueueBytes int64 `json:"max_queue_bytes"`
	// Burst is how much of the pacing rate may leave at once; at least one packet
	// always may. Idle time earns no more than this. Default 5 ms (libwebrtc's
	// PacingController).
	Burst time.Duration `json:"burst_ns"`
	// WakeInterval is the shortest sleep between two bursts, so that high rates do
	// not wake the owner for every packet. It must not be above Burst. Default 1 ms.
	WakeInterval time.Duration `json:"wake_ns"`
	// PaceAudio holds audio to the pacing rate as well. By default audio leaves at
	// once, and video waits the longer for it (libwebrtc).
	PaceAudio bool `json:"pace_audio"`
	// DisablePadding sends media and its repeats only: probes then wait for media, and
	// the path is not filled up for a measurement. Default false.
	DisablePadding bool `json:"disable_padding"`
	// ProbeTimeout is how long a probe waits for media or padding to send it with,
	// and how long it may take, before it is given up. Default 1 s.
	ProbeTimeout time.Duration `json:"probe_timeout_ns"`
	// WindowTimeout is how long the congestion window holds packets back while no
	// feedback arrives that could open it. Default 1 s.
	WindowTimeout time.Duration `json:"window_timeout_ns"`
	// ReportInterval is how often, at most, the state of the queue is reported to
	// the rate controller, and thereby to a trace. Default 50 ms.
	ReportInterval time.Duration `json:"report_ns"`
	// IdleTimeout is how long after the last packet the estimator's timers run on. An
	// idle sender then sleeps without one; the next packet catches up first. Default
	// 10 s.
	IdleTimeout time.Duration `json:"idle_ns"`
}

// RetransmissionConfig holds the knobs of retransmission.
type RetransmissionConfig struct {
	// Disabled leaves every NACK unanswered, for hosts with a responder of their
	// own. Default false.
	Disabled bool `json:"disabled"`
	// MaxAge is how long after its first transmission a packet is still worth
	// repeating. Default 1 s, the span of common jitter buffers.
	MaxAge time.Duration `json:"max_age_ns"`
	// MaxBytes bounds the history of one stream. Default 4 MiB.
	MaxBytes int64 `json:"max_bytes"`
	// Budget is the share of the estimate that repeats may take, from 0 to 1, so
	// that a receiver that asks over and over does not displace media. Default 0.5.
	Budget float64 `json:"budget"`
	// BudgetWindow is how much unused budget may be saved up: a burst of losses is
	// repaired at once. Default 500 ms (libwebrtc's retransmission rate limiter).
	BudgetWindow time.Duration `json:"budget_window_ns"`
	// InitialRTT spaces the repeats of one packet while no round-trip time is
	// known. Default 100 ms.
	InitialRTT time.Duration `json:"initial_rtt_ns"`
	// MinInterval is the least spacing of the repeats of one packet, for paths so
	// short that the receiver's own NACK timer dominates. Default 10 ms.
	MinInterval time.Duration `json:"min_interval_ns"`
}

// FeedbackConfig holds the knobs of what is heard from and said to the peer.
type FeedbackConfig struct {
	// Timeout is how long after the first media packet transport feedback is waited
	// for before the peer is held to send none. Default 1.5 s.
	Timeout time.Duration `json:"timeout_ns"`
	// HistoryTime is how long a sent packet is remembered for feedback to name it.
	// Default 10 s.
	HistoryTime time.Duration `json:"history_ns"`
	// MaxClockStep is how far the receiver's clock may move against ours between two
	// feedbacks; a larger step is taken for a reset of that clock and levelled out.
	// Default 30 s, longer than a stall that a connection survives.
	MaxClockStep time.Duration `json:"max_clock_step_ns"`
	// ReportInterval is the interval of sender reports while media flows, RFC 3550
	// section 6.2; zero sends none. Default 1 s.
	ReportInterval time.Duration `json:"sender_report_ns"`
}

// Default returns the configuration that rtmcc recommends.
func Default() Config {
	return Config{
		BWE:         bwe.Default(),
		RateControl: ratecontrol.Default(),
		Pacer: PacerConfig{
			MaxQueueTime:   15 * time.Second,
			MaxQueueBytes:  8 << 20,
			Burst:          5 * time.Millisecond,
			WakeInterval:   time.Millisecond,
			ProbeTimeout:   time.Second,
			WindowTimeout:  time.Second,
			ReportInterval: 50 * time.Millisecond,
			IdleTimeout:    10 * time.Second,
		},
		Retransmission: RetransmissionConfig{
			MaxAge:       time.Second,
			MaxBytes:     4 << 20,
			Budget:       0.5,
			BudgetWindow: 500 * time.Millisecond,
			InitialRTT:   100 * time.Millisecond,
			MinInterval:  10 * time.Millisecond,
		},
		Feedback: FeedbackConfig{
			Timeout:        1500 * time.Millisecond,
			HistoryTime:    10 * time.Second,
			MaxClockStep:   30 * time.Second,
			ReportInterval: time.Second,
		},
		Protection: ratecontrol.DefaultProtection(),
	}
}

// ErrConfig is wrapped by every error about the sender's own fields of a [Config].
var ErrConfig = errors.New("sender: invalid config")

// Validate reports the first field that is out of range.
func (c *Config) Validate() error {
	if err := c.BWE.Validate(); err != nil {
		return err
	}
	if err := c.RateControl.Validate(); err != nil {
		return err
	}
	if err := c.Protection.Validate(); err != nil {
		return err
	}
	p, r, f := &c.Pacer, &c.Retransmission, &c.Feedback
	switch {
	case p.MaxQueueTime <= 0:
		return fmt.Errorf("%w: pacer.max_queue_ns %v must be above zero", ErrConfig, p.MaxQueueTime)
	case p.MaxQueueBytes < minQueueBytes:
		return fmt.Errorf("%w: pacer.max_queue_bytes %d must be at least %d, the largest packet",
			ErrConfig, p.MaxQueueBytes, minQueueBytes)
	case p.WakeInterval < 0 || p.Burst < p.WakeInterval || p.Burst <= 0:
		return fmt.Errorf("%w: pacer.burst_ns %v must be above zero and at least wake_ns %v, which must not be negative",
			ErrConfig, p.Burst, p.WakeInterval)
	case p.ProbeTimeout <= 0 || p.WindowTimeout <= 0 || p.ReportInterval <= 0 || p.IdleTimeout <= 0:
		return fmt.Errorf("%w: pacer.probe_timeout_ns %v, window_timeout_ns %v, report_ns %v and idle_ns %v must be above zero",
			ErrConfig, p.ProbeTimeout, p.WindowTimeout, p.ReportInterval, p.IdleTimeout)
	case r.MaxAge <= 0 || r.MaxBytes <= 0:
		return fmt.Errorf("%w: retransmission.max_age_ns %v and max_bytes %d must be above zero; use disabled to switch it off",
			ErrConfig, r.MaxAge, r.MaxBytes)
	case !(r.Budget >= 0 && r.Budget <= 1):
		return fmt.Errorf("%w: retransmission.budget %g must be from 0 to 1", ErrConfig, r.Budget)
	case r.BudgetWindow <= 0 || r.InitialRTT <= 0 || r.MinInterval < 0:
		return fmt.Errorf("%w: retransmission.budget_window_ns %v and initial_rtt_ns %v must be above zero, min_interval_ns %v not negative",
			ErrConfig, r.BudgetWindow, r.InitialRTT, r.MinInterval)
	case f.Timeout <= 0 || f.HistoryTime <= 0 || f.MaxClockStep <= 0:
		return fmt.Errorf("%w: feedback.timeout_ns %v, history_ns %v and max_clock_step_ns %v must be above zero",
			ErrConfig, f.Timeout, f.HistoryTime, f.MaxClockStep)
	case f.ReportInterval < 0:
		return fmt.Errorf("%w: feedback.sender_report_ns %v must not be negative; zero sends no reports",
			ErrConfig, f.ReportInterval)
	}

	return nil
}

// minQueueBytes lets the largest RTP packet that UDP can carry into the queue.
const minQueueBytes = 1 << 16
