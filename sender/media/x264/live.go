// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package x264

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
)

// Pictures are pictures in I420 at a constant rate, such as [media.RawVideo].
type Pictures interface {
	// Format is complete and does not change; both sides are even.
	Format() media.Format
	// Read fills b, which holds [media.Format.I420Size] bytes, with the next picture. It
	// returns io.EOF at the end.
	Read(b []byte) error
	// Close has a waiting Read return.
	Close() error
}

// Live encodes pictures as they are asked for. It is a [media.VideoEncoder]: the
// pictures of a smaller format are scaled down, never up, and fewer are encoded for a
// lower frame rate.
type Live struct {
	pictures Pictures
	source   media.Format
	cfg      Config
	warn     func(error)
	open     func(Config, media.Format, bwe.Bitrate) (codec, error)
	track    media.Track

	start   sync.Once
	out     chan media.AccessUnit
	closing chan struct{}
	closed  sync.Once
	done    sync.WaitGroup
	stalled *time.Timer
	err     error // of the end, before out is closed

	mu   sync.Mutex
	wish wish
}

// wish is what the next picture is to be encoded with.
type wish struct {
	rate   bwe.Bitrate
	format media.Format
	key    bool
}

const (
	// queueLength is how many coded pictures may wait. They keep the bitrate that they
	// were made with, so that a long queue would answer late.
	queueLength = 4
	// stallTimeout is how long the next picture is waited for.
	stallTimeout = 10 * time.Second
)

var errStalled = fmt.Errorf("no picture came for %v: the decoder or the encoder hangs", stallTimeout)

// Open starts an encoder at a bitrate; nothing is read before the first Read. It
// closes pictures in the end, and at once where it fails. warn is told, from another
// goroutine, when encoding is slower than real time; it may be nil. Errors wrap
// [ErrConfig] or [ErrUnavailable].
func Open(pictures Pictures, rate bwe.Bitrate, cfg Config, warn func(error)) (*Live, error) {
	l, err := newLive(pictures, rate, cfg, warn, open)
	if err != nil {
		return nil, errors.Join(err, pictures.Close())
	}

	return l, nil
}

func newLive(
	pictures Pictures, rate bwe.Bitrate, cfg Config, warn func(error),
	open func(Config, media.Format, bwe.Bitrate) (codec, error),
) (*Live, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if warn == nil {
		warn = func(error) {}
	}
	source := pictures.Format()
	if err := checkFormat(source); err != nil {
		return nil, err
	}
	l := &Live{
		pictures: pictures, source: source, cfg: cfg, warn: warn, open: open,
		out: make(chan media.AccessUnit, queueLength), closing: make(chan struct{}), wish: wish{rate: rate},
	}
	// The parameter sets are known only to an encoder.
	c, err := open(cfg, source, cfg.bound(rate, source))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	sets, err := c.Headers()
	if err != nil {
		return nil, err
	}
	l.track = media.Track{
		Codec: media.H264, ClockRate: 90000, Width: source.Width, Height: source.Height,
		BFrames: cfg.BFrames > 0, ParameterSets: sets,
	}

	return l, nil
}

// Track implements [media.VideoEncoder].
func (l *Live) Track() media.Track { return l.track }

// SetBitrate implements [media.VideoEncoder].
func (l *Live) SetBitrate(rate bwe.Bitrate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wish.rate = rate
}

// SetFormat implements [media.VideoEncoder].
func (l *Live) SetFormat(f media.Format) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wish.format = f
}

// RequestKeyFrame implements [media.VideoEncoder].
func (l *Live) RequestKeyFrame() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wish.key = true
}

// Read implements [media.VideoEncoder].
func (l *Live) Read() (media.AccessUnit, error) {
	l.start.Do(func() {
		l.stalled = time.NewTimer(stallTimeout)
		l.done.Go(l.run)
	})
	l.stalled.Reset(stallTimeout)
	defer l.stalled.Stop()
	select {
	case au, ok := <-l.out:
		if !ok {
			return au, l.err
		}

		return au, nil
	case <-l.stalled.C:
		return media.AccessUnit{}, errStalled
	}
}

// Close implements [media.VideoEncoder].
func (l *Live) Close() error {
	l.closed.Do(func() { close(l.closing) })
	err := l.pictures.Close()
	// Whoever was never read from has nothing to wait for.
	l.start.Do(func() { close(l.out); l.err = errClosed; l.stalled = time.NewTimer(stallTimeout) })
	l.done.Wait()

	return err
}

var errClosed = errors.New("x264: the encoder is closed")

func (l *Live) run() {
	defer close(l.out)
	t := &transcode{Live: l, picture: make([]byte, l.source.I420Size())}
	l.err = t.run()
	if t.codec != nil {
		t.codec.Close()
	}
}

// deliver waits for room in the queue; it returns false once Live is closed.
func (l *Live) deliver(au media.AccessUnit) bool {
	select {
	case l.out <- au:
		return true
	case <-l.closing:
		return false
	}
}

// take returns what is wished for; a key frame only once.
func (l *Live) take() wish {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.wish
	l.wish.key = false

	return w
}

// isEnd tells the end of the pictures from a failure.
func isEnd(err error) bool { return errors.Is(err, io.EOF) }
