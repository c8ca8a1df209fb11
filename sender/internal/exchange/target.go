// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package exchange

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

// Target is a stream's address, webrtc://host/app/stream, in parts.
type Target struct {
	// Scheme is "http" or "https" where the URL asks for one, else empty. It does so by
	// being an http or https URL itself, or by its parameter schema.
	Scheme string
	// Direct tells that the URL is an http or https one, which names the host of the
	// API.
	Direct bool
	// Host has the port, if the URL has one.
	Host string
	// Path is /app/stream.
	Path string
	// Query are the parameters apart from schema, encoded as they were.
	Query string
}

// Prepare reads what a client of a stream is made of: its URL, as [ParseTarget] does, and
// its options. It fails with [signalling.ErrConfig].
func Prepare(raw string, opts []signalling.Option) (*Target, signalling.Settings, error) {
	target, err := ParseTarget(raw)
	if err != nil {
		return nil, signalling.Settings{}, err
	}
	settings, err := signalling.NewSettings(opts...)

	return target, settings, err
}

// ParseTarget reads a webrtc, http or https URL of a stream. It fails with
// [signalling.ErrConfig].
func ParseTarget(raw string) (*Target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: URL: %w", signalling.ErrConfig, err)
	}
	t := &Target{Host: u.Host, Path: strings.TrimRight(u.EscapedPath(), "/")}
	switch u.Scheme {
	case "webrtc":
	case "http", "https":
		t.Scheme, t.Direct = u.Scheme, true
	default:
		return nil, fmt.Errorf("%w: URL %q must start with webrtc://, http:// or https://", signalling.ErrConfig, u.Redacted())
	}
	app, stream, _ := strings.Cut(strings.TrimPrefix(t.Path, "/"), "/")
	if u.Hostname() == "" || app == "" || stream == "" || u.User != nil {
		return nil, fmt.Errorf("%w: URL %q must have the form webrtc://host/app/stream", signalling.ErrConfig, u.Redacted())
	}
	var kept []string
	for _, pair := range strings.Split(u.RawQuery, "&") {
		key, value, _ := strings.Cut(pair, "=")
		switch {
		case pair == "":
		case key != "schema":
			kept = append(kept, pair)
		case value != "http" && value != "https":
			return nil, fmt.Errorf("%w: schema=%s in the URL must be http or https", signalling.ErrConfig, Quote(value))
		case !t.Direct:
			t.Scheme = value
		}
	}
	t.Query = strings.Join(kept, "&")

	return t, nil
}

// Stream is the address of the stream as servers take it.
func (t *Target) Stream() string {
	stream := "webrtc://" + t.Host + t.Path
	if t.Query != "" {
		stream += "?" + t.Query
	}

	return stream
}
