// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package whip

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sender/internal/exchange"
	"github.com/rtmcc/rtmcc/sender/signalling"
)

// Resource is the session that a server made of an offer. It is safe for concurrent
// use; requests go out one after the other.
type Resource struct {
	exchange     *exchange.Exchanger
	answer       string
	location     *url.URL
	badLocation  string
	iceServers   []webrtc.ICEServer
	ignoredLinks int

	mu    sync.Mutex
	etag  string
	ended bool
}

var _ signalling.Trickler = (*Resource)(nil)

// Answer implements [signalling.Session].
func (r *Resource) Answer() string { return r.answer }

// ICEServers implements [signalling.Session]. They come from the Link headers (RFC 9725
// section 4.6).
func (r *Resource) ICEServers() []webrtc.ICEServer { return r.iceServers }

// IgnoredLinks counts links for ICE servers that make no sense.
func (r *Resource) IgnoredLinks() int { return r.ignoredLinks }

// Location is the session's URL, nil where the server named none that can be used.
func (r *Resource) Location() *url.URL { return r.location }

// ETag identifies the ICE session (RFC 9725 section 4.3.1), empty for none.
func (r *Resource) ETag() string {
	r.mu.Lock()
	defer r.mu.Unlock()

	return r.etag
}

// Close deletes the resource. A session that the server no longer knows (404, 410) is
// ended too.
func (r *Resource) Close(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return nil
	}
	if r.location == nil {
		r.ended = true

		return r.noLocation()
	}
	rsp, err := r.exchange.Do(ctx, exchange.Request{Method: http.MethodDelete, URL: r.location})
	if err != nil {
		return fmt.Errorf("whip: DELETE %s: %w", exchange.Address(r.location), err)
	}
	if rsp.Status/100 != 2 && rsp.Status != http.StatusNotFound && rsp.Status != http.StatusGone {
		return fmt.Errorf("whip: DELETE %s: %w", exchange.Address(r.location), rsp.StatusError())
	}
	r.ended = true

	return nil
}

func (r *Resource) noLocation() error {
	if r.badLocation != "" {
		return fmt.Errorf("whip: %w: its Location is %q", signalling.ErrNoHandle, r.badLocation)
	}

	return fmt.Errorf("whip: %w: its answer has no Location", signalling.ErrNoHandle)
}

// errEnded: the session is over.
var errEnded = errors.New("the session has ended")

// AddCandidates implements [signalling.Trickler] (RFC 9725 section 4.3.2). Where the
// server holds the entity tag to be out of date (412) and names another, it is asked
// once more.
func (r *Resource) AddCandidates(ctx context.Context, f signalling.Fragment) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	rsp, err := r.patch(ctx, f, r.etag)
	if err == nil && rsp.Status == http.StatusPreconditionFailed {
		if now := rsp.Header.Get("ETag"); now != "" && now != r.etag {
			r.etag = now
			rsp, err = r.patch(ctx, f, now)
		}
	}
	if err != nil {
		return err
	}
	if rsp.Status/100 != 2 {
		return fmt.Errorf("whip: PATCH %s: %w", exchange.Address(rsp.URL), rsp.StatusError())
	}

	return nil
}

// Restarts implements [signalling.Trickler]: the answer came with an entity tag (RFC 9725
// section 4.3.1).
func (r *Resource) Restarts() bool { return r.ETag() != "" }

// RestartICE implements [signalling.Trickler] (RFC 9725 section 4.3.3). It fails with
// [signalling.ErrNoRestart], without asking, where the answer came without an entity
// tag, and where the server takes the request for one that brings candidates (204).
func (r *Resource) RestartICE(ctx context.Context, f signalling.Fragment) (signalling.Fragment, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.etag == "" {
		return signalling.Fragment{}, fmt.Errorf("whip: %w: its answer has no ETag", signalling.ErrNoRestart)
	}
	rsp, err := r.patch(ctx, f, "*")
	if err != nil {
		return signalling.Fragment{}, err
	}
	fail := func(err error) (signalling.Fragment, error) {
		return signalling.Fragment{}, fmt.Errorf("whip: PATCH %s: %w", exchange.Address(rsp.URL), err)
	}
	switch {
	case rsp.Status == http.StatusNoContent:
		return fail(signalling.ErrNoRestart)
	case rsp.Status != http.StatusOK:
		return fail(rsp.StatusError())
	}
	theirs, err := signalling.ParseFragment(string(rsp.Body))
	if err != nil {
		return fail(fmt.Errorf("%w: %w", rsp.AnswerError("ICE credentials"), err))
	}
	r.etag = rsp.Header.Get("ETag")

	return theirs, nil
}

// patch sends a fragment. An empty tag makes no condition.
func (r *Resource) patch(ctx context.Context, f signalling.Fragment, tag string) (*exchange.Response, error) {
	switch {
	case r.ended:
		return nil, fmt.Errorf("whip: PATCH: %w", errEnded)
	case r.location == nil:
		return nil, r.noLocation()
	}
	rsp, err := r.exchange.Do(ctx, exchange.Request{
		Method: http.MethodPatch, URL: r.location, Type: signalling.FragmentType, Body: f.String(), IfMatch: tag,
	})
	if err != nil {
		return nil, fmt.Errorf("whip: PATCH %s: %w", exchange.Address(r.location), err)
	}

	return rsp, nil
}
