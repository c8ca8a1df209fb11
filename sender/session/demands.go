// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"context"
	"sync"

	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender/media"
)

// demands passes the decisions of the newest connection's controller, and requests for
// key frames, on to a source that adapts. One goroutine calls the source over all the
// connections of a push; a slow source sees fewer demands, never old ones after new
// ones, and each request.
type demands struct {
	to    media.Adaptive // nil where the source does not adapt
	tiers []ratecontrol.Tier
	wake  chan struct{}

	mu     sync.Mutex
	newest int // the connection that is heard
	latest media.Demand
	// known: there has been a decision.
	known, fresh bool
}

func newDemands(source media.Source, tiers []ratecontrol.Tier) *demands {
	d := &demands{tiers: tiers, wake: make(chan struct{}, 1)}
	d.to, _ = source.(media.Adaptive)

	return d
}

// connection returns what takes the decisions for a connection. A former one is not
// heard any more.
func (d *demands) connection(number int) func(ratecontrol.Decision) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.newest = number

	return func(decision ratecontrol.Decision) {
		d.mu.Lock()
		if number != d.newest {
			d.mu.Unlock()

			return
		}
		asked := d.fresh && d.latest.KeyFrame
		d.latest = media.Demand{
			Video: decision.Video, Audio: decision.Audio, Tier: decision.Tier, KeyFrame: decision.KeyFrame || asked,
		}
		if decision.Tier < len(d.tiers) {
			tier := &d.tiers[decision.Tier]
			d.latest.Format = media.Format{Width: tier.Width, Height: tier.Height, FrameRate: tier.FrameRate}
		}
		d.known, d.fresh = true, true
		d.mu.Unlock()
		d.signal()
	}
}

// keyFrame asks for a key frame.
func (d *demands) keyFrame() {
	d.mu.Lock()
	d.latest.KeyFrame, d.fresh = true, true
	d.mu.Unlock()
	d.signal()
}

func (d *demands) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// run calls the source until ctx ends.
func (d *demands) run(ctx context.Context) {
	if d.to == nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		}
		d.mu.Lock()
		demand, fresh := d.latest, d.fresh && d.known
		if fresh {
			d.fresh, d.latest.KeyFrame = false, false
		}
		d.mu.Unlock()
		if fresh {
			d.to.Adapt(demand)
		}
	}
}
