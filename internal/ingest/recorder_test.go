// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// memoryFile is a file that remembers whether it was closed.
type memoryFile struct {
	bytes.Buffer
	closed bool
	fail   error
}

func (f *memoryFile) Write(p []byte) (int, error) {
	if f.fail != nil {
		return 0, f.fail
	}

	return f.Buffer.Write(p)
}

func (f *memoryFile) Close() error {
	f.closed = true

	return nil
}

// recorderTest records a clip as its frames would arrive.
type recorderTest struct {
	*recorder

	video, audio *recordTrack
	file         memoryFile
	start        time.Time // when play begins
}

func newRecorderTest(c codec) *recorderTest {
	r := &recorderTest{
		start: time.Unix(1000, 0),
		video: newRecordTrack(c, 90000),
		audio: newRecordTrack(codecOpus, 48000),
	}
	r.recorder = newRecorder(func() (io.WriteCloser, string, error) { return &r.file, "x.ts", nil }, r.start, r.video, r.audio)

	return r
}

// play gives it the frames at their DTS, with RTP timestamps that begin at start.
func (r *recorderTest) play(frames []clipFrame, start int64, delay func(clipFrame) time.Duration) {
	for _, f := range frames {
		arrival := r.start.Add(time.Duration(f.dts-frames[0].dts)*100000/9 + delay(f))
		rf := recordedFrame{units: f.units, arrival: arrival, timestamp: start + f.pts, key: isKey(f)}
		track := r.video
		if !f.video {
			track = r.audio
			rf.timestamp = start + f.pts*48000/90000
		}
		r.frame(track, rf)
	}
}

func isKey(f clipFrame) bool {
	return f.video && slices.ContainsFunc(f.units, func(u []byte) bool { return u[0]&0x1f == 5 || u[0]>>1&0x3f == 19 || u[0]>>1&0x3f == 20 })
}

func noDelay(clipFrame) time.Duration { return 0 }

// checkRecording compares a recording with what went in.
func checkRecording(t testing.TB, want, got []clipFrame) {
	t.Helper()
	for _, video := range []bool{true, false} {
		keep := func(f clipFrame) bool { return f.video != video }
		w := slices.DeleteFunc(slices.Clone(want), keep)
		g := slices.DeleteFunc(slices.Clone(got), keep)
		require.Len(t, g, len(w))
		for i := range w {
			require.Equal(t, w[i].pts-w[0].pts, g[i].pts-g[0].pts, "PTS of frame %d", i)
			require.GreaterOrEqual(t, g[i].pts, g[i].dts)
			if i > 0 {
				require.Greater(t, g[i].dts, g[i-1].dts, "DTS of frame %d", i)
			}
			if !video {
				require.Equal(t, w[i].units, g[i].units)
			}
		}
	}
}

func firstPTS(frames []clipFrame, video bool) int64 {
	return frames[slices.IndexFunc(frames, func(f clipFrame) bool { return f.video == video })].pts
}

func TestRecordingKeepsTimes(t *testing.T) {
	for _, c := range []struct {
		codec codec
		read  func(testing.TB) ([]clipFrame, [][]rtpPacket)
	}{{codecH264, h264Clip}, {codecH265, h265Clip}} {
		t.Run(string(c.codec), func(t *testing.T) {
			frames, _ := c.read(t)
			r := newRecorderTest(c.codec)
			r.play(frames, 1<<32-90000, noDelay)
			require.NoError(t, r.close())
			require.True(t, r.file.closed)
			require.EqualValues(t, len(frames), r.recorder.file.written)
			require.Zero(t, r.adjusted)
			got := readTS(t, r.file.Bytes())
			checkRecording(t, frames, got)
			checkDTS(t, frames, got, 0)
			// Interleaved by DTS: no frame lies behind one of the other track.
			last := int64(0)
			for _, f := range got {
				require.GreaterOrEqual(t, f.dts, last-tsClock/10)
				last = max(last, f.dts)
			}
			require.EqualValues(t, tsStart, got[0].dts)
		})
	}
}

// Sender reports tell how audio and video lie to each other, whatever the delays.
func TestRecordingAlignsByReports(t *testing.T) {
	frames, _ := h264Clip(t)
	late := func(f clipFrame) time.Duration {
		if f.video {
			return 300 * time.Millisecond
		}

		return 0
	}
	distance := func(frames []clipFrame) int64 { return firstPTS(frames, false) - firstPTS(frames, true) }
	for _, c := range []struct {
		name string
		// early is by how much the video's report is set ahead of the truth.
		early time.Duration
		// shift is by how much the recording has the video earlier than the clip, and
		// within is how exactly.
		shift, within time.Duration
	}{
		{"right reports", 0, 0, time.Millisecond},
		{"what the reports say counts", time.Second, time.Second, time.Millisecond},
		{"in both directions", -time.Second, -time.Second, time.Millisecond},
		// Then arrivals count: the video's are late, by what reordering leaves open.
		{"reports beyond belief do not", time.Hour, -300 * time.Millisecond, 70 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRecorderTest(codecH264)
			split := len(frames) / 6
			r.play(frames[:split], 0, late)
			// The sender's clock was at ntp when the media clock was at 2 s.
			ntp := time.Unix(5, 0)
			now := r.epoch.Add(2*time.Second - time.Duration(frames[0].dts)*100000/9)
			r.report(r.audio, ntp, 2*48000, now)
			r.report(r.video, ntp.Add(-c.early), 2*90000, now)
			r.start = r.start.Add(time.Duration(frames[split].dts-frames[0].dts) * 100000 / 9)
			r.play(frames[split:], 0, late)
			require.NoError(t, r.close())
			got := readTS(t, r.file.Bytes())
			require.Len(t, got, len(frames))
			require.InDelta(t, ticksOf(c.shift), distance(got)-distance(frames), float64(ticksOf(c.within)))
		})
	}
}

