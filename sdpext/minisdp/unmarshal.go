// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package minisdp

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
)

// Unmarshal reads a datagram. Reserved bits, unknown codecs and what follows the
// message are passed over. It fails with [ErrMalformed] or [ErrVersion]; a refusal of
// the server is no failure, see [Message.Err].
func (m *Message) Unmarshal(b []byte) error {
	*m = Message{}
	c := cursor{b: b}
	if string(c.take(len(magicOffer))) != magicOffer {
		return fmt.Errorf("%w: it does not begin with FF and SDP", ErrMalformed)
	}
	media, err := m.readHeader(&c)
	if err != nil {
		return err
	}
	for range media {
		medium := readMedium(&c, m.NoAACConfig)
		if c.short {
			return c.err()
		}
		if slices.ContainsFunc(m.Media, func(other Medium) bool { return other.Kind == medium.Kind }) {
			return fmt.Errorf("%w: two media of one kind (%d)", ErrMalformed, medium.Kind)
		}
		m.Media = append(m.Media, medium)
	}
	m.Ufrag, m.Pwd = c.text(), c.text()
	m.URL = string(c.take(int(min(c.uint32(), maxURL))))
	m.Fingerprint, m.ServerSignature = c.text(), c.text()
	c.take(footerSize)
	if c.short {
		return c.err()
	}
	if len(c.b) > 0 {
		m.Stream = StreamPull
		if c.uint8()&flagPush != 0 {
			m.Stream = StreamPush
		}
	}

	return nil
}

// readHeader reads what follows the magic and returns the number of media.
func (m *Message) readHeader(c *cursor) (int, error) {
	if v := c.uint8(); v != version && !c.short {
		return 0, fmt.Errorf("%w %d, want %d", ErrVersion, v, version)
	}
	m.Status = Status(c.uint16())
	flags, port, addr := c.uint8(), c.uint16(), c.take(addrSize)
	m.Seq = c.uint16()
	last := c.uint8()
	if c.short {
		return 0, c.err()
	}
	m.NotSeqAligned, m.NoAACConfig = flags&flagNotSeqAligned != 0, flags&flagNoAACConfig != 0
	m.StringBundle, m.Encrypted = flags&flagStringBundle != 0, flags&flagEncrypted != 0
	m.Role = Role(min(flags>>roleShift&roleMask, byte(RolePassive)))
	if flags&flagCandidate != 0 {
		ip := netip.AddrFrom4([4]byte(addr))
		if flags&flagIPv6 != 0 {
			ip = netip.AddrFrom16([addrSize]byte(addr)).Unmap()
		}
		m.Candidate = netip.AddrPortFrom(ip, port)
	}
	m.NotImmediate = last&flagNotImmediate != 0
	m.Direction = Direction(min(last>>directionShift&twoBits, byte(SendRecv)))
	m.Kind = Kind(min(last>>kindShift, byte(NoSDP)))

	return bits.OnesCount8(last & (flagAudio | flagVideo | flagData)), nil
}

func readMedium(c *cursor, noAACConfig bool) Medium {
	m := Medium{SSRC: c.uint32(), FECSSRC: c.uint32()}
	head := c.uint8()
	m.Kind = MediaKind(head & twoBits)
	for range head >> countShift {
		m.Codecs = append(m.Codecs, readCodec(c, noAACConfig))
	}
	for range c.uint8() {
		m.Extensions = append(m.Extensions, Extension{ID: c.uint8(), URI: c.uint8()})
	}

	return m
}

func readCodec(c *cursor, noAACConfig bool) Codec {
	b0, b1, b2, b3 := c.uint8(), c.uint8(), c.uint8(), c.uint8()
	codec := Codec{
		Kind: CodecKind(b0 >> codecShift), ClockRate: rates[b0&rateMask], PayloadType: b1 >> payloadShift,
		BFrames: b2&flagBFrames != 0, REMB: b2&flagREMB != 0, TransportCC: b2&flagTCC != 0,
		FlexFEC: b2&flagFlexFEC != 0, NACK: b2&flagNACK != 0,
		RRTR: b3&flagRRTR != 0, Channels: b3 >> channelsShift,
	}
	if !codec.Kind.aac() || noAACConfig {
		return codec
	}
	object, length, flags := c.uint8(), c.uint8(), c.uint8()
	c.uint8() // the high byte of the flags, all unknown
	codec.AAC = AACParameters{
		Object: object, PS: flags&flagPS != 0, SBR: flags&flagSBR != 0, Stereo: flags&flagStereo != 0,
		CPresent: flags&flagCPresent != 0, Config: string(c.take(int(length))),
	}

	return codec
}

// cursor reads fields; past the end it reads zeros and is short from then on.
type cursor struct {
	b     []byte
	short bool
}

func (c *cursor) take(n int) []byte {
	if n > len(c.b) {
		c.b, c.short = nil, true

		return make([]byte, min(n, addrSize))
	}
	out := c.b[:n]
	c.b = c.b[n:]

	return out
}

func (c *cursor) uint8() byte    { return c.take(1)[0] }
func (c *cursor) uint16() uint16 { return binary.BigEndian.Uint16(c.take(2)) }
func (c *cursor) uint32() uint32 { return binary.BigEndian.Uint32(c.take(4)) }
func (c *cursor) text() string   { return string(c.take(int(c.uint16()))) }

func (*cursor) err() error { return fmt.Errorf("%w: it ends too early", ErrMalformed) }
