// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package x264

import (
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
)

// transcode is the loop that reads, scales, encodes and hands on. It belongs to one
// goroutine.
type transcode struct {
	*Live

	picture []byte
	codec   codec
	format  media.Format // of codec
	rate    bwe.Bitrate
	scaler  *scaler
	name    string

	read int // pictures of the source so far
	// Since codec was opened: pictures put in, and the time of each that may be inside.
	put    int64
	times  [32]time.Duration
	began  time.Duration
	newest time.Duration // the last DTS
	speed  speed
}

func (t *transcode) run() error {
	for {
		begin := time.Now()
		if err := t.pictures.Read(t.picture); err != nil {
			if isEnd(err) && t.codec != nil {
				if flushErr := t.flush(); flushErr != nil {
					return flushErr
				}
			}

			return err
		}
		decoded := time.Now()
		out, ok, err := t.encode()
		if err != nil {
			return err
		}
		t.speed.note(decoded.Sub(begin), time.Since(decoded), t.step(t.source), t.warn)
		if ok && !t.give(out) {
			return errClosed
		}
	}
}

func (t *transcode) step(f media.Format) time.Duration {
	return time.Duration(float64(time.Second) / f.FrameRate)
}

// at returns the time of the n-th picture of the source, from the whole, so that no
// error adds up.
func (t *transcode) at(n int) time.Duration {
	return time.Duration(float64(n) * float64(time.Second) / t.source.FrameRate)
}

// encode puts the picture in, unless it is one of those that a lower frame rate leaves
// out.
func (t *transcode) encode() (coded, bool, error) {
	n := t.read
	t.read++
	w := t.take()
	format := fit(t.source, w.format)
	if t.codec == nil || format != t.format {
		if err := t.reopen(format, w.rate); err != nil {
			return coded{}, false, err
		}
		t.began, t.put = t.at(n), 0
	} else if t.leftOut(n) {
		t.restore(w)

		return coded{}, false, nil
	}
	if rate := t.cfg.bound(w.rate, format); rate != t.rate {
		if err := t.codec.SetBitrate(rate); err != nil {
			return coded{}, false, fmt.Errorf("setting the bitrate to %v: %w", rate, err)
		}
		t.rate = rate
	}
	picture := t.picture
	if t.scaler != nil {
		picture = t.scaler.scale(picture)
	}
	t.times[t.put%int64(len(t.times))] = t.at(n)
	t.put++

	return t.codec.Encode(picture, w.key)
}

// leftOut tells whether the n-th picture is not the next one at the lower rate. The
// time of a picture put in is within half a picture of where it should be.
func (t *transcode) leftOut(n int) bool {
	due := t.began + time.Duration(float64(t.put)*float64(time.Second)/t.format.FrameRate)

	return t.at(n) < due-t.step(t.source)/2
}

// restore leaves a request for a key frame to the next picture.
func (t *transcode) restore(w wish) {
	if w.key {
		t.RequestKeyFrame()
	}
}

// reopen begins anew in another format, which is with a key frame.
func (t *transcode) reopen(f media.Format, rate bwe.Bitrate) error {
	if t.codec != nil {
		if err := t.flush(); err != nil {
			return err
		}
		t.codec.Close()
		t.codec = nil
	}
	rate = t.cfg.bound(rate, f)
	c, err := t.open(t.cfg, f, rate)
	if err != nil {
		return fmt.Errorf("encoding %v: %w", f, err)
	}
	t.codec, t.format, t.rate, t.name = c, f, rate, f.String()
	t.scaler = newScaler(t.source, f)

	return nil
}

// flush hands on what is still in the encoder.
func (t *transcode) flush() error {
	for {
		out, ok, err := t.codec.Flush()
		if err != nil || !ok {
			return err
		}
		if !t.give(out) {
			return errClosed
		}
	}
}

// give hands on a coded picture with the times of the source.
func (t *transcode) give(p coded) bool {
	pts := t.times[p.pts%int64(len(t.times))]
	dts := t.began + time.Duration(float64(p.dts)*float64(time.Second)/t.format.FrameRate)
	// The first pictures decode before time zero; those after a change of format
	// before the last ones of the old.
	dts = min(max(dts, t.newest), pts)
	t.newest = max(t.newest, dts)

	return t.deliver(media.AccessUnit{
		PTS: pts, DTS: dts, Key: p.key, Disposable: p.disposable && !p.key, Rendition: t.name, Units: p.units,
	})
}

// speed finds out whether the loop keeps up with real time.
type speed struct {
	decoding, encoding, media time.Duration
	warned                    bool
}

const (
	// speedWindow is the piece of media over which the speed is judged.
	speedWindow = 5 * time.Second
	// slow is the time for a piece of media, as a multiple of its length, above which
	// the loop is too slow. Sources that come in real time are at 1.
	slow = 1.1
)

func (s *speed) note(decoding, encoding, length time.Duration, warn func(error)) {
	s.decoding += decoding
	s.encoding += encoding
	s.media += length
	if s.media < speedWindow {
		return
	}
	share := func(d time.Duration) float64 { return float64(d) / float64(s.media) }
	switch total := share(s.decoding + s.encoding); {
	case total <= slow:
		s.warned = false
	case !s.warned:
		s.warned = true
		warn(fmt.Errorf("encoding is slower than real time: %.2f s for each second, %.2f of it in the decoder; "+
			"take a smaller picture, a lower frame rate or a faster machine", total, share(s.decoding)))
	}
	s.decoding, s.encoding, s.media = 0, 0, 0
}
