// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package aac

import (
	"errors"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

// Errors of configurations.
var (
	// ErrConfig: an AudioSpecificConfig or StreamMuxConfig is malformed, or of a
	// kind that is not AAC-LC, HE-AAC or HE-AACv2.
	ErrConfig = errors.New("aac: configuration")
	// ErrTruncated is an [ErrConfig] whose bytes end before the sample rate and the
	// channels are known.
	ErrTruncated = fmt.Errorf("%w: truncated", ErrConfig)
)

// Signalling is how a configuration tells of SBR and PS (ISO/IEC 14496-3, 1.6.5).
type Signalling uint8

// Values of [Signalling].
const (
	// Implicit says nothing: SBR may be found in the frames.
	Implicit Signalling = iota
	// Hierarchical begins with object type 5 or 29, AAC-LC below it.
	Hierarchical
	// BackwardCompatible begins with AAC-LC; an extension at the end tells of SBR
	// and PS, or that there is none.
	BackwardCompatible
)

// Config is an AudioSpecificConfig of AAC-LC, alone or with SBR (HE-AAC) and PS
// (HE-AACv2).
type Config struct {
	// Core has the rate of the AAC-LC core in SampleRate, 2 in Type, its channels in
	// ChannelConfig, and the extension, 5 or 29 with its rate, in ExtensionType and
	// ExtensionSampleRate. ChannelCount is passed over.
	Core mpeg4audio.AudioSpecificConfig
	// Signalling is Implicit or BackwardCompatible where there is no extension, and
	// Hierarchical or BackwardCompatible where there is one.
	Signalling Signalling
}

const (
	rateEscape    = 15
	rateBits      = 4
	longRateBits  = 24
	typeBits      = 5
	coreDelayBits = 14

	syncSBR  = 0x2b7
	syncPS   = 0x548
	syncBits = 11

	maxChannelConfig = 7
	maxRate          = 1<<longRateBits - 1
)

// rates are the sample rates that have an index (ISO/IEC 14496-3, table 1.18).
var rates = [...]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}

// Unmarshal reads an AudioSpecificConfig. Bytes that follow it are passed over, and
// an extension that is cut off counts as none. It fails with [ErrConfig].
func (c *Config) Unmarshal(b []byte) error {
	r := reader{b: b}

	return c.read(&r)
}

// read takes an AudioSpecificConfig off r.
func (c *Config) read(r *reader) error {
	*c = Config{}
	n, ok := bitLength(*r)
	if !ok {
		return ErrTruncated
	}
	if err := c.Core.Unmarshal(r.rest()); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	c.Core.ChannelCount = 0 //nolint:staticcheck // it would override ChannelConfig
	if c.OutputRate() == 0 || c.Core.SampleRate == 0 {
		return fmt.Errorf("%w: sample rate 0", ErrConfig)
	}
	r.pos += n
	if c.Core.ExtensionType != 0 {
		c.Signalling = Hierarchical

		return nil
	}
	// With channel configuration 0 a program config element comes here, which is
	// not read.
	if c.Core.ChannelConfig == 0 || r.left() < syncBits || r.peek(syncBits) != syncSBR {
		return nil
	}
	r.read(syncBits)
	c.readExtension(r)

	return nil
}

func (c *Config) readExtension(r *reader) {
	kind, present := r.read(typeBits), r.read(1)
	if r.short {
		return
	}
	c.Signalling = BackwardCompatible
	if kind != uint64(mpeg4audio.ObjectTypeSBR) || present == 0 {
		return
	}
	rate := 0
	switch index := r.read(rateBits); {
	case index < uint64(len(rates)):
		rate = rates[index]
	case index == rateEscape:
		rate = int(r.read(longRateBits)) //nolint:gosec // 24 bits
	}
	if r.short || rate == 0 {
		return
	}
	c.Core.ExtensionType, c.Core.ExtensionSampleRate = mpeg4audio.ObjectTypeSBR, rate
	if r.left() > syncBits && r.peek(syncBits) == syncPS {
		r.read(syncBits)
		if r.read(1) == 1 {
			c.Core.ExtensionType = mpeg4audio.ObjectTypePS
		}
	}
}

// bitLength returns how long the AudioSpecificConfig ahead of r is, without an
// extension at its end, and whether all of it is there.
func bitLength(r reader) (int, bool) {
	start := r.pos
	rate := func() {
		if r.read(rateBits) == rateEscape {
			r.read(longRateBits)
		}
	}
	kind := mpeg4audio.ObjectType(r.read(typeBits)) //nolint:gosec // 5 bits
	rate()
	r.read(4)
	if kind == mpeg4audio.ObjectTypeSBR || kind == mpeg4audio.ObjectTypePS {
		rate()
		r.read(typeBits)
	}
	r.read(1)
	if r.read(1) == 1 {
		r.read(coreDelayBits)
	}
	r.read(1)

	return r.pos - start, !r.short
}

