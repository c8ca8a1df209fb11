// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"strings"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

// audioRTX hands a negotiated RTX stream of audio (RFC 4588) on to the interceptors
// that come after it. pion offers one, but takes it back at the answer, as it knows
// RTX under the name video/rtx alone: the stream's description then lacks it. It
// is an interceptor and the factory of itself, for one PeerConnection.
type audioRTX struct {
	interceptor.NoOp
	ssrc    webrtc.SSRC
	payload webrtc.PayloadType
}

// NewInterceptor implements [interceptor.Factory].
func (a *audioRTX) NewInterceptor(string) (interceptor.Interceptor, error) { return a, nil }

// BindLocalStream implements [interceptor.Interceptor]; it runs after the answer was
// read.
func (a *audioRTX) BindLocalStream(info *interceptor.StreamInfo, w interceptor.RTPWriter) interceptor.RTPWriter {
	if a.payload != 0 && strings.HasPrefix(info.MimeType, "audio/") && info.SSRCRetransmission == 0 {
		info.SSRCRetransmission = uint32(a.ssrc)
		info.PayloadTypeRetransmission = uint8(a.payload)
	}

	return w
}
