// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
)

type streamInfo = interceptor.StreamInfo

// discard is a network that takes everything.
type discard struct{}

func (discard) Write(h *rtp.Header, payload []byte, _ interceptor.Attributes) (int, error) {
	return h.MarshalSize() + len(payload), nil
}

func mustCapture(tb testing.TB, st *stream, seq uint16) *packet {
	tb.Helper()
	h := &rtp.Header{Version: 2, SSRC: st.ssrc, SequenceNumber: seq}
	p, err := capture(h, make([]byte, 100), st.stampID)
	if err != nil {
		tb.Fatal(err)
	}
	p.stream, p.kind = st, st.mediaKind()

	return p
}
