// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"fmt"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"

	"github.com/rtmcc/rtmcc/sdpext"
	"github.com/rtmcc/rtmcc/sender/media"
)

// PlayoutDelay bounds how long a receiver holds frames back before it shows them. It
// goes on the first packet of every picture where the answer takes it.
type PlayoutDelay struct {
	// Min and Max are 0 to 40.95 s, in steps of 10 ms.
	Min, Max time.Duration
}

const (
	playoutStep = 10 * time.Millisecond
	// maxPlayoutDelay is what 12 bits hold.
	maxPlayoutDelay = (1<<12 - 1) * playoutStep
)

func (d *PlayoutDelay) validate() error {
	if d != nil && (d.Min < 0 || d.Max < d.Min || d.Max > maxPlayoutDelay) {
		return fmt.Errorf("%w: playout delay from %v to %v, want ascending and within 0 and %v", ErrOptions, d.Min, d.Max, maxPlayoutDelay)
	}

	return nil
}

const (
	// captureInterval is how often the capture time is sent, key frames apart; receivers
	// work out what is between (libwebrtc AbsoluteCaptureTimeSender).
	captureInterval = time.Second
	// timingInterval is that of libwebrtc's timing frames.
	timingInterval = 200 * time.Millisecond
)

// Lengths of the extensions' contents in bytes.
const (
	compositionSize = 3
	captureSize     = 8
	playoutSize     = 3
	timingSize      = 13
)

// extensionURIs returns the header extensions that are offered for a track: of each
// group one is used.
func (o *Options) extensionURIs(t *track) [][]string {
	uris := [][]string{{sdpext.AbsCaptureTimeURI}}
	if t.codec == media.H264 || t.codec == media.H265 {
		uris = append(uris, sdpext.CompositionTimeURIs())
	}
	if !t.codec.Video() {
		return uris
	}
	if o.PlayoutDelay != nil {
		uris = append(uris, []string{sdpext.PlayoutDelayURI})
	}
	if o.VideoTiming {
		uris = append(uris, []string{sdpext.VideoTimingURI})
	}

	return uris
}

// extensionIDs are those of an answer, zero for what it does not take.
type extensionIDs struct{ composition, capture, playout, timing uint8 }

func (o *Options) acceptedExtensions(answer *sdp.MediaDescription, t *track) (ids extensionIDs) {
	for _, group := range o.extensionURIs(t) {
		e, ok := sdpext.Accepted(answer, group...)
		if !ok {
			continue
		}
		switch group[0] {
		case sdpext.AbsCaptureTimeURI:
			ids.capture = e.ID
		case sdpext.PlayoutDelayURI:
			ids.playout = e.ID
		case sdpext.VideoTimingURI:
			ids.timing = e.ID
		default:
			ids.composition = e.ID
		}
	}

	return ids
}

// room is what the extensions may add to a packet in bytes, padding included.
func (ids extensionIDs) room() int {
	const word = 4
	n := 0
	for _, e := range [...]struct {
		id   uint8
		size int
	}{{ids.composition, compositionSize}, {ids.capture, captureSize}, {ids.playout, playoutSize}, {ids.timing, timingSize}} {
		if e.id != 0 {
			n += 1 + e.size
		}
	}

	return (n + word - 1) / word * word
}

// frameTimes are the instants of one access unit.
type frameTimes struct {
	// due is when it was to be sent, presented when it is to be shown.
	due, presented time.Time
}

// stamper puts header extensions on the packets of one track and connection.
type stamper struct {
	ids   extensionIDs
	video bool
	// nextCapture and nextTiming are the instants of the next ones; zero is the past.
	nextCapture, nextTiming time.Time

	composition [compositionSize]byte
	capture     [captureSize]byte
	playout     [playoutSize]byte
	timing      [timingSize]byte
	// Of the present frame.
	hasComposition, hasCapture, hasTiming bool
}

func newStamper(ids extensionIDs, video bool, delay *PlayoutDelay) *stamper {
	s := &stamper{ids: ids, video: video}
	if delay == nil {
		s.ids.playout = 0

		return s
	}
	e := rtp.PlayoutDelayExtension{
		MinDelay: uint16(delay.Min / playoutStep), MaxDelay: uint16(delay.Max / playoutStep), //nolint:gosec // validated
	}
	if _, err := e.MarshalTo(s.playout[:]); err != nil {
		s.ids.playout = 0
	}

	return s
}

// begin prepares the extensions of a frame.
func (s *stamper) begin(au *media.AccessUnit, at frameTimes, now time.Time) {
	s.hasComposition, s.hasCapture, s.hasTiming = false, false, false
	if s.ids.composition != 0 {
		// Sources give no PTS before its DTS, so that no composition time is negative.
		_, err := sdpext.CompositionTime(au.PTS - au.DTS).MarshalTo(s.composition[:])
		s.hasComposition = err == nil
	}
	// Every frame of audio is a key frame.
	key := au.Key && s.video
	if s.ids.capture != 0 && (key || !now.Before(s.nextCapture)) {
		_, err := rtp.NewAbsCaptureTimeExtension(at.presented).MarshalTo(s.capture[:])
		s.hasCapture, s.nextCapture = err == nil, now.Add(captureInterval)
	}
	if s.ids.timing != 0 && !now.Before(s.nextTiming) {
		// Nothing is encoded here: a picture counts as captured and encoded when it is due.
		timing := sdpext.VideoTiming{Flags: sdpext.VideoTimingByTimer, PacketizationFinish: max(now.Sub(at.due), 0)}
		_, err := timing.MarshalTo(s.timing[:])
		s.hasTiming, s.nextTiming = err == nil, now.Add(timingInterval)
	}
}

// stamp adds the extensions of a packet of the frame: the first one, the last one, and
// those with parameter sets have their own.
func (s *stamper) stamp(h *rtp.Header, first, last, sets bool) {
	set := func(on bool, id uint8, content []byte) {
		if on && id != 0 {
			// It cannot fail: ids and lengths fit the one-byte header.
			_ = h.SetExtension(id, content)
		}
	}
	set(s.hasComposition && (first || sets), s.ids.composition, s.composition[:])
	set(s.hasCapture && first, s.ids.capture, s.capture[:])
	set(first, s.ids.playout, s.playout[:])
	set(s.hasTiming && last, s.ids.timing, s.timing[:])
}
