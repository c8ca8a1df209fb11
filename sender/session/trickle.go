// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"context"
	"strings"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

// TrickleMode rules whether the offer may leave before all candidates were found
// (RFC 8838, as a half trickle).
type TrickleMode string

// The modes. With TrickleAuto, the default, an offer whose candidates take longer than
// [LimitsConfig.Trickle] leaves with those found, if the protocol can bring the others;
// once a server did not take them, later offers wait for all. With TrickleOff every offer
// waits, for [LimitsConfig.Gather] at most.
const (
	TrickleAuto TrickleMode = "auto"
	TrickleOff  TrickleMode = "off"
)

// trickles tells whether the next offer may leave early.
func (p *push) trickles() bool {
	return p.o.Trickle == TrickleAuto && p.client.Trickles() && !p.refusesTrickle.Load()
}

// candidates are what ICE found so far. It is safe for concurrent use.
type candidates struct {
	// changed holds something while there is news.
	changed chan struct{}

	mu       sync.Mutex
	fresh    []string
	complete bool
}

func newCandidates() *candidates { return &candidates{changed: make(chan struct{}, 1)} }

// add takes a candidate, or nil after the last one.
func (s *candidates) add(found *webrtc.ICECandidate) {
	s.mu.Lock()
	if found != nil {
		s.fresh = append(s.fresh, strings.TrimPrefix(found.ToJSON().Candidate, "candidate:"))
	} else {
		s.complete = true
	}
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// take returns what was found since the last call and is not in the offer.
func (s *candidates) take(offer string) (fresh []string, complete bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, candidate := range s.fresh {
		if !strings.Contains(offer, candidate) {
			fresh = append(fresh, candidate)
		}
	}
	s.fresh = nil

	return fresh, s.complete
}

// trickle brings the candidates that the newest offer left without to the server, until
// all are found or the connection closes or offers anew.
func (c *connection) trickle(offer string) {
	remote, ok := c.remote.(signalling.Trickler)
	fragment, err := signalling.ReadFragment(offer)
	if !ok || err != nil || fragment.Complete {
		return
	}
	found := c.found
	var ctx context.Context
	ctx, c.stopTrickle = context.WithCancel(c.ctx)
	c.tasks.Add(1)
	go func() {
		defer c.tasks.Done()
		for {
			fragment.Candidates, fragment.Complete = found.take(offer)
			if len(fragment.Candidates) > 0 || fragment.Complete {
				err := remote.AddCandidates(ctx, fragment)
				if err != nil && ctx.Err() == nil && len(fragment.Candidates) > 0 {
					c.push.refusesTrickle.Store(true)
					c.push.warnOnce("the server did not take candidates that were found after the offer; " +
						"later offers wait for all of them: " + err.Error())
				}
				if err != nil || fragment.Complete {
					return
				}
			}
			select {
			case <-found.changed:
			case <-ctx.Done():
				return
			}
		}
	}()
}
