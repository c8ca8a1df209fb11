// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

// CanConvertAudio tells whether [ConvertAudio] finds its program.
func CanConvertAudio() bool {
	_, err := exec.LookPath("ffmpeg")

	return err == nil
}

// ConvertAudio returns a source like src, of which one track of AAC, by its index, is
// converted to stereo Opus as it is read. It reads up to a second ahead of what it
// returns. Closing it closes src, which stays the caller's after an error. ctx bounds the
// life of the ffmpeg process that does the work; without ffmpeg on PATH the error wraps
// [ErrUnsupported], as it does for a track that is no AAC.
func ConvertAudio(ctx context.Context, src Source, track int) (Source, error) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("%w: converting AAC to Opus needs ffmpeg, which is not on PATH; install it", ErrUnsupported)
	}
	c, err := newConverted(src, track)
	if err != nil {
		return nil, err
	}
	// ADTS tells all there is to know in each header: nothing has to be probed.
	p := newFFmpeg(ctx, program, []string{
		"-nostdin", "-hide_banner", "-loglevel", "error", "-analyzeduration", "0", "-probesize", "32", "-f", "aac", "-i", "pipe:0",
		"-c:a", "libopus", "-ar", "48000", "-ac", "2", "-b:a", "96k", "-page_duration", "20000", "-flush_packets", "1", "-f", "ogg", "pipe:1",
	}, io.NopCloser(nil))
	in, err := p.cmd.StdinPipe()
	if err == nil {
		err = p.start()
	}
	if err != nil {
		return nil, err
	}
	c.run(in, p, p.stop)

	return c, nil
}

const (
	// convertAhead is how much audio the converter is given beyond what has come out of
	// it. Decoders and encoders keep a few frames.
	convertAhead = time.Second
	// convertPatience is how long it may take over that.
	convertPatience = 10 * time.Second
	// convertTolerance is by how much timestamps of the input may be off the sum of its
	// frames before the output follows them.
	convertTolerance = 30 * time.Millisecond
	// opusLookahead is what libopus puts in front, 312 samples.
	opusLookahead = 312 * time.Second / opusClock
	convertQueue  = 64
	// convertSilence is how much of the other tracks is kept waiting for sound.
	convertSilence = 2 * time.Second
)

// errConverter ends a source whose converter ended before it.
var errConverter = errors.New("the converter of the audio ended early")

// converted is a source with one track that goes through a converter.
type converted struct {
	src    Source
	track  int
	tracks []Track
	config mpeg4audio.AudioSpecificConfig
	stop   func() error

	feed chan []byte
	out  chan sample
	// failed is read after out was closed.
	failed error
	done   chan struct{}
	tasks  sync.WaitGroup

	// others and sounds wait to be returned.
	others, sounds []AccessUnit
	clock          convertClock
	ended          bool
	end            error
	timer          *time.Timer
}

func newConverted(src Source, track int) (*converted, error) {
	tracks := append([]Track(nil), src.Tracks()...)
	if track < 0 || track >= len(tracks) || tracks[track].Codec != AAC {
		return nil, fmt.Errorf("%w: track %d is not AAC", ErrUnsupported, track)
	}
	c := &converted{
		src: src, track: track, tracks: tracks,
		feed: make(chan []byte, convertQueue), out: make(chan sample, convertQueue), done: make(chan struct{}),
	}
	if err := parse(func() error { return c.config.Unmarshal(tracks[track].Config) }); err != nil || c.config.SampleRate <= 0 {
		return nil, fmt.Errorf("%w: AAC without a valid configuration", ErrUnsupported)
	}
	tracks[track] = Track{Codec: Opus, ClockRate: opusClock, Channels: 2}

	return c, nil
}

// run starts to exchange data with a converter from ADTS to Ogg Opus.
func (c *converted) run(in io.WriteCloser, out io.Reader, stop func() error) {
	c.stop = stop
	c.tasks.Go(func() {
		var failed error
		for frame := range c.feed {
			if failed == nil {
				_, failed = in.Write(frame)
			}
		}
		_ = in.Close()
	})
	c.tasks.Go(func() {
		defer close(c.out)
		c.failed = c.receive(out)
	})
}

func (c *converted) receive(out io.Reader) (err error) {
	defer guard(&err)
	dem, err := newOgg(&file{r: bufio.NewReader(out), closer: io.NopCloser(nil)})
	if err != nil {
		return err
	}
	for {
		s, err := dem.next()
		if err != nil {
			return err
		}
		select {
		case c.out <- s:
		case <-c.done:
			return nil
		}
	}
}

// Tracks implements [Source].
func (c *converted) Tracks() []Track { return c.tracks }

// Close implements [Source].
func (c *converted) Close() error {
	close(c.done)
	if !c.ended {
		close(c.feed)
	}
	// It complains of being stopped half-way.
	_ = c.stop()
	c.tasks.Wait()

	return c.src.Close()
}

