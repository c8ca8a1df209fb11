// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rtmcc/rtmcc/bwe"
)

// Budget shares one rate between several publishers of a process whose streams take
// the same path. Each gets what it needs, or its weighted share of what the others
// leave: the weighted max-min fair allocation. It is not safe for concurrent use.
type Budget struct {
	total   bwe.Bitrate
	members []*BudgetMember
	order   []*BudgetMember
}

// BudgetMember is one publisher of a [Budget].
type BudgetMember struct {
	weight float64
	need   bwe.Bitrate
	share  bwe.Bitrate
	out    bool
}

// The bounds of a weight.
const (
	LeastWeight = 0.001
	MostWeight  = 1000
)

// ErrBudget is wrapped by every error about a budget.
var ErrBudget = errors.New("ratecontrol: invalid budget")

// NewBudget returns a budget of total on the wire, zero for no limit.
func NewBudget(total bwe.Bitrate) (*Budget, error) {
	b := &Budget{}

	return b, b.SetTotal(total)
}

// SetTotal replaces the budget, zero for no limit. It fails, changing nothing, where
// total is out of range.
func (b *Budget) SetTotal(total bwe.Bitrate) error {
	if total < 0 || total > mostBitrate {
		return fmt.Errorf("%w: total %d must be from 0 to %d", ErrBudget, total, mostBitrate)
	}
	b.total = total
	b.divide()

	return nil
}

// Join adds a member that needs nothing yet. It fails where weight is not from
// [LeastWeight] to [MostWeight].
func (b *Budget) Join(weight float64) (*BudgetMember, error) {
	if !(weight >= LeastWeight && weight <= MostWeight) {
		return nil, fmt.Errorf("%w: weight %g must be from %g to %d", ErrBudget, weight, LeastWeight, MostWeight)
	}
	m := &BudgetMember{weight: weight}
	b.members = append(b.members, m)
	b.divide()

	return m, nil
}

// Leave takes a member out; its share goes to the others. Leaving again is harmless.
func (b *Budget) Leave(m *BudgetMember) {
	i := slices.Index(b.members, m)
	if i < 0 {
		return
	}
	b.members = slices.Delete(b.members, i, i+1)
	m.out, m.share = true, 0
	b.divide()
}

// Need tells what a member could use on the wire. One that has left is ignored.
func (b *Budget) Need(m *BudgetMember, need bwe.Bitrate) {
	if m.out {
		return
	}
	m.need = min(max(need, 0), mostBitrate)
	b.divide()
}

// Share returns what a member may take on the wire; zero for no limit. What nobody
// needs is left to everybody, so that a member's share is never below its part by
// weight, and a path that gets better is not held back by what was needed before.
func (b *Budget) Share(m *BudgetMember) bwe.Bitrate {
	if b.total == 0 || m.out {
		return 0
	}

	return max(m.share, 1)
}

// Members returns how many members there are.
func (b *Budget) Members() int { return len(b.members) }

// divide computes the shares: members in order of need by weight are served in full
// for as long as an even share suffices; the others get even shares.
func (b *Budget) divide() {
	b.order = append(b.order[:0], b.members...)
	slices.SortStableFunc(b.order, func(x, y *BudgetMember) int {
		switch nx, ny := float64(x.need)/x.weight, float64(y.need)/y.weight; {
		case nx < ny:
			return -1
		case nx > ny:
			return 1
		default:
			return 0
		}
	})
	weights := 0.0
	for _, m := range b.order {
		weights += m.weight
	}
	whole := weights
	left := float64(b.total)
	for _, m := range b.order {
		even := left * (m.weight / weights)
		m.share = bwe.Bitrate(min(float64(m.need), even))
		left -= float64(m.share)
		weights -= m.weight
		if weights <= 0 {
			break
		}
	}
	// What is left over is for whoever comes to need it.
	left = max(0, left)
	for _, m := range b.order {
		m.share += bwe.Bitrate(left * (m.weight / whole))
	}
	clear(b.order)
}