func TestRecordingSkipsWhatPrecedesTheKeyFrame(t *testing.T) {
	frames, _ := h264Clip(t)
	frames = frames[slices.IndexFunc(frames, isKey)+1:]
	before := 0
	for _, f := range frames[:slices.IndexFunc(frames, isKey)] {
		if f.video {
			before++
		}
	}
	require.Positive(t, before)
	r := newRecorderTest(codecH264)
	r.play(frames, 0, noDelay)
	require.NoError(t, r.close())
	require.EqualValues(t, before, r.skipped)
	got := readTS(t, r.file.Bytes())
	require.Equal(t, count(frames, true)-before, count(got, true))
	require.Equal(t, count(frames, false), count(got, false))
}

// Frames that never came do not cost the others their place.
func TestRecordingWithMissingFrames(t *testing.T) {
	frames, _ := h264Clip(t)
	for step := 2; step < 12; step++ {
		n := 0
		kept := slices.DeleteFunc(slices.Clone(frames), func(f clipFrame) bool {
			n++

			return f.video && !isKey(f) && n%step == 0
		})
		r := newRecorderTest(codecH264)
		r.play(kept, 0, noDelay)
		require.NoError(t, r.close())
		got := readTS(t, r.file.Bytes())
		require.Len(t, got, len(kept))
		last := map[bool]int64{}
		for _, f := range got {
			require.Greater(t, f.dts, last[f.video])
			require.GreaterOrEqual(t, f.pts, f.dts)
			last[f.video] = f.dts
		}
	}
}

// MPEG-TS times have 33 bits: 26.5 hours.
func TestRecordingOverTheTimestampWrap(t *testing.T) {
	file := &memoryFile{}
	create := func() (io.WriteCloser, string, error) { return file, "x.ts", nil }
	r := newRecorder(create, time.Unix(0, 0), newRecordTrack(codecOpus, 48000))
	const frames = 10
	for i := range int64(frames) {
		// Ten hours a frame.
		r.frame(r.tracks[0], recordedFrame{
			units: [][]byte{{0xfc, byte(i)}}, timestamp: i * 36000 * 48000, arrival: time.Unix(i*36000, 0),
		})
	}
	require.NoError(t, r.close())
	got := readTS(t, file.Bytes())
	require.Len(t, got, frames)
	for i, f := range got {
		require.Equal(t, (tsStart+int64(i)*36000*90000)%tsWrap, f.pts)
		require.Equal(t, byte(i), f.units[0][1])
	}
}

func TestRecordingErrors(t *testing.T) {
	broken := errors.New("no room")
	r := newRecorderTest(codecH264)
	r.recorder.file.create = func() (io.WriteCloser, string, error) { return nil, "", broken }
	r.play(clip(t, 4), 0, noDelay)
	require.ErrorIs(t, r.close(), broken)
	require.Zero(t, len(r.video.queue)+len(r.audio.queue), "nothing piles up")

	r = newRecorderTest(codecH264)
	r.file.fail = broken
	r.play(clip(t, 4), 0, noDelay)
	require.ErrorIs(t, r.close(), broken)
	require.True(t, r.file.closed)

	r = newRecorderTest(codecH264)
	require.NoError(t, r.close(), "nothing to record makes no file")
	require.False(t, r.file.closed)
}

// A told DTS counts; a frame that lost its own is put beside its neighbours'.
func TestRecordingByCompositionTimes(t *testing.T) {
	frames := slices.DeleteFunc(clip(t, 4), func(f clipFrame) bool { return !f.video })
	const later = 20 * time.Millisecond
	for _, known := range []func(i int) bool{
		func(int) bool { return true },
		func(i int) bool { return i%3 == 0 },
		func(i int) bool { return i == 0 },
	} {
		track := newRecordTrack(codecH264, tsClock)
		for i, f := range frames {
			told := compositionTime{}
			if known(i) {
				told = compositionTime{value: time.Duration(f.pts-f.dts)*time.Second/tsClock - later, known: true}
			}
			s, guessed := track.sample(recordedFrame{units: f.units, timestamp: f.pts, key: isKey(f), composition: told}, 0)
			require.False(t, guessed)
			require.InDelta(t, f.dts-frames[0].pts+ticksOf(later), s.dts, 1, "frame %d", i)
		}
	}
}

// What waits for the other track is bounded in time and bytes.
func TestRecordingDoesNotWaitForASilentTrack(t *testing.T) {
	frames := slices.DeleteFunc(clip(t, 8), func(f clipFrame) bool { return !f.video })
	r := newRecorderTest(codecH264)
	r.play(frames, 0, noDelay)
	held := frames[len(frames)-1].dts - r.video.queue[0].dts - frames[0].dts
	require.Less(t, held, ticksOf(interleaveHold)+9000)
	require.Positive(t, r.recorder.file.written)

	big := recordedFrame{units: [][]byte{make([]byte, 1<<20)}, arrival: r.start}
	audio := newRecorderTest(codecH264)
	for i := range int64(100) {
		big.timestamp = i * 960
		audio.frame(audio.audio, big)
		require.LessOrEqual(t, audio.held, maxHeldBytes+1<<20)
	}
}
