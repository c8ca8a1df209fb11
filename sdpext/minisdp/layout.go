// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package minisdp

// Layout of version 0.
const (
	version    = 0
	magicOffer = "\xffSDP"
	magicStop  = "\xffSTP"
	footerSize = 16
	addrSize   = 16

	maxCodecs = 1<<6 - 1
	// maxURL is more than any datagram holds.
	maxURL        = 1 << 16
	maxExtensions = 1<<8 - 1
)

// Bits of the header's flags.
const (
	flagNotSeqAligned = 1 << iota
	flagNoAACConfig
	flagStringBundle
	_
	_
	flagCandidate
	flagEncrypted
	flagIPv6

	roleShift = 3
	roleMask  = 3
)

// Bits of the header's last byte.
const (
	flagNotImmediate = 1 << 0
	flagData         = 1 << 1
	flagAudio        = 1 << 2
	flagVideo        = 1 << 3

	directionShift = 4
	kindShift      = 6
	twoBits        = 3
)

// Bits of a medium and of a codec.
const (
	countShift    = 2
	codecShift    = 4
	rateMask      = 15
	payloadShift  = 1
	flagBFrames   = 1 << 3
	flagREMB      = 1 << 4
	flagTCC       = 1 << 5
	flagFlexFEC   = 1 << 6
	flagNACK      = 1 << 7
	flagRRTR      = 1 << 5
	channelsShift = 6

	flagPS       = 1 << 0
	flagSBR      = 1 << 1
	flagStereo   = 1 << 2
	flagCPresent = 1 << 3

	flagPush = 1 << 0
)

// mediaFlag is the bit by which the header announces a medium.
func mediaFlag(k MediaKind) byte {
	switch k {
	case Audio:
		return flagAudio
	case Video:
		return flagVideo
	case Data:
		return flagData
	default:
		return 0
	}
}

func bit(on bool, flag byte) byte {
	if on {
		return flag
	}

	return 0
}
