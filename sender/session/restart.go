// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

var (
	errNoRestart      = errors.New("the server has no ICE restart")
	errRestartTimeout = fmt.Errorf("%w: the ICE restart took too long", signalling.ErrTimeout)
)

// restartICE makes the connection look for another path to the same session (RFC 8445
// section 9), so that neither DTLS nor the server's session starts anew. What it leaves
// behind after an error is of no use but to be closed.
func (c *connection) restartICE() error {
	remote, ok := c.remote.(signalling.Trickler)
	if !ok || !remote.Restarts() || c.push.refusesRestart.Load() {
		return errNoRestart
	}
	c.report(StateRestarting, nil)
	ctx, cancel := context.WithTimeoutCause(c.ctx, c.push.o.Limits.Restart, errRestartTimeout)
	defer cancel()
	// What it brings belongs to the old credentials.
	c.stopTrickle()
	offer, err := c.gather(ctx, &webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		return err
	}
	ours, err := signalling.ReadFragment(offer)
	if err != nil {
		return err
	}
	theirs, err := remote.RestartICE(ctx, ours)
	if err != nil {
		c.push.refusesRestart.Store(refusal(err))

		return err
	}
	c.trickle(offer)
	answer, err := theirs.Apply(remote.Answer())
	if err != nil {
		return err
	}

	if answer, err = c.forPion(answer); err != nil {
		return err
	}

	return c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
}

// refusal tells errors of a server that does not do what it was asked, and will not do
// it the next time.
func refusal(err error) bool {
	status := (*signalling.StatusError)(nil)
	if errors.As(err, &status) {
		return status.Status == http.StatusMethodNotAllowed || status.Status == http.StatusNotImplemented ||
			status.Status == http.StatusUnprocessableEntity
	}

	return errors.Is(err, signalling.ErrNoRestart)
}
