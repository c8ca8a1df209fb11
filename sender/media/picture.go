// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import "slices"

// picture is what the NAL units of one access unit tell about it.
type picture struct {
	coded      bool // has slices
	key        bool
	disposable bool
}

// parameterSetKind orders the NAL units that decoders need ahead of a picture.
type parameterSetKind int

const (
	notParameterSet parameterSetKind = iota
	videoParameterSet
	sequenceParameterSet
	pictureParameterSet
)

// nalSyntax is what differs between H.264 and H.265.
type nalSyntax interface {
	// parameterSet tells the kind of a NAL unit that is one.
	parameterSet(nal []byte) parameterSetKind
	// ignored tells NAL units that carry nothing for a decoder behind RTP.
	ignored(nal []byte) bool
	// sequence is called with every new sequence parameter set.
	sequence(sps []byte)
	// classify looks at an access unit's NAL units.
	classify(units [][]byte) picture
	// describe fills in what the sequence parameter set says.
	describe(t *Track) (reorderKnown bool)
	// required are the kinds that must be there before the first picture.
	required() []parameterSetKind
}

// maxParameterSets bounds what a stream can make the filter remember.
const maxParameterSets = 64

// pictureFilter turns a container's video units into access units: it finds key
// frames and disposable pictures, puts the parameter sets in front of every key
// frame, and leaves out what comes before the first one.
//
// Access unit delimiters and filler data are stripped from all containers alike:
// MP4 has none, RTP marks the end of a picture itself (RFC 6184, RFC 7798), and
// filler only costs rate.
type pictureFilter struct {
	codec        Codec
	syntax       nalSyntax // nil for codecs that are not made of NAL units
	sets         [][]byte
	started      bool
	reorderKnown bool
}

func newPictureFilter(c Codec, sets [][]byte) *pictureFilter {
	f := &pictureFilter{codec: c}
	switch c {
	case H264:
		f.syntax = &h264Syntax{}
	case H265:
		f.syntax = &h265Syntax{}
	default:
		return f
	}
	for _, nal := range sets {
		f.learn(nal)
	}

	return f
}

// accept returns the access unit to send, and false where there is none: no
// picture in it, or no key frame before it.
func (f *pictureFilter) accept(units [][]byte) (AccessUnit, bool) {
	if f.syntax == nil {
		return f.acceptFrame(units)
	}
	kept := make([][]byte, 0, len(units)+len(f.sets))
	var inBand [pictureParameterSet + 1]bool
	for _, nal := range units {
		if len(nal) == 0 || f.syntax.ignored(nal) {
			continue
		}
		if kind := f.syntax.parameterSet(nal); kind != notParameterSet {
			if kind == sequenceParameterSet && !inBand[kind] {
				f.renew(units)
			}
			inBand[kind] = true
			f.learn(nal)
		}
		kept = append(kept, nal)
	}
	p := f.syntax.classify(kept)
	if p.key && p.coded {
		kept = f.prepend(kept, inBand)
		f.started = f.started || f.complete()
	}
	if !p.coded || !f.started {
		return AccessUnit{}, false
	}

	return AccessUnit{Key: p.key, Disposable: p.disposable && !p.key, Units: kept}, true
}

func (f *pictureFilter) acceptFrame(units [][]byte) (AccessUnit, bool) {
	if len(units) != 1 || len(units[0]) == 0 {
		return AccessUnit{}, false
	}
	frame := units[0]
	if f.codec == AV1 {
		if frame = trimTemporalDelimiter(frame); len(frame) == 0 {
			return AccessUnit{}, false
		}
	}
	key := isKeyFrame(f.codec, frame)
	f.started = f.started || key

	return AccessUnit{Key: key, Units: [][]byte{frame}}, f.started
}

// renew forgets the parameter sets of the last sequence when an access unit
// brings a different sequence parameter set.
func (f *pictureFilter) renew(units [][]byte) {
	for _, nal := range units {
		if len(nal) > 0 && f.syntax.parameterSet(nal) == sequenceParameterSet && !f.knows(nal) {
			f.sets = slices.DeleteFunc(f.sets, func(s []byte) bool {
				return f.syntax.parameterSet(s) != videoParameterSet
			})

			return
		}
	}
}

func (f *pictureFilter) knows(nal []byte) bool {
	return slices.ContainsFunc(f.sets, func(s []byte) bool { return slices.Equal(s, nal) })
}

func (f *pictureFilter) learn(nal []byte) {
	kind := f.syntax.parameterSet(nal)
	if kind == notParameterSet || f.knows(nal) {
		return
	}
	if kind == sequenceParameterSet {
		f.syntax.sequence(nal)
	}
	if len(f.sets) >= maxParameterSets {
		f.sets = slices.Delete(f.sets, 0, 1)
	}
	f.sets = append(f.sets, slices.Clone(nal))
	slices.SortStableFunc(f.sets, func(a, b []byte) int {
		return int(f.syntax.parameterSet(a)) - int(f.syntax.parameterSet(b))
	})
}

// complete tells whether all kinds of parameter sets are known.
func (f *pictureFilter) complete() bool {
	for _, kind := range f.syntax.required() {
		if !slices.ContainsFunc(f.sets, func(s []byte) bool { return f.syntax.parameterSet(s) == kind }) {
			return false
		}
	}

	return true
}

// prepend puts the parameter sets that a key frame lacks in front of it.
func (f *pictureFilter) prepend(units [][]byte, inBand [pictureParameterSet + 1]bool) [][]byte {
	var missing [][]byte
	for _, s := range f.sets {
		if !inBand[f.syntax.parameterSet(s)] {
			missing = append(missing, slices.Clone(s))
		}
	}
	if len(missing) == 0 {
		return units
	}
	// Those in band go along with the rest, in their own order: VPS, SPS, PPS.
	units = append(missing, units...)
	sets := units[:0:0]
	rest := make([][]byte, 0, len(units))
	for _, nal := range units {
		if f.syntax.parameterSet(nal) != notParameterSet {
			sets = append(sets, nal)
		} else {
			rest = append(rest, nal)
		}
	}
	slices.SortStableFunc(sets, func(a, b []byte) int {
		return int(f.syntax.parameterSet(a)) - int(f.syntax.parameterSet(b))
	})

	return append(sets, rest...)
}

// describe completes what the container said about the track.
func (f *pictureFilter) describe(t *Track) {
	if f.syntax == nil {
		return
	}
	f.reorderKnown = f.syntax.describe(t)
	t.ParameterSets = nil
	for _, s := range f.sets {
		t.ParameterSets = append(t.ParameterSets, slices.Clone(s))
	}
}
