// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/ratecontrol"
)

func TestWhatArrivesWholeIsEqual(t *testing.T) {
	r, err := Verify(makeDumps(t, fault{}))
	require.NoError(t, err)
	require.True(t, r.Equal)
	require.Nil(t, r.First)
	require.Empty(t, r.Notes)
	require.EqualValues(t, 2*frameCount, r.Compared)
	require.Len(t, r.Tracks, 2)
	for _, track := range r.Tracks {
		require.EqualValues(t, frameCount, track.Frames)
		require.Equal(t, map[Stage]int64{Reassembled: frameCount}, track.Compared)
	}
}

// at tells one packet from the others.
func at(track, n, i int, change func(*rtp.Packet) bool) func(int, int, int, *rtp.Packet) bool {
	return func(aTrack, aN, anI int, p *rtp.Packet) bool {
		return aTrack != track || aN != n || anI != i || change(p)
	}
}

func flip(offset int) func(*rtp.Packet) bool {
	return func(p *rtp.Packet) bool {
		p.Payload[offset] ^= 0x10

		return true
	}
}

func lose(*rtp.Packet) bool { return false }

// one changes one frame that a receiver puts together.
func one(track, n int, change func([][]byte) [][]byte) func(int, int, [][]byte) [][]byte {
	return func(aTrack, aN int, units [][]byte) [][]byte {
		if aTrack != track || aN != n {
			return units
		}

		return change(units)
	}
}

func TestTheFirstStageThatDiffersIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		fault fault
		want  Difference
		total int64
	}{
		"a byte on the wire": {
			fault{sent: at(0, 13, 1, flip(7))},
			// The second fragment: two bytes of its header, and 1178 of the unit before.
			Difference{Stage: Wire, Kind: Altered, Frame: 13, Unit: 1, Offset: 1 + 1178 + 7 - 2, Packets: 2}, 1,
		},
		"a byte of sound on the wire": {
			fault{sent: at(1, 4, 0, flip(50))},
			Difference{Stage: Wire, Kind: Altered, Track: 1, Frame: 4, Unit: 0, Offset: 50, Packets: 1}, 1,
		},
		"a fragment's header on the wire": {
			fault{sent: at(0, 5, 1, func(p *rtp.Packet) bool {
				p.Payload[1] &^= 0x40 // its unit does not end

				return true
			})},
			Difference{Stage: Wire, Kind: Malformed, Frame: 5, Unit: -1, Offset: -1, Packets: 2}, 1,
		},
		"a packet that never left": {
			fault{sent: at(0, 10, 3, lose)},
			Difference{Stage: Wire, Kind: Lost, Frame: 10, Packet: 4, Unit: -1, Offset: -1, Packets: 5}, 1,
		},
		"a byte on the way": {
			fault{arrived: at(0, 10, 4, flip(3))},
			Difference{Stage: Received, Kind: Altered, Frame: 10, Packet: 5, Unit: -1, Offset: 3, Packets: 5}, 1,
		},
		"a timestamp on the way": {
			fault{arrived: at(1, 0, 0, func(p *rtp.Packet) bool {
				p.Timestamp++

				return true
			})},
			Difference{Stage: Received, Kind: Altered, Track: 1, Packet: 1, Unit: -1, Offset: -1, Packets: 1}, 1,
		},
		"a packet lost on the way": {
			fault{arrived: at(0, 19, 1, lose)},
			Difference{Stage: Received, Kind: Lost, Frame: 19, Packet: 2, Unit: -1, Offset: -1, Packets: 2}, 1,
		},
		"a byte in the receiver": {
			fault{assembled: one(0, 10, func(units [][]byte) [][]byte {
				units[2] = bytes.Clone(units[2])
				units[2][2000] ^= 1

				return units
			})},
			Difference{Stage: Reassembled, Kind: Altered, Frame: 10, Unit: 3, Offset: 2000, Packets: 5}, 1,
		},
		"the end of a frame in the receiver": {
			fault{assembled: one(0, 7, func(units [][]byte) [][]byte { return [][]byte{units[0][:1000]} })},
			Difference{Stage: Reassembled, Kind: Altered, Frame: 7, Unit: 1, Offset: 1000, Packets: 2}, 1,
		},
		"a frame that is not put together": {
			fault{assembled: one(0, 8, func([][]byte) [][]byte { return nil })},
			Difference{Stage: Reassembled, Kind: Missing, Frame: 8, Unit: -1, Offset: -1, Packets: 2}, 1,
		},
		"two frames in the wrong order": {
			fault{swap: 6},
			Difference{Stage: Reassembled, Kind: OutOfOrder, Frame: 6, Unit: -1, Offset: -1, Packets: 2}, 2,
		},
		"the first of several": {
			fault{arrived: at(1, 9, 0, lose), assembled: one(0, 3, func([][]byte) [][]byte { return nil })},
			Difference{Stage: Reassembled, Kind: Missing, Frame: 3, Unit: -1, Offset: -1, Packets: 2}, 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Verify(makeDumps(t, c.fault))
			require.NoError(t, err)
			require.False(t, r.Equal)
			require.Equal(t, c.total, r.Differences)
			require.Equal(t, 2*frameCount-c.total, r.Compared)
			got := *r.First
			require.NotEmpty(t, got.String())
			want := c.want
			want.Codec = []string{"H264", "opus"}[want.Track]
			want.SSRC = []uint32{videoSSRC, audioSSRC}[want.Track]
			got.Dir, got.PTS, got.Detail, got.Seq = "", 0, "", 0
			require.Equal(t, want, got)
		})
	}
}

