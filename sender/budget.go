// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"fmt"
	"sync"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// Budget is one rate that several Senders of a process share because their streams
// take the same path: see [WithBudget]. Its methods are safe for concurrent use.
type Budget struct {
	mu     sync.Mutex
	shares *ratecontrol.Budget
	seats  []*budgetSeat
}

// budgetSeat is the place of one Sender in a budget.
type budgetSeat struct {
	sender *Sender
	member *ratecontrol.BudgetMember
	// need and share are what was last told to the budget and to the sender.
	need, share bwe.Bitrate
}

// worthTelling is the relative change of a need or a share that is passed on.
const worthTelling = 0.01

// NewBudget returns a budget of total bits per second on the wire, zero for no limit.
// It fails where total is negative or above 100 Gbps.
func NewBudget(total bwe.Bitrate) (*Budget, error) {
	shares, err := ratecontrol.NewBudget(total)
	if err != nil {
		return nil, err
	}

	return &Budget{shares: shares}, nil
}

// SetTotal replaces the budget, zero for no limit. It fails, changing nothing, where
// total is out of range.
func (b *Budget) SetTotal(total bwe.Bitrate) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.shares.SetTotal(total); err != nil {
		return err
	}
	b.tell()

	return nil
}

// WithBudget has a Sender, or every Sender of a factory, share b. Each gets what it
// can use, or its share by weight of what the others leave. The weight is from
// [ratecontrol.LeastWeight] to [ratecontrol.MostWeight]; 1 is usual. A Sender takes part
// from its first stream or feedback until it is closed.
func WithBudget(b *Budget, weight float64) Option {
	return func(o *options) error {
		if b == nil {
			return fmt.Errorf("%w: WithBudget needs a budget, see NewBudget", ErrConfig)
		}
		if !(weight >= ratecontrol.LeastWeight && weight <= ratecontrol.MostWeight) {
			return fmt.Errorf("%w: weight %g must be from %g to %d", ErrConfig, weight, ratecontrol.LeastWeight, ratecontrol.MostWeight)
		}
		o.budget, o.weight = b, weight

		return nil
	}
}

// join gives s a seat.
func (b *Budget) join(s *Sender, weight float64) *budgetSeat {
	b.mu.Lock()
	defer b.mu.Unlock()
	// The option has checked the weight.
	m, err := b.shares.Join(weight)
	if err != nil {
		return nil
	}
	seat := &budgetSeat{sender: s, member: m}
	b.seats = append(b.seats, seat)
	b.tell()

	return seat
}

// leave gives the seat back; its share goes to the others.
func (b *Budget) leave(seat *budgetSeat) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seats = without(b.seats, func(other *budgetSeat) bool { return other == seat })
	b.shares.Leave(seat.member)
	b.tell()
}

// want takes in what a Sender could use on the wire.
func (b *Budget) want(seat *budgetSeat, need bwe.Bitrate) {
	if alike(seat.need, need) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	seat.need = need
	b.shares.Need(seat.member, need)
	b.tell()
}

// tell passes on the shares that have changed. Posting does not wait for a Sender.
func (b *Budget) tell() {
	for _, seat := range b.seats {
		share := b.shares.Share(seat.member)
		if alike(seat.share, share) {
			continue
		}
		seat.share = share
		seat.sender.post(func(in *inbox) {
			in.calls = append(in.calls, func(o *owner) { o.setShare(share) })
		})
	}
}

func alike(a, b bwe.Bitrate) bool {
	if (a == 0) != (b == 0) {
		return false
	}
	off := a - b
	if off < 0 {
		off = -off
	}

	return float64(off) <= worthTelling*float64(a)
}

// joinBudget takes part in the budget, where there is one.
func (o *owner) joinBudget() {
	if o.shared != nil {
		o.seat = o.shared.join(o.s, o.weight)
	}
}

func (o *owner) leaveBudget() {
	if o.seat != nil {
		o.shared.leave(o.seat)
	}
}

// tellNeed tells the budget what this Sender could use.
func (o *owner) tellNeed() {
	if o.seat == nil {
		return
	}
	c := &o.cfg.RateControl
	most := bwe.Bitrate(float64(c.MaxBitrate) / (1 - c.Overhead))
	if c.Sharing.Cap > 0 {
		most = min(most, c.Sharing.Cap)
	}
	o.shared.want(o.seat, min(o.loop.Update().Estimate, most))
}

func (o *owner) setShare(share bwe.Bitrate) {
	at := o.tick(o.s.now())
	o.loop.OnShare(ratecontrol.Share{At: at, Bitrate: share})
	o.decided(at)
}
