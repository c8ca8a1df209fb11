// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import "encoding/binary"

// Flags of the track fragment header and of track runs (ISO/IEC 14496-12, 8.8.7
// and 8.8.8).
const (
	tfhdBaseOffset   = 0x000001
	tfhdDescription  = 0x000002
	tfhdDuration     = 0x000008
	tfhdSize         = 0x000010
	tfhdBaseIsMoof   = 0x020000
	trunDataOffset   = 0x000001
	trunFirstFlags   = 0x000004
	trunDuration     = 0x000100
	trunSize         = 0x000200
	trunFlags        = 0x000400
	trunComposition  = 0x000800
	fullBoxFlagsMask = 0xffffff
)

// fragmentSample is a sample of a run; data shares the fragment's memory.
type fragmentSample struct {
	dts, composition int64
	data             []byte
}

// trackRun collects the runs of one track fragment.
type trackRun struct {
	track    int
	defaults fragmentDefaults
	dts      int64
	base     uint64 // what data offsets count from
	pos      uint64 // of the next sample, in the file
	data     []byte
	dataAt   uint64
	// budget is what is left of the data: no byte belongs to two samples, and so
	// a run cannot ask for more than there is.
	budget  *uint64
	empty   int
	samples []fragmentSample
}

// parseTraf reads the headers of a track fragment. previous is where the data of
// the one before ends.
func (m *fragmentedMP4) parseTraf(traf []byte, previous uint64) (trackRun, bool) {
	tfhd := child(traf, "tfhd")
	if len(tfhd) < 8 {
		return trackRun{}, false
	}
	flags := binary.BigEndian.Uint32(tfhd) & fullBoxFlagsMask
	id := binary.BigEndian.Uint32(tfhd[4:])
	track, known := m.byID[id]
	if !known {
		return trackRun{}, false
	}
	run := trackRun{track: track, defaults: m.trex[id], dts: m.dts[track], base: previous}
	if flags&tfhdBaseIsMoof != 0 {
		run.base = m.moofAt
	}
	fields := fieldReader{b: tfhd[8:]}
	if flags&tfhdBaseOffset != 0 {
		run.base = fields.u64()
	}
	if flags&tfhdDescription != 0 {
		fields.u32()
	}
	if flags&tfhdDuration != 0 {
		run.defaults.duration = fields.u32()
	}
	if flags&tfhdSize != 0 {
		run.defaults.size = fields.u32()
	}
	run.pos = run.base
	if tfdt := child(traf, "tfdt"); len(tfdt) >= 8 {
		if tfdt[0] == 1 && len(tfdt) >= 12 {
			run.dts = int64(binary.BigEndian.Uint64(tfdt[4:]) & (1<<62 - 1)) //nolint:gosec // masked
		} else {
			run.dts = int64(binary.BigEndian.Uint32(tfdt[4:]))
		}
	}

	return run, !fields.short
}

// add takes the samples of one run, and returns false when they do not fit the
// data, of which the rest may be missing.
func (run *trackRun) add(trun []byte) bool {
	fields := fieldReader{b: trun}
	flags := fields.u32() & fullBoxFlagsMask
	count := fields.u32()
	if flags&trunDataOffset != 0 {
		run.pos = run.base + uint64(int64(int32(fields.u32()))) //nolint:gosec // signed on file; checked below
	}
	if flags&trunFirstFlags != 0 {
		fields.u32()
	}
	for range count {
		duration, size, composition := run.defaults.duration, run.defaults.size, int64(0)
		if flags&trunDuration != 0 {
			duration = fields.u32()
		}
		if flags&trunSize != 0 {
			size = fields.u32()
		}
		if flags&trunFlags != 0 {
			fields.u32()
		}
		if flags&trunComposition != 0 {
			composition = int64(int32(fields.u32())) //nolint:gosec // signed in version 1, small in version 0
		}
		if fields.short {
			return false
		}
		if size == 0 {
			if run.empty++; run.empty > maxEmptySamples {
				return false
			}
		} else {
			data, ok := run.take(size)
			if !ok {
				return false
			}
			run.samples = append(run.samples, fragmentSample{dts: run.dts, composition: composition, data: data})
		}
		run.dts += int64(duration)
	}

	return true
}

func (run *trackRun) take(size uint32) ([]byte, bool) {
	n := uint64(size)
	if n > *run.budget || run.pos < run.dataAt {
		return nil, false
	}
	at := run.pos - run.dataAt
	if at > uint64(len(run.data)) || uint64(len(run.data))-at < n {
		return nil, false
	}
	*run.budget -= n
	run.pos += n

	return run.data[at : at+n : at+n], true
}

// fieldReader reads the optional fields of a box one after another.
type fieldReader struct {
	b     []byte
	short bool // there was less than was asked for
}

func (f *fieldReader) u32() uint32 {
	if len(f.b) < 4 {
		f.short = true

		return 0
	}
	v := binary.BigEndian.Uint32(f.b)
	f.b = f.b[4:]

	return v
}

func (f *fieldReader) u64() uint64 {
	return uint64(f.u32())<<32 | uint64(f.u32())
}
