// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package signalling

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Errors that the methods of [Client], [Session] and [Trickler] wrap.
var (
	// ErrTimeout: a step took longer than the [Config] allows.
	ErrTimeout = errors.New("timed out")
	// ErrTooLong: the response is longer than [Config.MaxBody].
	ErrTooLong = errors.New("response too long")
	// ErrRedirects: the redirects lead in a circle or nowhere.
	ErrRedirects = errors.New("bad redirect")
	// ErrNoReply: the server closed the connection instead of answering.
	ErrNoReply = errors.New("the server closed the connection without a reply")
	// ErrNoHandle: the server gave nothing to tell it by that the session is over; it
	// ends when the server notices that media stopped.
	ErrNoHandle = errors.New("the server named no session to end")
	// ErrNoRestart: the server does not restart ICE.
	ErrNoRestart = errors.New("the server does not restart ICE")
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
		return "this path does not take offers; check the URL"
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

// CodeError is a refusal by a server that tells its result in JSON, whatever the HTTP
// status.
type CodeError struct {
	// Field is what the server calls the code.
	Field string
	// Code is the server's result.
	Code int64
	// Message is the start of the server's text, cleaned of control characters.
	Message string
	// Hint says what to do.
	Hint string
}

// Error tells the code, what to do, and the server's text.
func (e *CodeError) Error() string {
	text := fmt.Sprintf("the server answered %s %d", e.Field, e.Code)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	if e.Message != "" {
		text += fmt.Sprintf(": %q", e.Message)
	}

	return text
}

// Retryable tells whether the same request may succeed later: codes that read as HTTP
// server errors, or as 429, are worth another try.
func (e *CodeError) Retryable() bool {
	return e.Code >= 500 && e.Code < 600 || e.Code == http.StatusTooManyRequests
}

// AnswerError is a successful response that holds no answer.
type AnswerError struct {
	// Want is what was expected: "an SDP answer".
	Want string
	// ContentType is the type that the server gave, empty for none.
	ContentType string
	// Body is the start of the response, cleaned of control characters.
	Body string
}

// Error tells what came in place of the answer.
func (e *AnswerError) Error() string {
	switch {
	case strings.EqualFold(e.ContentType, "text/html"):
		return fmt.Sprintf("the server sent an HTML page in place of %s, "+
			"so this path does not take offers; check the URL: %q", e.Want, e.Body)
	case e.Body == "":
		return "the server sent nothing where " + e.Want + " belongs"
	case e.ContentType == "":
		return fmt.Sprintf("the server did not send %s: %q", e.Want, e.Body)
	default:
		return fmt.Sprintf("the server sent %s in place of %s: %q", e.ContentType, e.Want, e.Body)
	}
}

// Retryable tells whether the request that failed with err may succeed later: after
// network errors, limits reached and such refusals as [StatusError.Retryable] and
// [CodeError.Retryable] name;
// never after a cancelled context.
func Retryable(err error) bool {
	var said interface{ Retryable() bool }
	if errors.As(err, &said) {
		return said.Retryable()
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
