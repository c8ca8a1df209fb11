// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"errors"
	"fmt"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/signalling"
)

// watch follows the connection's state until it closes or fails. pion announces
// changes from goroutines that overtake each other, so that only the present state
// counts. A connection that was up and shows no sign of life gets one ICE restart before
// it is given up.
func (c *connection) watch() {
	defer c.tasks.Done()
	patience := time.NewTimer(0)
	patience.Stop()
	defer patience.Stop()
	// restart runs while ICE restarts.
	restart, restarting := time.NewTimer(0), false
	restart.Stop()
	defer restart.Stop()
	was := webrtc.PeerConnectionStateNew
	for {
		select {
		case <-c.closing:
			return
		case <-patience.C:
			reason := fmt.Errorf("%w: no sign of life for %v more", errLost, c.push.o.Limits.Disconnected)
			began := time.Now()
			if err := c.restartICE(); err != nil {
				c.fail(unlessNoRestart(reason, err))

				return
			}
			restart.Reset(c.push.o.Limits.Restart - time.Since(began))
			restarting = true
		case <-restart.C:
			c.fail(fmt.Errorf("%w: %w", errLost, errRestartTimeout))

			return
		case <-c.changed:
		}
		is := c.pc.ConnectionState()
		if is == was {
			continue
		}
		was = is
		patience.Stop()
		switch is {
		case webrtc.PeerConnectionStateConnected:
			restart.Stop()
			restarting = false
			c.report(StateConnected, nil)
			select {
			case <-c.connected:
			default:
				close(c.connected)
			}
		case webrtc.PeerConnectionStateDisconnected:
			c.report(StateDisconnected, nil)
			if !restarting {
				patience.Reset(c.push.o.Limits.Disconnected)
			}
		case webrtc.PeerConnectionStateFailed:
			c.fail(fmt.Errorf("%w: ICE or DTLS failed", errLost))

			return
		case webrtc.PeerConnectionStateClosed:
			c.fail(fmt.Errorf("%w: the server closed it", errLost))

			return
		}
	}
}

// unlessNoRestart adds to the reason why the restart failed, where one was tried.
func unlessNoRestart(reason, err error) error {
	if errors.Is(err, errNoRestart) || errors.Is(err, signalling.ErrNoRestart) {
		return reason
	}

	return fmt.Errorf("%w; the ICE restart failed: %w", reason, err)
}

func (c *connection) fail(err error) { c.failed <- err }

// report shows a change of state to the observer and keeps it for the status.
func (c *connection) report(state ConnectionState, reason error) {
	text := ""
	if reason != nil {
		text = reason.Error()
	}
	c.push.setState(c.number, state)
	c.push.events.emit(func(now bwe.Time) bwe.Event {
		return &Connection{At: now, Number: c.number, State: state, Reason: text}
	})
}
