// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/pmp4"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/testdata"
)

// muxMP4 writes video access units, 30 a second, with their composition offsets
// moved by so many frames.
func muxMP4(t testing.TB, video []AccessUnit, sets [][]byte, moved int32) []byte {
	t.Helper()
	track := &pmp4.Track{ID: 1, TimeScale: 30, Codec: &codecs.H264{SPS: sets[0], PPS: sets[1]}}
	for _, au := range video {
		var payload []byte
		for _, nal := range slicesOf(H264, au) {
			payload = append(binary.BigEndian.AppendUint32(payload, uint32(len(nal))), nal...)
		}
		offset := int32((au.PTS - au.DTS + frame/2) / frame)
		track.Samples = append(track.Samples, &pmp4.Sample{
			Duration: 1, PTSOffset: offset + moved, IsNonSyncSample: !au.Key,
			PayloadSize: uint32(len(payload)), GetPayload: func() ([]byte, error) { return payload, nil },
		})
	}
	var out bytes.Buffer
	require.NoError(t, pmp4.Presentation{Tracks: []*pmp4.Track{track}}.Marshal(&out))

	return out.Bytes()
}

func smallMP4(t testing.TB) []byte {
	t.Helper()
	units := smallPictures(t, H264)

	return muxMP4(t, units, units[0].Units[:2], 0)
}

// smallFragmentedMP4 puts the same pictures, and some Opus, into two fragments.
func smallFragmentedMP4(t testing.TB) []byte {
	t.Helper()
	units := smallPictures(t, H264)
	header := fmp4.Init{Tracks: []*fmp4.InitTrack{
		{ID: 1, TimeScale: 30, Codec: &codecs.H264{SPS: units[0].Units[0], PPS: units[0].Units[1]}},
		{ID: 2, TimeScale: 48000, Codec: &codecs.Opus{ChannelCount: 2}},
	}}
	var out seekablebuffer.Buffer
	require.NoError(t, header.Marshal(&out))
	for i := range 2 {
		video := &fmp4.PartTrack{ID: 1, BaseTime: uint64(3 * i)}
		for _, au := range units[3*i : 3*i+3] {
			nal := slicesOf(H264, au)[0]
			video.Samples = append(video.Samples, &fmp4.Sample{
				Duration: 1, PTSOffset: int32((au.PTS-au.DTS+frame/2)/frame) - 2, IsNonSyncSample: !au.Key,
				Payload: append(binary.BigEndian.AppendUint32(nil, uint32(len(nal))), nal...),
			})
		}
		audio := &fmp4.PartTrack{ID: 2, BaseTime: uint64(4800 * i)}
		for range 5 {
			audio.Samples = append(audio.Samples, &fmp4.Sample{Duration: 960, Payload: []byte{0xfc, byte(i)}})
		}
		require.NoError(t, fmp4.Part{Tracks: []*fmp4.PartTrack{video, audio}}.Marshal(&out))
	}

	return out.Bytes()
}

func TestMP4FragmentsOfTwoTracks(t *testing.T) {
	units := readAll(t, openBytes(t, smallFragmentedMP4(t), ""))
	video, audio := ofTrack(units, 0), ofTrack(units, 1)
	require.Len(t, video, 6)
	require.Len(t, audio, 10)
	for i, au := range video {
		requireTime(t, time.Duration(i)*time.Second/30, au.DTS)
	}
	for i, au := range audio {
		requireTime(t, time.Duration(i)*20*time.Millisecond+frame, au.DTS, "video is decoded a frame ahead")
		require.Equal(t, 20*time.Millisecond, au.Duration)
	}
}

// mapBoxes rewrites boxes wherever they are within the containers of a track.
func mapBoxes(b []byte, f func(box) []byte) []byte {
	var out []byte
	for c := range boxes(b) {
		switch c.kind {
		case "moov", "trak", "mdia", "minf", "stbl":
			out = append(out, makeBox(c.kind, mapBoxes(c.body, f))...)
		default:
			if changed := f(c); changed != nil {
				out = append(out, changed...)
			} else {
				out = append(out, c.raw...)
			}
		}
	}

	return out
}

