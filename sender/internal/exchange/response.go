// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package exchange

import (
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

// Response is a response that was read to its end.
type Response struct {
	Status int
	Header http.Header
	// Body is no longer than [signalling.Config.MaxBody] plus one.
	Body []byte
	// URL is where it came from, after redirects.
	URL *url.URL

	withheld bool
}

// StatusError is the refusal that r is.
func (r *Response) StatusError() *signalling.StatusError {
	return &signalling.StatusError{
		Status:        r.Status,
		Body:          Quote(string(r.Body)),
		Location:      Quote(r.Header.Get("Location")),
		RetryAfter:    retryAfter(r.Header),
		TokenWithheld: r.withheld,
	}
}

// maxRetryAfter bounds what a server may ask for.
const maxRetryAfter = time.Hour

// retryAfter reads the seconds of RFC 9110 section 10.2.3; a date is relative to the
// server's own Date.
func retryAfter(h http.Header) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	from, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}

	return min(max(0, until.Sub(from)), maxRetryAfter)
}

// How many characters of a server's text, and of another library's error about it, an
// error carries.
const (
	quoteLength = 200
	errorLength = 1000
)

// Quote returns the start of text on one line, without control characters.
func Quote(text string) string { return firstLine(text, quoteLength) }

// Address tells a URL that a server may have chosen, as [Quote] does and without its
// password.
func Address(u *url.URL) string { return Quote(u.Redacted()) }

// briefError is an error whose text is told as [Quote] does.
type briefError struct{ error }

func (e briefError) Error() string { return firstLine(e.error.Error(), errorLength) }

func (e briefError) Unwrap() error { return e.error }

// brief bounds the text of an error: HTTP libraries quote what a server sent.
func brief(err error) error { return briefError{err} }

// firstLine returns the first characters of text on one line.
func firstLine(text string, limit int) string {
	// A character takes at most four bytes.
	if len(text) > 8*limit {
		text = text[:8*limit]
	}
	words := strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
	line := []rune(strings.Join(words, " "))
	if len(line) > limit {
		return string(line[:limit]) + "…"
	}

	return string(line)
}

// AnswerError tells what r is in place of want.
func (r *Response) AnswerError(want string) *signalling.AnswerError {
	return &signalling.AnswerError{Want: want, ContentType: Quote(r.MediaType()), Body: Quote(string(r.Body))}
}

// MediaType is the type of the body without its parameters, empty for none.
func (r *Response) MediaType() string {
	header := r.Header.Get("Content-Type")
	if kind, _, err := mime.ParseMediaType(header); err == nil {
		return kind
	}

	return header
}
