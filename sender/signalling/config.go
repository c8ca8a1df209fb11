// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package signalling

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Config holds every knob of the exchanges with a server.
type Config struct {
	// ConnectTimeout limits the TCP connection and, apart from it, the TLS handshake.
	// It does not apply to a client given with [WithHTTPClient]. Default 5 s.
	ConnectTimeout time.Duration
	// ResponseTimeout limits the time from a request to the header of its response,
	// for each redirect anew. Default 10 s.
	ResponseTimeout time.Duration
	// Timeout limits a whole exchange, redirects and bodies included. Default 20 s.
	Timeout time.Duration
	// MaxBody is the longest answer that is read, in bytes. Default 256 KiB, many
	// times what an answer with a hundred candidates takes.
	MaxBody int64
	// MaxRedirects is how many redirects are followed in one exchange. Default 5.
	MaxRedirects int
	// ForwardToken sends the bearer token also to hosts to which the server redirects,
	// or at which it places the session. Off by default, since a token belongs to the
	// origin that the caller named.
	ForwardToken bool
}

// Default returns the configuration that is used where none is given.
func Default() Config {
	return Config{
		ConnectTimeout:  5 * time.Second,
		ResponseTimeout: 10 * time.Second,
		Timeout:         20 * time.Second,
		MaxBody:         256 << 10,
		MaxRedirects:    5,
	}
}

// ErrConfig is wrapped by every error about a [Config] or a URL.
var ErrConfig = errors.New("signalling: invalid config")

// Validate reports the first field that is out of range.
func (c *Config) Validate() error {
	switch {
	case c.ConnectTimeout <= 0, c.ResponseTimeout <= 0, c.Timeout <= 0:
		return fmt.Errorf("%w: connect %v, response %v and whole timeout %v must be above zero",
			ErrConfig, c.ConnectTimeout, c.ResponseTimeout, c.Timeout)
	case c.MaxBody <= 0:
		return fmt.Errorf("%w: a body limit of %d bytes leaves no room for an answer", ErrConfig, c.MaxBody)
	case c.MaxRedirects < 0:
		return fmt.Errorf("%w: %d redirects: must not be negative", ErrConfig, c.MaxRedirects)
	}

	return nil
}

// Settings are what an [Option] changes.
type Settings struct {
	// Token is the bearer token, empty for none.
	Token string
	// HTTP does the exchanges; nil stands for a client that keeps no idle connections.
	HTTP *http.Client
	// Config holds the limits.
	Config Config
}

// Option changes a client while it is made.
type Option func(*Settings)

// WithToken sends token as the bearer token of every request (RFC 6750). The empty
// token sends none.
func WithToken(token string) Option { return func(s *Settings) { s.Token = token } }

// WithHTTPClient uses h, whose redirect policy is replaced by that of [Config], in
// place of a client that keeps no idle connections.
func WithHTTPClient(h *http.Client) Option { return func(s *Settings) { s.HTTP = h } }

// WithConfig replaces [Default].
func WithConfig(cfg Config) Option { return func(s *Settings) { s.Config = cfg } }

// NewSettings applies opts to the defaults. It fails with [ErrConfig].
func NewSettings(opts ...Option) (Settings, error) {
	s := Settings{Config: Default()}
	for _, opt := range opts {
		opt(&s)
	}

	return s, s.Config.Validate()
}