func TestMP4NegativeCompositionOffsets(t *testing.T) {
	src := openBytes(t, testdata.Clip, "")
	want := ofTrack(readAll(t, src), 0)
	// The least offset in the clip is one frame; what is moved by more must not
	// show pictures before they are decoded.
	for _, moved := range []int32{0, -1, -2, -7} {
		earlier := time.Duration(min(-moved, 1)) * frame
		mp4 := openBytes(t, muxMP4(t, want, src.Tracks()[0].ParameterSets, moved), "")
		require.True(t, mp4.Tracks()[0].BFrames)
		got := readAll(t, mp4)
		requireCount(t, len(want), got)
		for i := range want {
			requireTime(t, want[i].DTS, got[i].DTS)
			requireTime(t, want[i].PTS-earlier, got[i].PTS, "moved by %d", moved)
		}
	}
}

// Offsets of 64 bits, sizes that are all alike, and a movie box at the end.
func TestMP4Tables(t *testing.T) {
	plain := load(t, "clip-aac.mp4")
	want := readAll(t, openBytes(t, plain, ""))

	var moov, mdat, ftyp []byte
	for b := range boxes(plain) {
		switch b.kind {
		case "ftyp":
			ftyp = b.raw
		case "moov":
			moov = b.raw
		case "mdat":
			mdat = b.raw
		}
	}
	at := uint64(bytes.Index(plain, mdat))
	moved := func(offset uint64) uint64 { return offset - at + uint64(len(ftyp)) }
	last := mapBoxes(moov, func(b box) []byte {
		if b.kind != "stco" {
			return nil
		}
		offsets := tableOf(b.body, 4, 4)
		out := binary.BigEndian.AppendUint32(make([]byte, 4), uint32(offsets.len()))
		for i := range offsets.len() {
			out = binary.BigEndian.AppendUint64(out, moved(uint64(offsets.u32(i, 0))))
		}

		return makeBox("co64", out)
	})
	requireSame(t, want, readAll(t, openBytes(t, append(append(bytes.Clone(ftyp), mdat...), last...), "")))
}

func TestMP4Pipe(t *testing.T) {
	t.Setenv("PATH", "")
	fragmented := load(t, "tiny-aac-fragmented.mp4")
	want := readAll(t, openBytes(t, fragmented, ""))
	src, err := OpenReader(t.Context(), io.MultiReader(bytes.NewReader(fragmented)), "")
	require.NoError(t, err)
	requireSame(t, want, readAll(t, src))

	_, err = OpenReader(t.Context(), io.MultiReader(bytes.NewReader(load(t, "clip-aac.mp4"))), "")
	require.ErrorIs(t, err, ErrUnsupported)
	require.ErrorContains(t, err, "name a file")
}

func TestMP4Truncated(t *testing.T) {
	t.Setenv("PATH", "")
	for _, name := range []string{"clip-aac.mp4", "tiny-aac-fragmented.mp4"} {
		plain := load(t, name)
		whole := readAll(t, openBytes(t, plain, ""))
		var warned warnings
		cut := readAll(t, openBytes(t, plain[:len(plain)*3/4], "", warned.option()))
		require.NotEmpty(t, warned)
		require.Greater(t, len(cut), len(whole)/2)
		require.Less(t, len(cut), len(whole))

		_, err := OpenReader(t.Context(), bytes.NewReader(plain[:100]), "")
		require.ErrorIs(t, err, errMalformed)
	}
}

// Tables that ask for more than there is must cost nothing.
func TestMP4HostileTables(t *testing.T) {
	t.Setenv("PATH", "")
	plain := smallMP4(t)
	huge := []byte{0xff, 0xff, 0xff, 0xff}
	one := []byte{0, 0, 0, 1}
	zero := make([]byte, 4)
	for name, change := range map[string]func(box) []byte{
		"sizes of one byte": func(b box) []byte {
			if b.kind == "stsz" {
				return makeBox("stsz", zero, one, huge)
			}

			return nil
		},
		"endless samples in a chunk": func(b box) []byte {
			if b.kind == "stsc" {
				return makeBox("stsc", zero, one, one, huge, one)
			}

			return nil
		},
		"endless count of times": func(b box) []byte {
			if b.kind == "stts" {
				return makeBox("stts", zero, huge, huge, huge)
			}

			return nil
		},
		"empty samples": func(b box) []byte {
			if b.kind == "stsz" {
				return makeBox("stsz", zero, zero, huge, make([]byte, 4*maxEmptySamples*2))
			}

			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			src, err := OpenReader(t.Context(), bytes.NewReader(mapBoxes(plain, change)), "")
			if err == nil {
				require.LessOrEqual(t, len(readAll(t, src)), len(plain))
			}
		})
	}
}

