// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package whip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Errors that [Client.Publish] and [Resource.Delete] wrap.
var (
	// ErrTimeout: a step took longer than the [Config] allows.
	ErrTimeout = errors.New("timed out")
	// ErrTooLong: the response is longer than [Config.MaxBody].
	ErrTooLong = errors.New("response too long")
	// ErrRedirects: the redirects lead in a circle or nowhere.
	ErrRedirects = errors.New("bad redirect")
	// ErrNoReply: the server closed the connection instead of answering.
	ErrNoReply = errors.New("the server closed the connection without a reply")
	// ErrNoLocation: the server named no session resource, so that the session cannot
	// be ended by DELETE; it ends when the server notices that media stopped.
	ErrNoLocation = errors.New("the server named no session to delete")
)

// StatusError is a refusal by the server.
type StatusError struct {
	// Status is the HTTP status code.
	Status int
	// Body is the start of the server's text, cleaned of control characters.
	Body string
	// Location is where a redirect leads that is not followed.
	Location string
	// RetryAfter is the pause that the server asks for, zero for none.
	RetryAfter time.Duration
	// TokenWithheld tells that a redirect left the origin of the endpoint, so that
	// the token was not sent.
	TokenWithheld bool
}

// Error tells the status, what it usually means, and the server's text.
func (e *StatusError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the server answered %d %s", e.Status, http.StatusText(e.Status))
	if hint := e.hint(); hint != "" {
		b.WriteString(" (" + hint + ")")
	}
	if e.Body != "" {
		fmt.Fprintf(&b, ": %q", e.Body)
	}

	return b.String()
}

func (e *StatusError) hint() string {
	switch {
	case e.TokenWithheld && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden):
		return "a redirect led to another host, to which the token was not sent; use that host's URL"
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		return "the token is missing or wrong"
	case e.Status == http.StatusNotFound:
		return "nothing is published at this path; check the URL"
	case e.Status == http.StatusMethodNotAllowed:
		return "this path is no WHIP endpoint; check the URL"
	case e.Status == http.StatusConflict:
		return "somebody publishes there already"
	case e.Status/100 == 3:
		return fmt.Sprintf("only 307 and 308 are followed; use %q itself", e.Location)
	default:
		return ""
	}
}

// Retryable tells whether the same request may succeed later: server errors, 408 and
// 429 are worth another try.
func (e *StatusError) Retryable() bool {
	return e.Status >= 500 || e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout
}

// AnswerError is a successful response that holds no SDP answer.
type AnswerError struct {
	// ContentType is the type that the server gave, empty for none.
	ContentType string
	// Body is the start of the response, cleaned of control characters.
	Body string
}

// Error tells what came in place of the answer.
func (e *AnswerError) Error() string {
	switch {
	case strings.EqualFold(e.ContentType, "text/html"):
		return fmt.Sprintf("the server sent an HTML page in place of an SDP answer, "+
			"so this is no WHIP endpoint; check the URL: %q", e.Body)
	case e.Body == "":
		return "the server sent an empty response in place of an SDP answer"
	case e.ContentType == "":
		return fmt.Sprintf("the server sent no SDP answer: %q", e.Body)
	default:
		return fmt.Sprintf("the server sent %s in place of an SDP answer: %q", e.ContentType, e.Body)
	}
}

// Retryable tells whether the request that failed with err may succeed later: after
// network errors, limits reached and such statuses as [StatusError.Retryable] names;
// never after a cancelled context.
func Retryable(err error) bool {
	if status := (*StatusError)(nil); errors.As(err, &status) {
		return status.Retryable()
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if cert := (*tls.CertificateVerificationError)(nil); errors.As(err, &cert) {
		return false
	}
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
		return !dns.IsNotFound
	}
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return true
	}

	return errors.Is(err, ErrTimeout) || errors.Is(err, ErrNoReply) || errors.Is(err, io.ErrUnexpectedEOF)
}

func (r *response) statusError() *StatusError {
	return &StatusError{
		Status:        r.status,
		Body:          quote(string(r.body)),
		Location:      quote(r.header.Get("Location")),
		RetryAfter:    retryAfter(r.header),
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

// quoteLength is how many characters of a server's text an error carries.
const quoteLength = 200

// quote returns the start of text on one line, without control characters.
func quote(text string) string {
	// A character takes at most four bytes.
	if len(text) > 8*quoteLength {
		text = text[:8*quoteLength]
	}
	words := strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
	line := []rune(strings.Join(words, " "))
	if len(line) > quoteLength {
		return string(line[:quoteLength]) + "…"
	}

	return string(line)
}