// Marshal returns the AudioSpecificConfig. It fails with [ErrConfig].
func (c Config) Marshal() ([]byte, error) {
	var w writer
	err := c.write(&w)

	return w.b, err
}

func (c Config) write(w *writer) error {
	if err := c.validate(); err != nil {
		return err
	}
	core := c.Core
	core.ChannelCount = 0 //nolint:staticcheck // it would override ChannelConfig
	if c.Signalling == BackwardCompatible {
		core.ExtensionType, core.ExtensionSampleRate = 0, 0
	}
	b, err := core.Marshal()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	n, _ := bitLength(reader{b: b})
	w.copyBits(b, n)
	if c.Signalling != BackwardCompatible {
		return nil
	}
	w.write(syncSBR, syncBits)
	w.write(uint64(mpeg4audio.ObjectTypeSBR), typeBits)
	if !c.SBR() {
		w.write(0, 1)

		return nil
	}
	w.write(1, 1)
	writeRate(w, c.Core.ExtensionSampleRate)
	if c.PS() {
		w.write(syncPS, syncBits)
		w.write(1, 1)
	}

	return nil
}

func writeRate(w *writer, rate int) {
	for i, known := range rates {
		if rate == known {
			w.write(uint64(i), rateBits) //nolint:gosec // an index
			return
		}
	}
	w.write(rateEscape, rateBits)
	w.write(uint64(rate), longRateBits) //nolint:gosec // validated
}

func (c Config) validate() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrConfig, fmt.Sprintf(format, args...))
	}
	switch {
	case c.Core.Type != mpeg4audio.ObjectTypeAACLC:
		return fail("object type %d, want AAC-LC (2) below any extension", c.Core.Type)
	case c.Core.SampleRate <= 0 || c.Core.SampleRate > maxRate:
		return fail("sample rate %d", c.Core.SampleRate)
	case c.Core.ChannelConfig > maxChannelConfig:
		return fail("channel configuration %d", c.Core.ChannelConfig)
	case c.Core.CoreCoderDelay >= 1<<coreDelayBits:
		return fail("core coder delay %d", c.Core.CoreCoderDelay)
	case c.Signalling > BackwardCompatible:
		return fail("signalling %d", c.Signalling)
	case c.Signalling == BackwardCompatible && c.Core.ChannelConfig == 0:
		return fail("channel configuration 0 allows no extension at the end")
	}
	switch c.Core.ExtensionType {
	case 0:
		if c.Signalling == Hierarchical {
			return fail("hierarchical signalling without an extension")
		}
	case mpeg4audio.ObjectTypeSBR, mpeg4audio.ObjectTypePS:
		if c.Signalling == Implicit {
			return fail("implicit signalling with an extension")
		}
		if rate := c.Core.ExtensionSampleRate; rate <= 0 || rate > maxRate {
			return fail("extension sample rate %d", rate)
		}
	default:
		return fail("extension type %d, want SBR (5) or PS (29)", c.Core.ExtensionType)
	}

	return nil
}

// SBR tells whether the configuration says that frames carry SBR.
func (c Config) SBR() bool { return c.Core.ExtensionType != 0 }

// PS tells whether the configuration says that frames carry PS.
func (c Config) PS() bool { return c.Core.ExtensionType == mpeg4audio.ObjectTypePS }

// ObjectType returns 2 for AAC-LC, 5 for HE-AAC, 29 for HE-AACv2.
func (c Config) ObjectType() mpeg4audio.ObjectType {
	if c.SBR() {
		return c.Core.ExtensionType
	}

	return c.Core.Type
}

// OutputRate returns the sample rate in Hz that a decoder puts out, that of SBR where
// there is SBR. RTP timestamps count at it.
func (c Config) OutputRate() int {
	if c.SBR() {
		return c.Core.ExtensionSampleRate
	}

	return c.Core.SampleRate
}

// Channels returns the number of channels that a decoder puts out, zero where only
// the frames tell.
func (c Config) Channels() int {
	switch n := int(c.Core.ChannelConfig); {
	case n == 1 && c.PS():
		return 2
	case n == maxChannelConfig:
		return n + 1
	default:
		return n
	}
}

// FrameSamples returns how many samples at the output rate a frame holds.
func (c Config) FrameSamples() int {
	const short = 960
	n := int64(mpeg4audio.SamplesPerAccessUnit)
	if c.Core.FrameLengthFlag {
		n = short
	}
	if c.Core.SampleRate == 0 {
		return int(n)
	}

	return int(n * int64(c.OutputRate()) / int64(c.Core.SampleRate))
}
