// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"fmt"
	"slices"
)

// Verify compares the dumps in directories, stage by stage and frame by frame: of
// pushes, and of receivers, whose streams are told by their SSRC. Each directory holds
// one, or several in directories of its own. Errors wrap [ErrFormat] where a dump
// cannot be read, and come from the file system; differences are no error.
func Verify(dirs ...string) (*Report, error) {
	all, closeAll, err := openAll(dirs)
	defer closeAll()
	if err != nil {
		return nil, err
	}

	return verify(all)
}

// verify compares opened dumps.
func verify(all []*recording) (*Report, error) {
	report := &Report{Tracks: []Track{}}
	begins := map[uint32]uint16{}
	pushes := 0
	for _, r := range all {
		if !r.ended {
			report.note("%s was cut off: what it lacks is not compared", r.name)
		}
		for stage, n := range r.skipped {
			report.note("%s lacks %d records of stage %s, as the disk was too slow: what it lacks is not compared", r.name, n, stage)
		}
		if r.header.Side != sidePush {
			continue
		}
		pushes++
		for i := range r.frames {
			f := &r.frames[i]
			if _, known := begins[f.SSRC]; !known && f.Packets > 0 {
				begins[f.SSRC] = f.First
			}
		}
	}
	if pushes == 0 {
		return nil, fmt.Errorf("%w: none of the directories holds the dump of a push, which the others are compared with", ErrFormat)
	}
	for _, r := range all {
		if err := r.readPackets(begins); err != nil {
			return nil, err
		}
		if r.packets.cut && r.ended {
			report.note("%s: %s ends within a packet", r.name, packetsFile)
		}
	}
	for _, r := range all {
		if r.header.Side == sidePush {
			c := newComparison(report, r, all)
			c.run()
		}
	}
	report.Equal = report.Differences == 0

	return report, nil
}

// comparison follows the frames of one push.
type comparison struct {
	report   *Report
	push     *recording
	tracks   map[int]*Track
	order    []int
	receives map[uint32]*receiver
	highest  map[uint32]int64 // sequence number reached
}

// receiver is where a stream arrived.
type receiver struct {
	*recording

	places map[uint32][]int // of the stream's frames in the index, by RTP timestamp
	moved  map[int]bool     // those that come at another place
}

func newComparison(report *Report, push *recording, all []*recording) *comparison {
	c := &comparison{
		report: report, push: push, tracks: map[int]*Track{}, receives: map[uint32]*receiver{}, highest: map[uint32]int64{},
	}
	for _, s := range push.streams {
		for _, r := range all {
			if r.header.Side == sideIngest && r.stream(s.SSRC) != nil {
				c.receives[s.SSRC] = newReceiver(r, s.SSRC)
			}
		}
	}
	sent := map[uint32][]uint32{}
	for i := range push.frames {
		if f := &push.frames[i]; f.Packets > 0 {
			sent[f.SSRC] = append(sent[f.SSRC], f.Timestamp)
		}
	}
	for ssrc, r := range c.receives {
		r.findMoved(sent[ssrc])
	}

	return c
}

func newReceiver(r *recording, ssrc uint32) *receiver {
	x := &receiver{recording: r, places: map[uint32][]int{}, moved: map[int]bool{}}
	for i := range r.frames {
		if f := &r.frames[i]; f.SSRC == ssrc {
			x.places[f.Timestamp] = append(x.places[f.Timestamp], i)
		}
	}

	return x
}

// findMoved compares the order of the frames with that in which they were sent.
func (r *receiver) findMoved(sent []uint32) {
	var places []int
	used := map[uint32]int{}
	for _, timestamp := range sent {
		if n := used[timestamp]; n < len(r.places[timestamp]) {
			places = append(places, r.places[timestamp][n])
			used[timestamp]++
		}
	}
	sorted := slices.Sorted(slices.Values(places))
	for i := range places {
		if places[i] != sorted[i] {
			r.moved[places[i]] = true
		}
	}
}

// run compares every frame in the order in which they were fed in.
func (c *comparison) run() {
	for i := range c.push.frames {
		f := &c.push.frames[i]
		t := c.tracks[f.Track]
		if t == nil {
			t = &Track{
				Dir: c.push.name, Track: f.Track, Codec: string(c.push.codec(f.Track)),
				Dropped: map[string]int64{}, Compared: map[Stage]int64{},
			}
			c.tracks[f.Track] = t
			c.order = append(c.order, f.Track)
		}
		t.Frames++
		if f.Dropped != "" {
			t.Dropped[f.Dropped]++

			continue
		}
		x := &examination{comparison: c, track: t, frame: f, codec: c.push.codec(f.Track), stage: Source}
		switch x.run() {
		case same:
			t.Equal++
			t.Compared[x.stage]++
			c.report.Compared++
		case unknown:
			t.Unknown++
		}
	}
	if n := c.push.skipped[Source]; n > 0 && len(c.order) > 0 {
		c.report.note("%d frames of the source are in no dump", n)
	}
	for _, number := range c.order {
		c.report.Tracks = append(c.report.Tracks, *c.tracks[number])
	}
}
