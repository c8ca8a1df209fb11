// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package minisdp

import (
	"errors"
	"net/netip"
)

// MaxSize is the greatest size of a datagram in bytes.
const MaxSize = 1400

// Errors of datagrams and conversions.
var (
	// ErrMalformed: the bytes are no message, or end in its midst.
	ErrMalformed = errors.New("minisdp: malformed message")
	// ErrVersion: the layout is of another version than 0.
	ErrVersion = errors.New("minisdp: unknown version")
	// ErrTooLarge: the message does not fit one datagram or one of its fields.
	ErrTooLarge = errors.New("minisdp: message too large")
	// ErrUnsupported: the message or the description has what the other cannot say.
	ErrUnsupported = errors.New("minisdp: not expressible")
)

// Role is the side that begins DTLS, as a=setup has it.
type Role uint8

// Values of [Role].
const (
	RoleActpass Role = iota
	RoleActive
	RolePassive
)

// Direction is that of all media.
type Direction uint8

// Values of [Direction].
const (
	SendOnly Direction = iota
	RecvOnly
	SendRecv
)

// Kind is what a message is.
type Kind uint8

// Values of [Kind].
const (
	Offer Kind = iota
	Answer
	// NoSDP is a refusal: status and seq alone.
	NoSDP
)

// Stream is the way of the stream, in a byte at the end that older peers leave out.
type Stream uint8

// Values of [Stream].
const (
	StreamUnsaid Stream = iota
	StreamPull
	StreamPush
)

// Message is an offer or an answer. Fields and bits that version 0 reserves are
// passed over on reading and zero in writing.
type Message struct {
	Kind   Kind
	Status Status
	// Seq tells requests apart; a retry keeps it. See [Exchange].
	Seq uint16
	// NotSeqAligned, NotImmediate: flags not_seq_align and not_imm_send.
	NotSeqAligned, NotImmediate bool
	// NoAACConfig: AAC codecs come without their parameters, for the peer does not
	// know them.
	NoAACConfig bool
	// StringBundle: mids are audio and video in place of numbers.
	StringBundle bool
	// Encrypted: media is DTLS-SRTP, by Fingerprint.
	Encrypted bool
	Role      Role
	Direction Direction
	// Candidate is the one address of ICE, invalid for none.
	Candidate netip.AddrPort
	// Media are at most one of each kind.
	Media []Medium
	// Ufrag and Pwd are the ICE credentials.
	Ufrag, Pwd string
	// URL is that of the stream, without its scheme.
	URL string
	// Fingerprint is the hash function and the digest, as in a=fingerprint.
	Fingerprint string
	// ServerSignature of an answer goes into the message that stops the stream.
	ServerSignature string
	Stream          Stream
}

// Err returns a [*StatusError] where the server refused, else nil.
func (m *Message) Err() error { return m.Status.err() }

// MediaKind is what a medium is.
type MediaKind uint8

// Values of [MediaKind].
const (
	Audio MediaKind = iota
	Video
	Data
)

// Medium is one m= section.
type Medium struct {
	Kind MediaKind
	// SSRC is that of the stream, FECSSRC that of its FlexFEC; zero for none.
	SSRC, FECSSRC uint32
	Codecs        []Codec
	Extensions    []Extension
}

// CodecKind names a codec. Further values are of later versions.
type CodecKind uint8

// Values of [CodecKind].
const (
	Opus CodecKind = iota
	LATM
	ADTS
	H264
	H265
	FlexFEC03
)

// Codec is one payload type.
type Codec struct {
	Kind        CodecKind
	PayloadType uint8
	// ClockRate in Hz is one of those of AAC, or 90000; zero for an unknown one.
	ClockRate uint32
	// Channels of audio, 0 to 3.
	Channels uint8
	// BFrames tells whether the side decodes B-frames.
	BFrames bool
	// Feedback. RRTR is a bit that later peers write and earlier ones pass over.
	NACK, TransportCC, REMB, RRTR bool
	FlexFEC                       bool
	// AAC are the parameters of LATM and ADTS.
	AAC AACParameters
}

// AACParameters is what an fmtp says of AAC.
type AACParameters struct {
	// Object is the audio object type: 2, 5 or 29.
	Object                    uint8
	PS, SBR, Stereo, CPresent bool
	// Config is a StreamMuxConfig in hexadecimal, at most 255 digits.
	Config string
}

func (k CodecKind) aac() bool { return k == LATM || k == ADTS }

// Extension is a header extension: its id and the number of its URI, which may be
// unknown.
type Extension struct {
	ID, URI uint8
}

// rates are the clock rates by their numbers.
var rates = [16]uint32{
	96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350, 0, 0, 90000,
}

// unknownRate is the number of the clock rate zero.
const unknownRate = 13
