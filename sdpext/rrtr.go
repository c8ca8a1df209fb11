// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

const (
	rrtrFeedback = "rrtr"
	xrAttribute  = "rtcp-xr"
	rcvrRTT      = "rcvr-rtt"
)

// SetRRTR adds a=rtcp-fb:<pt> rrtr for each payload type that has none: we answer
// receiver reference times (RFC 3611 section 4.4), offered the way RTM does.
func SetRRTR(m *sdp.MediaDescription, payloadTypes ...uint8) {
	for _, payloadType := range payloadTypes {
		if HasRRTR(m, payloadType) {
			continue
		}
		at := len(m.Attributes)
		for i, a := range m.Attributes {
			key, value := split(a)
			of, _, ok := forPayload(value)
			if ok && of == payloadType && (key == "rtpmap" || key == "fmtp" || key == "rtcp-fb") {
				at = i + 1
			}
		}
		m.Attributes = slices.Insert(m.Attributes, at, sdp.NewAttribute("rtcp-fb", strconv.Itoa(int(payloadType))+" "+rrtrFeedback))
	}
}

// HasRRTR tells whether m has the rrtr feedback for a payload type, of its own or
// for all.
func HasRRTR(m *sdp.MediaDescription, payloadType uint8) bool {
	for _, a := range m.Attributes {
		key, value := split(a)
		if key != "rtcp-fb" {
			continue
		}
		of, kind, _ := strings.Cut(value, " ")
		number, _, ok := forPayload(value)
		if (of == "*" || ok && number == payloadType) && strings.EqualFold(strings.TrimSpace(kind), rrtrFeedback) {
			return true
		}
	}

	return false
}

// ReceiverRTT says who may send receiver reference times (RFC 3611 section 5.1).
type ReceiverRTT uint8

// Values of [ReceiverRTT].
const (
	// ReceiverRTTUnsaid: no rcvr-rtt among the extended reports.
	ReceiverRTTUnsaid ReceiverRTT = iota
	// ReceiverRTTAll: every participant.
	ReceiverRTTAll
	// ReceiverRTTSender: only those that send media too.
	ReceiverRTTSender
)

// String returns the mode as it is written, empty where it is unsaid.
func (r ReceiverRTT) String() string {
	switch r {
	case ReceiverRTTAll:
		return "all"
	case ReceiverRTTSender:
		return "sender"
	default:
		return ""
	}
}

// ReadReceiverRTT returns what the attributes of a session or a medium say, from
// a=rtcp-xr:rcvr-rtt=….
func ReadReceiverRTT(attributes []sdp.Attribute) ReceiverRTT {
	for _, a := range attributes {
		key, value := split(a)
		if key != xrAttribute {
			continue
		}
		for _, format := range strings.Fields(value) {
			name, mode, _ := strings.Cut(format, "=")
			if !strings.EqualFold(name, rcvrRTT) {
				continue
			}
			mode, _, _ = strings.Cut(mode, ":") // a greatest block size may follow
			switch {
			case strings.EqualFold(mode, "all"):
				return ReceiverRTTAll
			case strings.EqualFold(mode, "sender"):
				return ReceiverRTTSender
			}
		}
	}

	return ReceiverRTTUnsaid
}

// SetReceiverRTT returns the attributes with the mode set, other extended reports
// kept; unsaid takes rcvr-rtt out.
func SetReceiverRTT(attributes []sdp.Attribute, mode ReceiverRTT) []sdp.Attribute {
	out := make([]sdp.Attribute, 0, len(attributes)+1)
	place := -1
	for _, a := range attributes {
		key, value := split(a)
		if key != xrAttribute {
			out = append(out, a)

			continue
		}
		formats := strings.Fields(value)
		others := slices.DeleteFunc(slices.Clone(formats), func(format string) bool {
			name, _, _ := strings.Cut(format, "=")

			return strings.EqualFold(name, rcvrRTT)
		})
		if place < 0 {
			place = len(out)
		}
		switch {
		case len(others) == len(formats):
			out = append(out, a)
		case len(others) > 0:
			out = append(out, sdp.NewAttribute(xrAttribute, strings.Join(others, " ")))
		}
	}
	if mode == ReceiverRTTUnsaid {
		return out
	}
	if place < 0 {
		place = len(out)
	}

	return slices.Insert(out, place, sdp.NewAttribute(xrAttribute, rcvrRTT+"="+mode.String()))
}
