// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind is in which way a stage differs from the one before it.
type Kind string

// The kinds of differences.
const (
	// Lost: packets of the frame are missing.
	Lost Kind = "lost"
	// Altered: the frame, or a packet of it, has other content.
	Altered Kind = "altered"
	// Malformed: the frame's packets cannot be put together.
	Malformed Kind = "malformed"
	// Missing: the frame was not put together though all its packets came.
	Missing Kind = "missing"
	// OutOfOrder: the frame comes at another place.
	OutOfOrder Kind = "out_of_order"
	// Truncated: the dump's file ends before the frame does.
	Truncated Kind = "truncated"
	// Changed: the dump's file is not as it was written.
	Changed Kind = "changed"
)

// Difference is a frame that a stage has otherwise than the stage before it.
type Difference struct {
	// Stage is the first at which the frame differs, Dir the dump that holds it.
	Stage Stage  `json:"stage"`
	Dir   string `json:"dir"`
	Kind  Kind   `json:"kind"`
	// Track, Codec, Frame and PTS are those of the source; Frame counts from 0, dropped
	// frames included.
	Track int           `json:"track"`
	Codec string        `json:"codec"`
	Frame int64         `json:"frame"`
	PTS   time.Duration `json:"pts_ns"`
	// SSRC and Seq name the first RTP packet that is lost or altered, Packet and Packets
	// which one of the frame's it is, counted from 1. Packet is zero where it is none.
	SSRC    uint32 `json:"ssrc"`
	Seq     uint16 `json:"seq"`
	Packet  int    `json:"packet,omitempty"`
	Packets int    `json:"packets"`
	// Unit is the NAL unit, or the one frame, in which the first different byte lies,
	// counted from 0, Offset the byte in it, or in the packet's payload. Both are -1
	// where there is none.
	Unit   int    `json:"unit"`
	Offset int    `json:"offset"`
	Detail string `json:"detail,omitempty"`
}

// String says it in a line.
func (d *Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: track %d (%s), frame %d at %v: %s", d.Stage, d.Track, d.Codec, d.Frame, d.PTS.Round(time.Millisecond),
		strings.ReplaceAll(string(d.Kind), "_", " "))
	if d.Packet > 0 {
		fmt.Fprintf(&b, ", RTP packet %d (%d of %d)", d.Seq, d.Packet, d.Packets)
	}
	if d.Unit >= 0 {
		fmt.Fprintf(&b, ", unit %d", d.Unit)
	}
	if d.Offset >= 0 {
		fmt.Fprintf(&b, ", byte %d", d.Offset)
	}
	if d.Detail != "" {
		b.WriteString(": " + d.Detail)
	}

	return b.String() + " (" + d.Dir + ")"
}

// Track is what became of the frames of one track of a push.
type Track struct {
	// Dir is the push's dump.
	Dir    string `json:"dir"`
	Track  int    `json:"track"`
	Codec  string `json:"codec"`
	Frames int64  `json:"frames"`
	// Equal counts the frames that are the same at every stage that was compared.
	Equal int64 `json:"equal"`
	// Dropped counts frames that were not sent on purpose, by reason; those of which the
	// pacer gave up packets are among them, as "pacer_" and its reason.
	Dropped map[string]int64 `json:"dropped,omitempty"`
	// Unknown counts frames of which a dump lacks something, as the disk was too slow
	// or the dump was cut off.
	Unknown int64 `json:"unknown,omitempty"`
	// Differs counts the other frames, by stage and kind.
	Differs map[Stage]map[Kind]int64 `json:"differs,omitempty"`
	// Compared counts the frames by the last stage that they were compared at.
	Compared map[Stage]int64 `json:"compared,omitempty"`
}

// maxDifferences bounds the differences that a report lists.
const maxDifferences = 100

// Report is what a comparison found.
type Report struct {
	// Equal tells that nothing differs; Compared how many frames were the same.
	Equal    bool  `json:"equal"`
	Compared int64 `json:"compared"`
	// Differences counts all of them; First is the first one, in the order in which
	// the frames were fed in, and List the first 100.
	Differences int64        `json:"differences"`
	First       *Difference  `json:"first,omitempty"`
	List        []Difference `json:"list,omitempty"`
	Tracks      []Track      `json:"tracks"`
	// Notes say what could not be compared, and why.
	Notes []string `json:"notes,omitempty"`
}

func (r *Report) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(r.Notes, text) {
		r.Notes = append(r.Notes, text)
	}
}

func (r *Report) differs(t *Track, d *Difference) {
	r.Differences++
	if r.First == nil {
		r.First = d
	}
	if len(r.List) < maxDifferences {
		r.List = append(r.List, *d)
	}
	if t.Differs == nil {
		t.Differs = map[Stage]map[Kind]int64{}
	}
	if t.Differs[d.Stage] == nil {
		t.Differs[d.Stage] = map[Kind]int64{}
	}
	t.Differs[d.Stage][d.Kind]++
}

// Summary says what became of the track's frames.
func (t *Track) Summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "track %d (%s): %d frames, %d equal", t.Track, t.Codec, t.Frames, t.Equal)
	for _, reason := range slices.Sorted(maps.Keys(t.Dropped)) {
		fmt.Fprintf(&b, ", %d dropped on purpose (%s)", t.Dropped[reason], reason)
	}
	for _, stage := range []Stage{Source, Wire, Received, Reassembled} {
		for _, kind := range slices.Sorted(maps.Keys(t.Differs[stage])) {
			fmt.Fprintf(&b, ", %d %s at %s", t.Differs[stage][kind], strings.ReplaceAll(string(kind), "_", " "), stage)
		}
	}
	if t.Unknown > 0 {
		fmt.Fprintf(&b, ", %d not in the dump", t.Unknown)
	}

	return b.String()
}
