// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"errors"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// diary is a dump that keeps what it is shown.
type diary struct {
	mimes   map[uint32]string
	next    map[uint32]uint16
	packets int
	frames  map[uint32]int
	keys    int
	gaps    int
	closed  int
	fail    error
}

func newDiary() *diary {
	return &diary{mimes: map[uint32]string{}, next: map[uint32]uint16{}, frames: map[uint32]int{}}
}

func (d *diary) Stream(ssrc uint32, c webrtc.RTPCodecCapability) { d.mimes[ssrc] = c.MimeType }

func (d *diary) Packet(h *rtp.Header, _ []byte) {
	if next, begun := d.next[h.SSRC]; begun && next != h.SequenceNumber {
		d.gaps++
	}
	d.next[h.SSRC] = h.SequenceNumber + 1
	d.packets++
}

func (d *diary) Frame(ssrc uint32, units [][]byte, _ int64, key bool) {
	if len(units) > 0 {
		d.frames[ssrc]++
	}
	if key {
		d.keys++
	}
}

func (d *diary) Close() error {
	d.closed++

	return d.fail
}

// A dump sees every packet once and in order, repaired ones among them, and every frame.
func TestADumpSeesPacketsInOrderAndFrames(t *testing.T) {
	frames := clip(t, 1)
	d := newDiary()
	d.fail = errors.New("the disk is full") // what a dump meets ends no session
	stats := runPush(t, 20*time.Millisecond, Config{NewDump: func() (Dump, error) { return d, nil }},
		pushSetup{drop: dropEvery(20), sequence: 65500}, func(p *pusher, _ *Server) { p.play(frames) })
	require.Positive(t, stats.PacketsRepaired)
	require.Zero(t, stats.PacketsLost)
	require.Zero(t, d.gaps)
	require.Equal(t, 1, d.closed)
	require.Len(t, d.mimes, 2)
	require.Positive(t, d.keys)
	for ssrc, mime := range d.mimes {
		received := stats.AudioFrames
		if mime == webrtc.MimeTypeH264 {
			received = stats.VideoFrames
		}
		require.Positive(t, received)
		require.EqualValues(t, received, d.frames[ssrc], mime)
	}
}

// A dump that cannot be made ends no session.
func TestNoDump(t *testing.T) {
	frames := clip(t, 1)
	tries := 0
	stats := runPush(t, 20*time.Millisecond, Config{NewDump: func() (Dump, error) {
		tries++

		return nil, errors.New("no room")
	}}, pushSetup{}, func(p *pusher, _ *Server) { p.play(frames) })
	require.Equal(t, 1, tries)
	require.EqualValues(t, len(frames), stats.FramesReceived)
}