func TestMP4Edits(t *testing.T) {
	mvhd := make([]byte, 100)
	binary.BigEndian.PutUint32(mvhd[12:], 1000)
	row := func(duration uint32, start int32) []byte {
		b := binary.BigEndian.AppendUint32(nil, duration)
		b = binary.BigEndian.AppendUint32(b, uint32(start))

		return append(b, 0, 1, 0, 0)
	}
	list := func(rows ...[]byte) []byte {
		b := binary.BigEndian.AppendUint32(make([]byte, 4), uint32(len(rows)))

		return append(b, bytes.Join(rows, nil)...)
	}
	for name, c := range map[string]struct {
		elst []byte
		want int64
	}{
		"none":           {elst: nil},
		"cuts":           {elst: list(row(5000, 1024)), want: -1024},
		"delays":         {elst: list(row(500, -1), row(5000, 0)), want: 24000},
		"delays twice":   {elst: list(row(500, -1), row(250, -1), row(5000, 1024)), want: 36000 - 1024},
		"only delays":    {elst: list(row(500, -1))},
		"rows cut short": {elst: list(row(500, -1), row(5000, 1024))[:20]},
	} {
		track := mp4Track{timescale: 48000}
		track.readEdits(c.elst, mvhd)
		require.Equal(t, c.want, track.editStart, name)
	}
}

// Fragments may leave durations and sizes to the movie box, and data offsets to
// the order of things.
func TestMP4FragmentDefaults(t *testing.T) {
	plain := load(t, "tiny-aac-fragmented.mp4")
	var init []byte
	for b := range boxes(plain) {
		if b.kind == "ftyp" || b.kind == "moov" {
			init = append(init, b.raw...)
		}
	}
	patched := mapBoxes(init, func(b box) []byte {
		if b.kind != "mvex" {
			return nil
		}

		return makeBox("mvex", makeBox("trex", u32(0, 2, 1, 960, 5, 0)))
	})
	moof := makeBox("moof", makeBox("mfhd", u32(0, 1)), makeBox("traf",
		makeBox("tfhd", u32(0, 2)), makeBox("tfdt", u32(0, 48000)), makeBox("trun", u32(0, 3))))
	whole := append(append(patched, moof...), makeBox("mdat", []byte("aaaaabbbbbccccc"))...)
	units := readAll(t, openBytes(t, whole, ""))
	require.Len(t, units, 3)
	for i, want := range []string{"aaaaa", "bbbbb", "ccccc"} {
		require.Equal(t, want, string(units[i].Units[0]))
		require.Equal(t, time.Duration(i)*20*time.Millisecond, units[i].DTS)
	}
}

func u32(values ...uint32) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}

	return b
}

// A file that begins with listed samples and goes on in fragments.
func TestMP4ListedThenFragments(t *testing.T) {
	plain := smallMP4(t)
	mvex := makeBox("mvex", makeBox("trex", u32(0, 1, 1, 1, 0, 0)))
	var whole []byte
	for b := range boxes(plain) {
		if b.kind != "moov" {
			whole = append(whole, b.raw...)

			continue
		}
		moved := mapBoxes(b.body, func(b box) []byte {
			if b.kind != "stco" {
				return nil
			}
			offsets := tableOf(b.body, 4, 4)
			body := u32(0, uint32(offsets.len()))
			for i := range offsets.len() {
				body = append(body, u32(offsets.u32(i, 0)+uint32(len(mvex)))...)
			}

			return makeBox("stco", body)
		})
		whole = append(whole, makeBox("moov", moved, mvex)...)
	}
	nal := append(u32(2), 0x41, 0x9a)
	moof := makeBox("moof", makeBox("traf", makeBox("tfhd", u32(0, 1)),
		makeBox("trun", u32(trunSize, 2, uint32(len(nal)), uint32(len(nal))))))
	whole = append(append(whole, moof...), makeBox("mdat", nal, nal)...)
	units := readAll(t, openBytes(t, whole, ""))
	require.Len(t, units, 8)
	for i, au := range units {
		requireTime(t, time.Duration(i)*time.Second/30, au.DTS)
	}
	require.Equal(t, [][]byte{{0x41, 0x9a}}, units[7].Units)
}
