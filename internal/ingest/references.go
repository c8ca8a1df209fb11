// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

// referenceTracker judges which frames a decoder could show: those that are complete
// and whose references could be complete. After a gap it waits for the next key frame,
// except where the gap provably hit nothing that is referred to:
//
//   - H.264 counts reference frames in frame_num (7.4.3), which goes on by one from
//     each reference frame to the next picture whatever disposable frames lie between;
//   - in H.265 and VP8 only a gap within one frame that shows itself to be disposable
//     is harmless.
type referenceTracker struct {
	// maxFrameNum is H.264's modulus, zero where there is none to rely on.
	maxFrameNum func() uint32

	synced  bool // decoding has begun and not lost its references
	suspect bool // a gap since the last reference frame
	lost    int  // packets in that gap
	last    uint32
	counted bool // last is a frame_num
}

// decodable takes the next frame in decoding order and judges it.
func (t *referenceTracker) decodable(f *frame) bool {
	t.note(f)
	if !f.complete {
		return false
	}
	if f.key {
		*t = referenceTracker{maxFrameNum: t.maxFrameNum, synced: true, last: f.sequence, counted: f.sequenced}

		return true
	}
	if t.suspect {
		t.synced = t.synced && t.continuous(f)
		t.suspect, t.lost = false, 0
	}
	if f.reference {
		t.last, t.counted = f.sequence, f.sequenced
	}

	return t.synced
}

// note takes in what is missing before and within a frame.
func (t *referenceTracker) note(f *frame) {
	t.lost += f.lostBefore
	t.suspect = t.suspect || f.lostBefore > 0
	if f.complete || f.disposable && f.lostWithin > 0 && f.lostBefore == 0 {
		return
	}
	t.lost += f.lostWithin + 1
	t.suspect = true
}

// continuous tells whether no reference frame is missing between the last one and f.
// Each frame takes a packet at least, so that fewer lost packets than the modulus
// cannot make frame_num come round.
func (t *referenceTracker) continuous(f *frame) bool {
	if t.maxFrameNum == nil || !t.counted || !f.sequenced {
		return false
	}
	m := t.maxFrameNum()

	return m > 0 && uint64(t.lost) < uint64(m) && f.sequence == (t.last+1)%m //nolint:gosec // never negative
}
