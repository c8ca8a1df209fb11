// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package aac

import (
	"fmt"
)

// MaxSubFrames is the greatest number of access units in one AudioMuxElement.
const MaxSubFrames = 64

// unknownFullness says that the bit rate varies (ISO/IEC 14496-3, 1.7.3).
const unknownFullness = 255

// StreamMuxConfig is the configuration of LATM (ISO/IEC 14496-3, table 1.42), which
// MP4A-LATM and MP4A-ADTS carry in their SDP: one program of one layer, as AAC over
// RTP has it. mediacommon's type of that name is not used, for it takes an extension
// at the end of the AudioSpecificConfig for other fields, and refuses configurations
// that end in the midst of a field; both are what servers send.
type StreamMuxConfig struct {
	Config Config
	// SubFrames is the number of access units in an AudioMuxElement, 1 to 64; zero
	// counts as 1.
	SubFrames int
	// BufferFullness is the state of the bit reservoir, 255 for unknown.
	BufferFullness uint8
	// OtherDataBits is how many bits of other data follow the payloads, present even
	// where zero if OtherData is set.
	OtherData     bool
	OtherDataBits uint32
	// CRC is a checksum of the configuration, which is not checked.
	CRC *uint8
	// Truncated tells of a configuration that ended early: what was missing has its
	// default. Marshal writes it whole.
	Truncated bool
}

// NewStreamMuxConfig returns that of one access unit an element.
func NewStreamMuxConfig(c Config) StreamMuxConfig {
	return StreamMuxConfig{Config: c, SubFrames: 1, BufferFullness: unknownFullness}
}

// Unmarshal reads a StreamMuxConfig, passing over bytes that follow. One that ends
// after the channels is Truncated and no error. It fails with [ErrConfig], and with
// [ErrTruncated] where less than that is there.
func (s *StreamMuxConfig) Unmarshal(b []byte) error {
	*s = NewStreamMuxConfig(Config{})
	r := reader{b: b}
	if version := r.read(1); version != 0 {
		return fmt.Errorf("%w: audioMuxVersion 1 is not supported", ErrConfig)
	}
	sameFraming, subFrames, programs, layers := r.read(1), r.read(6), r.read(4), r.read(3)
	switch {
	case r.short:
		return ErrTruncated
	case sameFraming == 0:
		return fmt.Errorf("%w: streams of differing time framing are not supported", ErrConfig)
	case programs > 0 || layers > 0:
		return fmt.Errorf("%w: %d programs of %d layers, want one of one", ErrConfig, programs+1, layers+1)
	}
	s.SubFrames = int(subFrames) + 1 //nolint:gosec // 6 bits
	if err := s.Config.read(&r); err != nil {
		return err
	}
	if cutExtension(&r) {
		s.Truncated = true

		return nil
	}

	return s.readTail(&r)
}

// cutExtension tells whether all that is left is the start of an extension's sync
// word. It cannot be mistaken: it would be the reserved frame length type 2.
func cutExtension(r *reader) bool {
	n := r.left()

	return n > 3 && n < syncBits && r.peek(n) == syncSBR>>(syncBits-n)
}

// readTail reads what follows the AudioSpecificConfig.
func (s *StreamMuxConfig) readTail(r *reader) error {
	kind, fullness := r.read(3), r.read(8)
	if kind != 0 {
		return fmt.Errorf("%w: frame length type %d, want 0", ErrConfig, kind)
	}
	if s.Truncated = r.short; s.Truncated {
		return nil
	}
	s.BufferFullness = uint8(fullness) //nolint:gosec // 8 bits
	other := r.read(1) == 1
	var otherBits uint64
	for more := other; more; {
		more = r.read(1) == 1
		otherBits = otherBits<<8 | r.read(8)
		if otherBits >= 1<<32 {
			return fmt.Errorf("%w: %d bits of other data", ErrConfig, otherBits)
		}
	}
	if s.Truncated = r.short; s.Truncated {
		return nil
	}
	s.OtherData, s.OtherDataBits = other, uint32(otherBits)
	if r.read(1) == 1 {
		crc := uint8(r.read(8)) //nolint:gosec // 8 bits
		if !r.short {
			s.CRC = &crc
		}
	}
	s.Truncated = r.short

	return nil
}

// Marshal returns the StreamMuxConfig. It fails with [ErrConfig].
func (s StreamMuxConfig) Marshal() ([]byte, error) {
	subFrames := max(s.SubFrames, 1)
	if s.SubFrames < 0 || subFrames > MaxSubFrames {
		return nil, fmt.Errorf("%w: %d access units an element, want 1 to %d", ErrConfig, s.SubFrames, MaxSubFrames)
	}
	var w writer
	w.write(0, 1) // audioMuxVersion
	w.write(1, 1) // allStreamsSameTimeFraming
	w.write(uint64(subFrames-1), 6)
	w.write(0, 4) // one program
	w.write(0, 3) // one layer
	if err := s.Config.write(&w); err != nil {
		return nil, err
	}
	w.write(0, 3) // frameLengthType: the element tells lengths
	w.write(uint64(s.BufferFullness), 8)
	if s.OtherData {
		w.write(1, 1)
		bytes := 1
		for s.OtherDataBits>>(8*bytes) != 0 {
			bytes++
		}
		for i := bytes - 1; i >= 0; i-- {
			w.write(uint64(min(i, 1)), 1) //nolint:gosec // 0 or 1
			w.write(uint64(s.OtherDataBits>>(8*i)&0xff), 8)
		}
	} else {
		w.write(0, 1)
	}
	if s.CRC != nil {
		w.write(1, 1)
		w.write(uint64(*s.CRC), 8)
	} else {
		w.write(0, 1)
	}

	return w.b, nil
}
