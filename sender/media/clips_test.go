// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/testdata"
)

const frame = time.Second / 30

// The figures were measured with ffmpeg 5.1. Packets, key frames and times:
//
//	ffprobe -show_entries packet=stream_index,pts_time,dts_time,flags -of csv FILE
//
// Pictures that nothing refers to, as slices with nal_ref_idc 0 in H.264 and of
// nal_unit_type 0 (TRAIL_N) in H.265, one slice a picture:
//
//	ffmpeg -v verbose -i FILE -map 0:v -c copy -bsf:v trace_headers -f null -
func TestClips(t *testing.T) {
	for _, c := range []struct {
		file                    string
		video, audio            Codec
		width, height           int
		pictures, frames        int
		keys, disposable        int
		lead                    time.Duration // PTS - DTS of the first picture
		audioStart, audioLength time.Duration
	}{
		{
			file: "clip.ts", video: H264, audio: Opus, width: 640, height: 360,
			pictures: 300, frames: 501, keys: 5, disposable: 100,
			// ffprobe: video from DTS 1.400000, audio from 1.460167.
			lead: 2 * frame, audioStart: 60166666, audioLength: 20 * time.Millisecond,
		},
		{
			file: "clip-aac.mp4", video: H264, audio: AAC, width: 640, height: 360,
			pictures: 300, frames: 470, keys: 5, disposable: 100,
			// ffprobe: video from DTS -0.066667, audio from -0.021333.
			lead: 2 * frame, audioStart: 45333333, audioLength: 21333333,
		},
		{
			file: "clip-h265.ts", video: H265, audio: Opus, width: 640, height: 360,
			pictures: 300, frames: 501, keys: 5, disposable: 100,
			lead: 2 * frame, audioStart: 60166666, audioLength: 20 * time.Millisecond,
		},
		{
			file: "tiny-aac-fragmented.mp4", video: H264, audio: AAC, width: 160, height: 90,
			pictures: 30, frames: 48, keys: 1, disposable: 10,
			lead: 2 * frame, audioStart: 0, audioLength: 21333333,
		},
	} {
		t.Run(c.file, func(t *testing.T) {
			var warned warnings
			src := openBytes(t, load(t, c.file), c.file, warned.option())
			tracks := src.Tracks()
			require.Len(t, tracks, 2)
			require.Equal(t, c.video, tracks[0].Codec)
			require.EqualValues(t, 90000, tracks[0].ClockRate)
			require.Equal(t, []int{c.width, c.height}, []int{tracks[0].Width, tracks[0].Height})
			require.True(t, tracks[0].BFrames)
			require.Equal(t, c.audio, tracks[1].Codec)
			require.EqualValues(t, 48000, tracks[1].ClockRate)
			require.Equal(t, 2, tracks[1].Channels)

			units := readAll(t, src)
			require.Empty(t, warned)
			require.True(t, slices.IsSortedFunc(units, func(a, b AccessUnit) int { return int(a.DTS - b.DTS) }),
				"tracks are interleaved by DTS")
			video, audio := ofTrack(units, 0), ofTrack(units, 1)
			requireCount(t, c.pictures, video)
			requireCount(t, c.frames, audio)
			requirePictures(t, c.video, video, c.lead, c.keys, c.disposable)
			requireTime(t, c.audioStart, audio[0].DTS)
			for i, au := range audio {
				require.Equal(t, c.audioLength, au.Duration)
				require.Len(t, au.Units, 1)
				require.Equal(t, au.DTS, au.PTS)
				if i > 1 { // the first packet may carry the encoder's delay
					require.InDelta(t, c.audioLength, au.DTS-audio[i-1].DTS, float64(time.Millisecond))
				}
			}
		})
	}
}

// requirePictures checks 30 fps pictures, closed groups, in which parameter sets
// are in front of every key frame.
func requirePictures(t *testing.T, c Codec, video []AccessUnit, lead time.Duration, keys, disposable int) {
	t.Helper()
	gotKeys, gotDisposable := 0, 0
	shown := make([]time.Duration, 0, len(video))
	for i, au := range video {
		requireTime(t, time.Duration(i)*time.Second/30, au.DTS, "picture %d", i)
		shown = append(shown, au.PTS)
		require.NotEmpty(t, slicesOf(c, au))
		if au.Disposable {
			gotDisposable++
			require.False(t, au.Key)
		}
		if au.Key {
			gotKeys++
			requireParameterSets(t, c, au)
		}
		for _, nal := range au.Units {
			require.False(t, newPictureFilter(c, nil).syntax.ignored(nal), "a delimiter or filler is left")
		}
	}
	require.True(t, video[0].Key)
	require.Equal(t, keys, gotKeys)
	require.Equal(t, disposable, gotDisposable)
	require.False(t, slices.IsSorted(shown), "B-frames change the order")
	slices.Sort(shown)
	for i, pts := range shown {
		requireTime(t, lead+time.Duration(i)*time.Second/30, pts, "shown as number %d", i)
	}
}

