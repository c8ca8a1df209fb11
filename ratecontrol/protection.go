// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"errors"
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// FECMode says whether forward error correction is used.
type FECMode string

// The modes.
const (
	// FECOff: it is not offered.
	FECOff FECMode = "off"
	// FECAuto: it is offered, and used where retransmission would come too late.
	FECAuto FECMode = "auto"
	// FECOn: it is offered, and follows the loss whatever the round trip.
	FECOn FECMode = "on"
)

// ProtectionConfig holds the knobs of how losses are made up for. The JSON names are
// stable.
type ProtectionConfig struct {
	// FEC is one of FECOff, FECAuto and FECOn. Default FECAuto.
	FEC FECMode `json:"fec"`
	// ReceiverBuffer is how long the receiver waits for a packet that is missing, up to
	// 1 min. Default 1 s: servers of live streams keep about so much, SRS asks for a
	// packet for 1 s (SrsNackOption, max_alive_time).
	ReceiverBuffer time.Duration `json:"receiver_buffer_ns"`
	// NACKDelay is how long the receiver takes to notice a loss and to ask, up to 1 s.
	// Default 50 ms: servers ask by timers of 20 to 100 ms.
	NACKDelay time.Duration `json:"nack_delay_ns"`
	// ResidualLoss is the share of packets that may stay lost for good before FEC is
	// used beside retransmission, from 0 to 1. Default 0.0005: at 300 packets a second,
	// one in 7 s.
	ResidualLoss float64 `json:"residual_loss"`
	// LossGain is how many times the loss the FEC of a reference frame takes, from 0 to
	// 5. Key frames get twice as much, frames that nothing refers to none on a poor path.
	// Default 3: with the few packets that live video has within BlockTime, losses come
	// three at a time as soon as there is one on average.
	LossGain float64 `json:"loss_gain"`
	// MaxRate bounds the FEC of any frame as a share of its bytes, from 0 to 1. Default
	// 0.3.
	MaxRate float64 `json:"max_rate"`
	// PoorLoss is the loss from which on a path without room is poor, from 0 to 1. One
	// whose queue takes a quarter of the receiver's buffer, or without feedback, is so as
	// well. Default 0.1, above which
	// libwebrtc's SendSideBandwidthEstimation slows down.
	PoorLoss float64 `json:"poor_loss"`
	// RiseTime and FallTime are the time constants with which the measured loss is
	// followed, up to 1 min. Defaults 500 ms and 5 s: what comes in bursts is protected
	// through the pauses.
	RiseTime time.Duration `json:"rise_ns"`
	FallTime time.Duration `json:"fall_ns"`
	// Hold is how long FEC stays on at least, up to 1 min. Default 5 s.
	Hold time.Duration `json:"hold_ns"`
	// BlockTime is how long packets are gathered before their FEC is sent, up to 1 s.
	// The longer, the more losses in a row are mended, and the later. Default 200 ms, but
	// no more than a third of ReceiverBuffer.
	BlockTime time.Duration `json:"block_ns"`
}

// DefaultProtection returns the knobs that rtmcc recommends.
func DefaultProtection() ProtectionConfig {
	return ProtectionConfig{
		FEC:            FECAuto,
		ReceiverBuffer: time.Second,
		NACKDelay:      50 * time.Millisecond,
		ResidualLoss:   0.0005,
		LossGain:       3,
		MaxRate:        0.3,
		PoorLoss:       0.1,
		RiseTime:       500 * time.Millisecond,
		FallTime:       5 * time.Second,
		Hold:           5 * time.Second,
		BlockTime:      200 * time.Millisecond,
	}
}

// Block is how long packets are gathered before their FEC is sent.
func (c *ProtectionConfig) Block() time.Duration { return min(c.BlockTime, c.ReceiverBuffer/3) }

// ErrProtectionConfig is wrapped by every error of [ProtectionConfig.Validate].
var ErrProtectionConfig = errors.New("ratecontrol: invalid protection config")

const (
	mostProtectionTime = time.Minute
	mostNACKDelay      = time.Second
	mostBlockTime      = time.Second
	mostLossGain       = 5
)