func TestWhatIsDroppedOnPurposeIsNoDifference(t *testing.T) {
	r, err := Verify(makeDumps(t, fault{
		drop: func(track, n int) ratecontrol.DropReason {
			if track == 0 && n%2 == 1 {
				return ratecontrol.DropReason("disposable")
			}

			return ratecontrol.KeepFrame
		},
		giveUp:    at(0, 4, 1, lose),
		assembled: one(0, 4, func([][]byte) [][]byte { return nil }),
	}))
	require.NoError(t, err)
	require.True(t, r.Equal)
	require.Equal(t, map[string]int64{"disposable": frameCount / 2, "pacer_stale": 1}, r.Tracks[0].Dropped)
	require.EqualValues(t, frameCount/2-1, r.Tracks[0].Equal)
	require.Contains(t, r.Tracks[0].Summary(), "10 dropped on purpose (disposable)")
}

// frameOf finds a frame in the index of a dump.
func frameOf(t *testing.T, dir string, track int, n int64) *frame {
	t.Helper()
	in, err := os.Open(filepath.Join(dir, indexFile))
	require.NoError(t, err)
	defer func() { require.NoError(t, in.Close()) }()
	x, err := readIndex(in)
	require.NoError(t, err)
	for i := range x.frames {
		if f := &x.frames[i]; f.Track == track && f.N == n {
			return f
		}
	}
	require.Fail(t, "no such frame")

	return nil
}

func TestFilesThatWereChangedAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		side, file string
		stage      Stage
		track      int
	}{
		"fed in":              {"push", "source-0.h264", Source, 0},
		"sound fed in":        {"push", "source-1.ogg", Source, 1},
		"put together":        {"ingest-1", "reassembled-0.h264", Reassembled, 0},
		"sound, put together": {"ingest-1", "reassembled-1.ogg", Reassembled, 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := makeDumps(t, fault{})
			f := frameOf(t, filepath.Join(dir, c.side), c.track, 12)
			last := f.Units[len(f.Units)-1]
			edit(t, func(b []byte) []byte {
				b[last[0]+33] ^= 4

				return b
			}, dir, c.side, c.file)
			r, err := Verify(dir)
			require.NoError(t, err)
			require.EqualValues(t, 1, r.Differences)
			require.Equal(t, c.stage, r.First.Stage)
			require.Equal(t, Changed, r.First.Kind)
			require.EqualValues(t, 12, r.First.Frame)
			require.Equal(t, 33, r.First.Offset)

			edit(t, func(b []byte) []byte { return b[:last[0]] }, dir, c.side, c.file)
			r, err = Verify(dir)
			require.NoError(t, err)
			require.EqualValues(t, frameCount-12, r.Differences)
			require.Equal(t, c.stage, r.First.Stage)
			require.Equal(t, Truncated, r.First.Kind)
			require.EqualValues(t, 12, r.First.Frame)
		})
	}
}

