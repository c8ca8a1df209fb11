// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package minisdp

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Marshal returns the datagram. It fails with [ErrTooLarge] and [ErrUnsupported].
func (m *Message) Marshal() ([]byte, error) {
	b, err := m.appendHeader(make([]byte, 0, MaxSize))
	if err != nil {
		return nil, err
	}
	for i := range m.Media {
		if b, err = m.Media[i].append(b, m.NoAACConfig); err != nil {
			return nil, err
		}
	}
	for _, s := range []string{m.Ufrag, m.Pwd, m.Fingerprint, m.ServerSignature} {
		if len(s) > math.MaxUint16 {
			return nil, fmt.Errorf("%w: a text of %d bytes", ErrTooLarge, len(s))
		}
	}
	b = appendText(appendText(b, m.Ufrag), m.Pwd)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(m.URL))), m.URL...) //nolint:gosec // bounded below
	b = appendText(appendText(b, m.Fingerprint), m.ServerSignature)
	b = append(b, make([]byte, footerSize)...)
	switch m.Stream {
	case StreamPull:
		b = append(b, 0)
	case StreamPush:
		b = append(b, flagPush)
	case StreamUnsaid:
	}
	if len(b) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d: offer fewer codecs or shorten the URL (%d bytes)",
			ErrTooLarge, len(b), MaxSize, len(m.URL))
	}

	return b, nil
}

func (m *Message) appendHeader(b []byte) ([]byte, error) {
	if m.Role > RolePassive || m.Direction > SendRecv || m.Kind > NoSDP {
		return nil, fmt.Errorf("%w: role %d, direction %d, kind %d", ErrUnsupported, m.Role, m.Direction, m.Kind)
	}
	last := bit(m.NotImmediate, flagNotImmediate) | byte(m.Direction)<<directionShift | byte(m.Kind)<<kindShift
	for i := range m.Media {
		flag := mediaFlag(m.Media[i].Kind)
		if flag == 0 || last&flag != 0 {
			return nil, fmt.Errorf("%w: at most one audio, one video and one data medium", ErrUnsupported)
		}
		last |= flag
	}
	var addr [addrSize]byte
	ip, present := m.Candidate.Addr().Unmap(), m.Candidate.IsValid()
	copy(addr[:], ip.AsSlice())
	var port uint16
	if present {
		port = m.Candidate.Port()
	}
	b = append(b, magicOffer...)
	b = append(b, version)
	b = binary.BigEndian.AppendUint16(b, uint16(m.Status))
	b = append(b, bit(m.NotSeqAligned, flagNotSeqAligned)|bit(m.NoAACConfig, flagNoAACConfig)|
		bit(m.StringBundle, flagStringBundle)|byte(m.Role)<<roleShift|bit(present, flagCandidate)|
		bit(m.Encrypted, flagEncrypted)|bit(present && ip.Is6(), flagIPv6))
	b = binary.BigEndian.AppendUint16(b, port)
	b = append(b, addr[:]...)
	b = binary.BigEndian.AppendUint16(b, m.Seq)

	return append(b, last), nil
}

func (m *Medium) append(b []byte, noAACConfig bool) ([]byte, error) {
	if len(m.Codecs) > maxCodecs || len(m.Extensions) > maxExtensions {
		return nil, fmt.Errorf("%w: %d codecs and %d header extensions in one medium, at most %d and %d",
			ErrTooLarge, len(m.Codecs), len(m.Extensions), maxCodecs, maxExtensions)
	}
	b = binary.BigEndian.AppendUint32(b, m.SSRC)
	b = binary.BigEndian.AppendUint32(b, m.FECSSRC)
	b = append(b, byte(m.Kind)|byte(len(m.Codecs))<<countShift) //nolint:gosec // checked above
	for i := range m.Codecs {
		var err error
		if b, err = m.Codecs[i].append(b, noAACConfig); err != nil {
			return nil, err
		}
	}
	b = append(b, byte(len(m.Extensions))) //nolint:gosec // checked above
	for _, e := range m.Extensions {
		b = append(b, e.ID, e.URI)
	}

	return b, nil
}

func (c *Codec) append(b []byte, noAACConfig bool) ([]byte, error) {
	rate := unknownRate
	if c.ClockRate != 0 {
		rate = slices.Index(rates[:], c.ClockRate)
	}
	switch {
	case rate < 0:
		return nil, fmt.Errorf("%w: clock rate %d", ErrUnsupported, c.ClockRate)
	case c.PayloadType > 127 || c.Channels > twoBits || c.Kind > 15:
		return nil, fmt.Errorf("%w: codec %d with payload type %d and %d channels", ErrUnsupported, c.Kind, c.PayloadType, c.Channels)
	}
	b = append(b,
		byte(rate)|byte(c.Kind)<<codecShift, //nolint:gosec // below 16
		c.PayloadType<<payloadShift,
		bit(c.BFrames, flagBFrames)|bit(c.REMB, flagREMB)|bit(c.TransportCC, flagTCC)|bit(c.FlexFEC, flagFlexFEC)|bit(c.NACK, flagNACK),
		bit(c.RRTR, flagRRTR)|c.Channels<<channelsShift,
	)
	if !c.Kind.aac() || noAACConfig {
		return b, nil
	}
	if len(c.AAC.Config) > math.MaxUint8 {
		return nil, fmt.Errorf("%w: AAC config of %d digits", ErrTooLarge, len(c.AAC.Config))
	}
	b = append(b, c.AAC.Object, byte(len(c.AAC.Config)),
		bit(c.AAC.PS, flagPS)|bit(c.AAC.SBR, flagSBR)|bit(c.AAC.Stereo, flagStereo)|bit(c.AAC.CPresent, flagCPresent), 0)

	return append(b, c.AAC.Config...), nil
}

// appendText appends a text with its length, which fits 16 bits.
func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...) //nolint:gosec // checked by callers
}