// Validate reports the first field that is out of range.
func (c *ProtectionConfig) Validate() error {
	share := func(v float64) bool { return v >= 0 && v <= 1 }
	span := func(v, most time.Duration) bool { return v > 0 && v <= most }
	switch {
	case c.FEC != FECOff && c.FEC != FECAuto && c.FEC != FECOn:
		return fmt.Errorf("%w: fec %q must be %q, %q or %q", ErrProtectionConfig, c.FEC, FECOff, FECAuto, FECOn)
	case !span(c.ReceiverBuffer, mostProtectionTime):
		return fmt.Errorf("%w: receiver_buffer_ns %v must be above zero and at most %v",
			ErrProtectionConfig, c.ReceiverBuffer, mostProtectionTime)
	case c.NACKDelay < 0 || c.NACKDelay > mostNACKDelay:
		return fmt.Errorf("%w: nack_delay_ns %v must be from 0 to %v", ErrProtectionConfig, c.NACKDelay, mostNACKDelay)
	case !share(c.ResidualLoss) || !share(c.MaxRate) || !share(c.PoorLoss):
		return fmt.Errorf("%w: residual_loss %g, max_rate %g and poor_loss %g must be from 0 to 1",
			ErrProtectionConfig, c.ResidualLoss, c.MaxRate, c.PoorLoss)
	case !(c.LossGain >= 0 && c.LossGain <= mostLossGain):
		return fmt.Errorf("%w: loss_gain %g must be from 0 to %d", ErrProtectionConfig, c.LossGain, mostLossGain)
	case !span(c.RiseTime, mostProtectionTime) || !span(c.FallTime, mostProtectionTime):
		return fmt.Errorf("%w: rise_ns %v and fall_ns %v must be above zero and at most %v",
			ErrProtectionConfig, c.RiseTime, c.FallTime, mostProtectionTime)
	case c.Hold < 0 || c.Hold > mostProtectionTime:
		return fmt.Errorf("%w: hold_ns %v must be from 0 to %v", ErrProtectionConfig, c.Hold, mostProtectionTime)
	case !span(c.BlockTime, mostBlockTime):
		return fmt.Errorf("%w: block_ns %v must be above zero and at most %v", ErrProtectionConfig, c.BlockTime, mostBlockTime)
	}

	return nil
}

// FrameClass is what a frame is worth to those that follow.
type FrameClass uint8

// The classes, the most worth first.
const (
	// FrameKey: decoding starts here.
	FrameKey FrameClass = iota
	// FrameReference: other frames may refer to it. What is not known is taken for it.
	FrameReference
	// FrameDisposable: nothing refers to it.
	FrameDisposable
)

// ProtectionPlan is how losses are made up for now.
type ProtectionPlan struct {
	// Rate is the FEC of a reference frame as a share of its bytes, from 0 to 1.
	Rate float64
	// KeyRate and DisposableRate are those of the other frames.
	KeyRate, DisposableRate float64
	// Loss is the loss that is followed, from 0 to 1.
	Loss float64
	// Attempts is how often a packet can be repeated before the receiver gives it up.
	Attempts int
	// Poor: the path cannot afford to repeat what nothing refers to.
	Poor bool
}

// FEC returns the share of a frame's bytes.
func (p *ProtectionPlan) FEC(class FrameClass) float64 {
	switch class {
	case FrameKey:
		return p.KeyRate
	case FrameDisposable:
		return p.DisposableRate
	default:
		return p.Rate
	}
}

// Protection decides how losses are made up for: by repeats where these arrive in
// time, else by FEC in proportion to the loss. It is not safe for concurrent use.
type Protection struct {
	cfg  ProtectionConfig
	plan ProtectionPlan

	at    bwe.Time
	known bool
	on    bool
	onAt  bwe.Time
}

// NewProtection fails where cfg is invalid.
func NewProtection(cfg ProtectionConfig) (*Protection, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}

	return &Protection{cfg: cfg}, nil
}

