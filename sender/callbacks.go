// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"sync"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// notifier calls the user's callbacks in order, from one goroutine of its own that
// starts with the first callback, and with no lock held. A slow callback sees fewer
// decisions, never old ones after new ones.
type notifier struct {
	done <-chan struct{}
	wake chan struct{}

	mu        sync.Mutex
	running   bool
	decisions []func(ratecontrol.Decision)
	targets   []func(int)
	latest    ratecontrol.Decision
	fresh     bool
}

func newNotifier(done <-chan struct{}) *notifier {
	return &notifier{done: done, wake: make(chan struct{}, 1)}
}

func (n *notifier) onDecision(f func(ratecontrol.Decision)) {
	n.add(func() { n.decisions = append(n.decisions, f) })
}

func (n *notifier) onTarget(f func(int)) {
	n.add(func() { n.targets = append(n.targets, f) })
}

func (n *notifier) add(register func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	register()
	if !n.running {
		n.running = true
		go n.run()
	}
}

// decision hands over a decision. It does not wait.
func (n *notifier) decision(d ratecontrol.Decision) {
	n.mu.Lock()
	if !n.running {
		n.mu.Unlock()

		return
	}
	d.KeyFrame = d.KeyFrame || n.fresh && n.latest.KeyFrame
	n.latest, n.fresh = d, true
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n *notifier) run() {
	told := bwe.Bitrate(-1)
	for {
		select {
		case <-n.done:
			return
		case <-n.wake:
		}
		n.mu.Lock()
		d, fresh := n.latest, n.fresh
		n.fresh = false
		decisions, targets := n.decisions, n.targets
		n.mu.Unlock()
		if !fresh {
			continue
		}
		for _, f := range decisions {
			f(d)
		}
		if d.Target != told {
			told = d.Target
			for _, f := range targets {
				f(int(told))
			}
		}
	}
}