func requireParameterSets(t *testing.T, c Codec, au AccessUnit) {
	t.Helper()
	syntax := newPictureFilter(c, nil).syntax
	var kinds []parameterSetKind
	for _, nal := range au.Units {
		if kind := syntax.parameterSet(nal); kind != notParameterSet {
			kinds = append(kinds, kind)
		}
	}
	require.Equal(t, syntax.required(), kinds)
	require.Equal(t, kinds[0], syntax.parameterSet(au.Units[0]), "they come first")
}

// The MP4 clip was made by copying the pictures of the transport stream: both
// readers must find the same ones at the same times.
func TestContainersAgree(t *testing.T) {
	ts := ofTrack(readAll(t, openBytes(t, testdata.Clip, "clip.ts")), 0)
	mp4 := ofTrack(readAll(t, openBytes(t, load(t, "clip-aac.mp4"), "clip.mp4")), 0)
	requireCount(t, len(ts), mp4)
	for i := range ts {
		require.Equal(t, slicesOf(H264, ts[i]), slicesOf(H264, mp4[i]), "picture %d", i)
		requireTime(t, ts[i].DTS, mp4[i].DTS)
		requireTime(t, ts[i].PTS, mp4[i].PTS)
		require.Equal(t, ts[i].Key, mp4[i].Key)
		require.Equal(t, ts[i].Disposable, mp4[i].Disposable)
	}
}

func TestSmallClips(t *testing.T) {
	for _, c := range []struct {
		file          string
		codec         Codec
		units, keys   int
		last          time.Duration
		width, height int
		disposable    int
	}{
		{file: "tiny.ogg", codec: Opus, units: 51, keys: 51, last: time.Second},
		{file: "tiny-vp8.ivf", codec: VP8, units: 30, keys: 2, last: 966666666, width: 160, height: 90},
		{file: "tiny-vp9.ivf", codec: VP9, units: 30, keys: 2, last: 966666666, width: 160, height: 90},
		{file: "tiny-av1.ivf", codec: AV1, units: 9, keys: 1, last: 266666666, width: 160, height: 90},
		{file: "tiny.h264", codec: H264, units: 30, keys: 1, last: 966666666, width: 160, height: 90, disposable: 10},
		{file: "tiny.h265", codec: H265, units: 30, keys: 1, last: 966666666, width: 160, height: 90, disposable: 10},
	} {
		t.Run(c.file, func(t *testing.T) {
			// The name says nothing: the content must.
			src := openBytes(t, load(t, c.file), "")
			require.Len(t, src.Tracks(), 1)
			track := src.Tracks()[0]
			require.Equal(t, c.codec, track.Codec)
			require.Equal(t, []int{c.width, c.height}, []int{track.Width, track.Height})
			units := readAll(t, src)
			requireCount(t, c.units, units)
			require.Zero(t, units[0].DTS)
			requireTime(t, c.last, units[len(units)-1].DTS)
			keys, disposable := 0, 0
			for _, au := range units {
				if au.Key {
					keys++
				}
				if au.Disposable {
					disposable++
				}
			}
			require.Equal(t, c.keys, keys)
			require.Equal(t, c.disposable, disposable)
		})
	}
}

func TestOpenFile(t *testing.T) {
	src, err := Open(context.Background(), "../../testdata/clip.ts")
	require.NoError(t, err)
	requireCount(t, 801, readAll(t, src))
	require.NoError(t, src.Close())

	_, err = Open(context.Background(), "../../testdata/none.ts")
	require.ErrorContains(t, err, "none.ts")
	_, err = Open(context.Background(), "../../testdata")
	require.ErrorContains(t, err, "directory")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Open(ctx, "../../testdata/clip.ts")
	require.ErrorIs(t, err, context.Canceled)
	_, err = OpenReader(context.Background(), bytes.NewReader(nil), "empty.ts")
	require.ErrorContains(t, err, "empty")
}

func BenchmarkReadClip(b *testing.B) {
	for _, name := range []string{"clip.ts", "clip-aac.mp4"} {
		b.Run(name, func(b *testing.B) {
			clip := load(b, name)
			b.SetBytes(int64(len(clip)))
			b.ReportAllocs()
			for b.Loop() {
				src, err := OpenReader(context.Background(), bytes.NewReader(clip), name)
				require.NoError(b, err)
				for err == nil {
					_, err = src.Next()
				}
			}
		})
	}
}