// SetConfig replaces the knobs; what was learnt of the path stays. It fails, changing
// nothing, where cfg is invalid.
func (p *Protection) SetConfig(cfg ProtectionConfig) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	p.cfg = cfg

	return nil
}

// mostAttempts bounds the repeats that are counted on.
const mostAttempts = 10

// roomy is the share of the estimate up to which what is sent leaves room for every
// repeat.
const roomy = 0.95

// poorQueue is the part of the receiver's buffer that a queue of our own may take before
// the path is poor: shorter ones come and go with every key frame.
const poorQueue = 4

// rateStep is the least change of a rate that is worth one.
const rateStep = 0.01

// OnEstimate takes in the estimator's update and the round-trip time, zero where it is
// not known. It returns the plan, valid until the next call.
func (p *Protection) OnEstimate(u *bwe.Update, rtt time.Duration) *ProtectionPlan {
	p.follow(u)
	plan := &p.plan
	plan.Attempts = p.attempts(rtt)
	plan.Poor = p.poor(u)
	rate := 0.0
	if p.wanted(u.At, rtt) {
		rate = min(float64(p.cfg.LossGain*plan.Loss), p.cfg.MaxRate)
	}
	congested := u.State == bwe.StateOveruse
	switch d := rate - plan.Rate; {
	case rate == 0, d < -rateStep, d > rateStep && !congested:
		plan.Rate = rate
	}
	plan.Rate = min(plan.Rate, p.cfg.MaxRate)
	plan.KeyRate = min(2*plan.Rate, p.cfg.MaxRate)
	plan.DisposableRate = plan.Rate
	if plan.Poor {
		plan.DisposableRate = 0
	}

	return plan
}

// poor says whether repeats of the least worth would take from those of more. Loss
// alone is no reason while there is room for all of them.
func (p *Protection) poor(u *bwe.Update) bool {
	switch {
	case u.State == bwe.StateBlind:
		return true
	case u.State == bwe.StateOveruse && u.QueueDelay > p.cfg.ReceiverBuffer/poorQueue:
		return true
	case u.State != bwe.StateLossLimited && p.plan.Loss < p.cfg.PoorLoss:
		return false
	default:
		return u.Acked <= 0 || float64(u.Acked) >= float64(roomy*float64(1-p.plan.Loss)*float64(u.Estimate))
	}
}

// follow lets the loss be followed, up faster than down.
func (p *Protection) follow(u *bwe.Update) {
	loss := u.Loss
	if !(loss >= 0 && loss <= 1) {
		loss = 0
	}
	if !p.known {
		p.known, p.at, p.plan.Loss = true, u.At, loss
	}
	elapsed := max(u.At.Sub(p.at), 0)
	p.at = u.At
	constant := p.cfg.RiseTime
	if loss < p.plan.Loss {
		constant = p.cfg.FallTime
	}
	part := min(float64(elapsed)/float64(constant), 1)
	p.plan.Loss += float64(part * (loss - p.plan.Loss))
}

// attempts is how many repeats, one after the other, arrive before the receiver gives
// up: each takes a round trip after the loss was noticed.
func (p *Protection) attempts(rtt time.Duration) int {
	left := p.cfg.ReceiverBuffer - p.cfg.NACKDelay
	switch {
	case left <= 0:
		return 0
	case rtt <= 0:
		return mostAttempts
	}

	return int(min(left/rtt, mostAttempts))
}

// wanted says whether FEC is, with a hysteresis of four times the residual loss.
func (p *Protection) wanted(now bwe.Time, rtt time.Duration) bool {
	switch p.cfg.FEC {
	case FECOff:
		p.on = false
	case FECOn:
		p.on = p.plan.Loss > 0
	default:
		residual := p.plan.Loss
		for range p.attempts(rtt) {
			residual *= p.plan.Loss
		}
		switch {
		case residual > p.cfg.ResidualLoss:
			p.on, p.onAt = true, now
		case residual <= p.cfg.ResidualLoss/4 && now.Sub(p.onAt) >= p.cfg.Hold:
			p.on = false
		}
	}

	return p.on
}
