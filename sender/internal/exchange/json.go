// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

const jsonType = "application/json"

// PostJSON posts in and reads the reply into out. It fails with a
// [*signalling.StatusError] for statuses other than 2xx, with a
// [*signalling.AnswerError] where the reply is no such JSON.
func (e *Exchanger) PostJSON(ctx context.Context, to *url.URL, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	rsp, err := e.Do(ctx, Request{Method: http.MethodPost, URL: to, Type: jsonType, Body: string(body)})
	if err != nil {
		return fmt.Errorf("POST %s: %w", to.Redacted(), err)
	}
	if rsp.Status/100 != 2 {
		return fmt.Errorf("POST %s: %w", Address(rsp.URL), rsp.StatusError())
	}
	if err := json.Unmarshal(rsp.Body, out); err != nil {
		return fmt.Errorf("POST %s: %w", Address(rsp.URL), rsp.AnswerError("a JSON reply"))
	}

	return nil
}

// CheckAnswer makes sure that a reply holds SDP.
func CheckAnswer(sdp string) error {
	if strings.HasPrefix(strings.TrimSpace(sdp), "v=") {
		return nil
	}

	return &signalling.AnswerError{Want: "an SDP answer in its JSON reply", Body: Quote(sdp)}
}

// CheckCode makes sure of the result that a reply tells in the named field.
func CheckCode(field string, code *int64, success int64, message, hint string) error {
	switch {
	case code == nil:
		return &signalling.AnswerError{Want: fmt.Sprintf("a JSON reply with %q", field)}
	case *code != success:
		return &signalling.CodeError{Field: field, Code: *code, Message: Quote(message), Hint: hint}
	}

	return nil
}

// Description is an offer or an answer as JSON profiles wrap it.
type Description struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

// Session is a session that ends with its transport: when DTLS is closed or the media
// stop. It implements [signalling.Session].
type Session struct{ SDP string }

// Answer returns the SDP answer.
func (s *Session) Answer() string { return s.SDP }

// ICEServers returns none, as these protocols name none.
func (s *Session) ICEServers() []webrtc.ICEServer { return nil }

// Close does nothing, as there is nobody to tell.
func (s *Session) Close(context.Context) error { return nil }