// Next implements [Source].
func (c *converted) Next() (AccessUnit, error) {
	for {
		switch {
		case len(c.sounds) > 0 && (c.ended || len(c.others) > 0 || len(c.tracks) == 1) &&
			(len(c.others) == 0 || c.sounds[0].DTS <= c.others[0].DTS):
			return take(&c.sounds), nil
		case len(c.others) > 0 && (len(c.sounds) > 0 || c.clock.end > c.others[0].DTS || c.out == nil || c.silent()):
			return take(&c.others), nil
		case c.out == nil && c.ended:
			return AccessUnit{}, c.end
		}
		var err error
		if c.ended || len(c.sounds) == 0 && c.clock.ahead() >= convertAhead {
			err = c.await()
		} else {
			err = c.pull()
		}
		if err != nil {
			return AccessUnit{}, err
		}
	}
}

// silent tells that the source goes on without sound, for which the rest does not wait.
func (c *converted) silent() bool {
	return !c.ended && c.others[len(c.others)-1].DTS-c.others[0].DTS > convertSilence
}

func take(queue *[]AccessUnit) AccessUnit {
	au := (*queue)[0]
	(*queue)[0] = AccessUnit{}
	*queue = (*queue)[1:]

	return au
}

// pull reads one access unit of the source.
func (c *converted) pull() error {
	au, err := c.src.Next()
	c.end = err
	if c.ended = err != nil; c.ended {
		// What the converter holds comes first.
		close(c.feed)

		return nil
	}
	if au.Track != c.track {
		c.others = append(c.others, au)

		return nil
	}
	for _, unit := range au.Units {
		packets := mpeg4audio.ADTSPackets{{
			Type: mpeg4audio.ObjectTypeAACLC, SampleRate: c.config.SampleRate, ChannelConfig: c.config.ChannelConfig, AU: unit,
		}}
		frame, err := packets.Marshal()
		if err != nil {
			continue // what cannot be written is a gap in the sound
		}
		c.clock.fed(au.PTS, aacFrameSamples*time.Second/time.Duration(c.config.SampleRate))
		if err := c.offer(frame); err != nil {
			return err
		}
	}

	return nil
}

// offer hands a frame to the converter, and takes what it has ready meanwhile.
func (c *converted) offer(frame []byte) error {
	for c.out != nil {
		select {
		case c.feed <- frame:
			return nil
		case s, ok := <-c.out:
			if err := c.receivedSample(s, ok); err != nil {
				return err
			}
		}
	}

	return nil
}

// await waits for the converter.
func (c *converted) await() error {
	if c.out == nil {
		return nil
	}
	if c.timer == nil {
		c.timer = time.NewTimer(convertPatience)
	} else {
		c.timer.Reset(convertPatience)
	}
	defer c.timer.Stop()
	select {
	case s, ok := <-c.out:
		return c.receivedSample(s, ok)
	case <-c.timer.C:
		return fmt.Errorf("%w: nothing came out of it for %v", errConverter, convertPatience)
	}
}

func (c *converted) receivedSample(s sample, ok bool) error {
	if !ok {
		c.out = nil
		if c.ended && errors.Is(c.failed, io.EOF) {
			return nil
		}

		return fmt.Errorf("%w: %w", errConverter, c.failed)
	}
	at := c.clock.at(s.dts, s.duration)
	c.sounds = append(c.sounds, AccessUnit{
		Track: c.track, PTS: at, DTS: at, Duration: s.duration, Key: true, Units: s.units,
	})

	return nil
}

// convertClock gives the output of a converter, which counts samples alone, the
// timestamps of the input.
type convertClock struct {
	// in and out are how much was fed and came out.
	in, out time.Duration
	pieces  []convertPiece
	// newest is the timestamp of the newest output, end that of its end.
	newest, end time.Duration
}

// convertPiece is where the input's timestamps begin to differ from the sum of its
// frames.
type convertPiece struct{ from, pts time.Duration }

func (c *convertClock) fed(pts, duration time.Duration) {
	if n := len(c.pieces); n == 0 {
		c.pieces = append(c.pieces, convertPiece{from: c.in, pts: pts})
	} else {
		last := c.pieces[n-1]
		if off := pts - (last.pts + c.in - last.from); off > convertTolerance || off < -convertTolerance {
			c.pieces = append(c.pieces, convertPiece{from: c.in, pts: pts})
		}
	}
	c.in += duration
}

func (c *convertClock) ahead() time.Duration { return c.in - c.out }

// at returns the timestamp of the output that begins at dts and lasts so long.
func (c *convertClock) at(dts, duration time.Duration) time.Duration {
	place := dts - opusLookahead
	for len(c.pieces) > 1 && c.pieces[1].from <= place {
		c.pieces = c.pieces[1:]
	}
	c.out = dts + duration
	at := place
	if len(c.pieces) > 0 {
		at = max(c.pieces[0].pts+place-c.pieces[0].from, 0)
	}
	at = max(at, c.newest)
	c.newest, c.end = at, at+duration

	return at
}
