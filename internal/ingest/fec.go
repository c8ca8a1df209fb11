// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"encoding/binary"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/transport/v4/packetio"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/internal/flexfec"
)

// fecCodec is FlexFEC-03 as it is answered. The window is that of libwebrtc, 10 s.
func fecCodec() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeFlexFEC03, ClockRate: 90000, SDPFmtpLine: "repair-window=10000000",
	}
}

// fecTap sees RTP as it leaves SRTP. pion reads no stream of FEC and reports none in
// its transport-wide feedback, which a pusher would take for loss.
type fecTap struct {
	// recovered takes a packet of the stream of media, valid during the call.
	recovered func(media uint32, packet []byte)

	mu       sync.Mutex
	feedback interceptor.Interceptor
	streams  []*fecStream
	header   rtp.Header
}

// fecStream is one stream of media that FEC protects.
type fecStream struct {
	media, fec, rtx uint32
	decoder         *flexfec.Decoder
	// report tells the transport-wide feedback of a packet.
	report   interceptor.RTPReader
	arrived  []byte
	buffer   []byte
	original []byte
}

// observedFeedback makes the transport-wide feedback and lets the tap report to it.
type observedFeedback struct {
	interceptor.Factory
	tap *fecTap
}

// NewInterceptor implements [interceptor.Factory].
func (f *observedFeedback) NewInterceptor(id string) (interceptor.Interceptor, error) {
	i, err := f.Factory.NewInterceptor(id)
	f.tap.feedback = i

	return i, err
}

// negotiated sets the tap up for what an answer takes of an offer's FEC.
func (t *fecTap) negotiated(offer, answer string) {
	var offered, answered sdp.SessionDescription
	if offered.UnmarshalString(offer) != nil || answered.UnmarshalString(answer) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, m := range offered.MediaDescriptions {
		if i >= len(answered.MediaDescriptions) || !takesFEC(answered.MediaDescriptions[i]) {
			continue
		}
		groups := ssrcGroups(m)
		for media, fec := range groups[sdp.SemanticTokenForwardErrorCorrectionFramework] {
			t.add(media, fec, groups[sdp.SemanticTokenFlowIdentification][media], stampOf(answered.MediaDescriptions[i]))
		}
	}
}

func (t *fecTap) add(media, fec, rtx uint32, stamp uint8) {
	s := &fecStream{media: media, fec: fec, rtx: rtx, buffer: make([]byte, 1<<16)}
	s.decoder = flexfec.NewDecoder(media, stamp, func(p []byte) { t.recovered(media, p) })
	if stamp != 0 && t.feedback != nil {
		info := &interceptor.StreamInfo{
			SSRC: fec, MimeType: webrtc.MimeTypeFlexFEC03,
			RTPHeaderExtensions: []interceptor.RTPHeaderExtension{{URI: sdp.TransportCCURI, ID: int(stamp)}},
		}
		s.report = t.feedback.BindRemoteStream(info, interceptor.RTPReaderFunc(
			func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
				return copy(b, s.arrived), a, nil
			}))
	}
	t.streams = append(t.streams, s)
}

func takesFEC(m *sdp.MediaDescription) bool {
	for _, a := range m.Attributes {
		if _, codec, _ := strings.Cut(a.Value, " "); a.Key == "rtpmap" && strings.EqualFold(codec, "flexfec-03/90000") {
			return true
		}
	}

	return false
}

// ssrcGroups returns, by meaning, the second SSRC of each pair by its first (RFC 5576,
// section 4.2).
func ssrcGroups(m *sdp.MediaDescription) map[string]map[uint32]uint32 {
	groups := map[string]map[uint32]uint32{}
	for _, a := range m.Attributes {
		fields := strings.Fields(a.Value)
		if a.Key != "ssrc-group" || len(fields) != 3 {
			continue
		}
		first, err := strconv.ParseUint(fields[1], 10, 32)
		second, err2 := strconv.ParseUint(fields[2], 10, 32)
		if err != nil || err2 != nil {
			continue
		}
		if groups[fields[0]] == nil {
			groups[fields[0]] = map[uint32]uint32{}
		}
		groups[fields[0]][uint32(first)] = uint32(second)
	}

	return groups
}

// stampOf returns the id of the transport-wide sequence number, zero for none.
func stampOf(m *sdp.MediaDescription) uint8 {
	for _, a := range m.Attributes {
		id, uri, _ := strings.Cut(a.Value, " ")
		if a.Key == "extmap" && uri == sdp.TransportCCURI {
			id, _, _ = strings.Cut(id, "/")
			if n, err := strconv.ParseUint(id, 10, 8); err == nil {
				return uint8(n)
			}
		}
	}

	return 0
}

// packet takes in a packet, and says whether it was FEC, which nobody else reads.
func (t *fecTap) packet(ssrc uint32, raw []byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.streams {
		switch ssrc {
		case s.media:
			s.decoder.Media(raw)
		case s.rtx:
			if p := s.repeated(raw, &t.header); p != nil {
				s.decoder.Media(p)
			}
		case s.fec:
			if s.report != nil {
				s.arrived = raw
				_, _, _ = s.report.Read(s.buffer, nil)
			}
			if payload, ok := readRTP(raw, &t.header); ok {
				s.decoder.Repair(payload)
			}

			return true
		}
	}

	return false
}

// repeated undoes RFC 4588, section 4, but for the payload type, which repairs need
// as well: it is that of the packets around.
func (s *fecStream) repeated(raw []byte, h *rtp.Header) []byte {
	payload, ok := readRTP(raw, h)
	// A repeat with padding of its own would not be the original byte for byte.
	if !ok || h.Padding || len(payload) < 2 {
		return nil
	}
	mediaType, ok := s.decoder.PayloadType()
	if !ok {
		return nil
	}
	header := raw[:len(raw)-len(payload)]
	s.original = append(append(s.original[:0], header...), payload[2:]...)
	s.original[1] = s.original[1]&0x80 | mediaType
	copy(s.original[2:], payload[:2])
	binary.BigEndian.PutUint32(s.original[8:], s.media)

	return s.original
}

// rtpTap is the buffer behind one SRTP stream; it shows each packet to the tap of FEC.
type rtpTap struct {
	*packetio.Buffer
	ssrc uint32
	tap  *fecTap
}

// Write implements [io.Writer].
func (t *rtpTap) Write(b []byte) (int, error) {
	if t.tap.packet(t.ssrc, b) {
		return len(b), nil
	}

	return t.Buffer.Write(b)
}

// onRecovered takes a packet that FEC gave back.
func (s *session) onRecovered(media uint32, raw []byte) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == StateEnded {
		return
	}
	for _, r := range s.streams {
		if r.ssrc != media {
			continue
		}
		payload, ok := readRTP(raw, &s.header)
		if !ok || s.header.PayloadType != r.payloadType {
			s.ignored++

			return
		}
		r.recovered(&rtpPacket{
			seq: s.header.SequenceNumber, timestamp: s.header.Timestamp, marker: s.header.Marker,
			payload: payload, arrival: now,
		})
		s.rearm(r)
	}
}

// recovered takes a packet that did not come over the wire.
func (s *stream) recovered(p *rtpPacket) {
	s.now = p.arrival
	if s.buffer.push(p) <= repaired {
		s.stats.PacketsRecovered++
	}
	s.buffer.unfinished = s.frames != nil && s.frames.open
}