func TestPacketFilesThatWereCutAreNamed(t *testing.T) {
	for side, stage := range map[string]Stage{"push": Wire, "ingest-1": Received} {
		dir := makeDumps(t, fault{})
		edit(t, func(b []byte) []byte { return b[:len(b)-1] }, dir, side, packetsFile)
		r, err := Verify(dir)
		require.NoError(t, err)
		require.EqualValues(t, 1, r.Differences)
		require.Equal(t, stage, r.First.Stage)
		require.Equal(t, Truncated, r.First.Kind)
		require.Equal(t, 1, r.First.Track)
		require.EqualValues(t, frameCount-1, r.First.Frame)
		require.Len(t, r.Notes, 1)
	}
}

func TestWhatADumpLacksIsNotCalledLost(t *testing.T) {
	for name, c := range map[string]struct {
		change  func([]byte) []byte
		unknown int64
	}{
		"cut off within a line": {func(b []byte) []byte { return b[:bytes.LastIndex(b, []byte(`{"frame"`))+20] }, 1},
		"too slow a disk": {func(b []byte) []byte {
			i := bytes.LastIndex(b, []byte(`{"frame"`))
			end := bytes.LastIndex(b, []byte(`{"end"`))

			return append(append(bytes.Clone(b[:i]), `{"skipped":{"stage":"reassembled","count":1}}`+"\n"...), b[end:]...)
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := makeDumps(t, fault{})
			edit(t, c.change, dir, "ingest-1", indexFile)
			r, err := Verify(dir)
			require.NoError(t, err)
			require.True(t, r.Equal)
			require.Len(t, r.Notes, 1)
			require.Equal(t, c.unknown, r.Tracks[1].Unknown)
			require.Equal(t, 2*frameCount-c.unknown, r.Compared)
		})
	}
}

func TestOneSideAlone(t *testing.T) {
	dir := makeDumps(t, fault{arrived: at(0, 3, 0, lose)})
	r, err := Verify(filepath.Join(dir, "push"))
	require.NoError(t, err)
	require.True(t, r.Equal)
	require.Equal(t, map[Stage]int64{Wire: frameCount}, r.Tracks[0].Compared)
	r, err = Verify(filepath.Join(dir, "push"), filepath.Join(dir, "ingest-1"))
	require.NoError(t, err)
	require.EqualValues(t, 1, r.Differences)
	_, err = Verify(filepath.Join(dir, "ingest-1"))
	require.ErrorIs(t, err, ErrFormat)
	_, err = Verify(t.TempDir())
	require.ErrorIs(t, err, ErrFormat)
	_, err = Verify(filepath.Join(dir, "nowhere"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestADumpIsNotWrittenOver(t *testing.T) {
	dir := makeDumps(t, fault{})
	_, err := NewPush(dir, "test", nil)
	require.ErrorContains(t, err, "remove it")
	in, err := NewIngest(dir, "test", nil)
	require.NoError(t, err)
	require.NoError(t, in.Close())
	require.FileExists(t, filepath.Join(dir, "ingest-2", indexFile))
	r, err := Verify(dir)
	require.NoError(t, err)
	require.True(t, r.Equal)
}
