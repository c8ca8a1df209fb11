// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	transportCC02Size        = 2
	transportCC02RequestSize = 4
	maxFeedbackCount         = 1<<15 - 1
	withTimes                = 1 << 15
)

// TransportCC02 is the second version of the transport-wide sequence number: the
// receiver sends feedback only where a packet asks for it (libwebrtc
// TransportSequenceNumberV2).
type TransportCC02 struct {
	Sequence uint16
	// Count asks for feedback on so many packets, this one the last, 1 to 32767;
	// zero asks for none.
	Count uint16
	// Times asks for receive times too.
	Times bool
}

// Marshal returns 4 bytes where feedback is asked for, else 2. It fails where Count
// is out of range.
func (t TransportCC02) Marshal() ([]byte, error) {
	b := make([]byte, transportCC02RequestSize)
	n, err := t.MarshalTo(b)

	return b[:n], err
}

// MarshalTo writes into b and returns the number of bytes. It fails where Count is
// out of range, and with io.ErrShortBuffer.
func (t TransportCC02) MarshalTo(b []byte) (int, error) {
	size := transportCC02Size
	if t.Count > 0 {
		size = transportCC02RequestSize
	}
	if t.Count > maxFeedbackCount {
		return 0, fmt.Errorf("sdpext: feedback asked for on %d packets, at most %d", t.Count, maxFeedbackCount)
	}
	if len(b) < size {
		return 0, io.ErrShortBuffer
	}
	binary.BigEndian.PutUint16(b, t.Sequence)
	if t.Count > 0 {
		request := t.Count
		if t.Times {
			request |= withTimes
		}
		binary.BigEndian.PutUint16(b[2:], request)
	}

	return size, nil
}

// Unmarshal reads 2 or 4 bytes.
func (t *TransportCC02) Unmarshal(b []byte) error {
	if len(b) != transportCC02Size && len(b) != transportCC02RequestSize {
		return fmt.Errorf("sdpext: transport-wide-cc-02 of %d bytes, want 2 or 4", len(b))
	}
	*t = TransportCC02{Sequence: binary.BigEndian.Uint16(b)}
	if len(b) == transportCC02RequestSize {
		request := binary.BigEndian.Uint16(b[2:])
		t.Count, t.Times = request&maxFeedbackCount, request&withTimes != 0
	}

	return nil
}
