// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

// ErrFormat is wrapped by errors about files that are no dump, or a damaged one.
var ErrFormat = errors.New("no dump that can be read")

// maxLine bounds a line of an index in bytes: a frame of many NAL units has a long one.
const maxLine = 1 << 20

// index is what an index file says.
type index struct {
	header  header
	tracks  []track
	streams []stream
	frames  []frame
	givenUp map[packetKey]string
	skipped map[Stage]int64
	// ended tells that the dump was finished; else its last records are missing.
	ended bool
}

// packetKey names an RTP packet of an index.
type packetKey struct {
	ssrc uint32
	seq  uint16
}

// readIndex reads an index. One that was cut off is read as far as it goes. Errors
// wrap [ErrFormat].
func readIndex(r io.Reader) (*index, error) {
	x := &index{givenUp: map[packetKey]string{}, skipped: map[Stage]int64{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	whole := true
	lines.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		if atEOF && len(data) > 0 && bytes.IndexByte(data, '\n') < 0 {
			whole = false
		}

		return bufio.ScanLines(data, atEOF)
	})
	n := 0
	for lines.Scan() {
		n++
		if x.ended {
			return nil, fmt.Errorf("%w: line %d: something follows the end", ErrFormat, n)
		}
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			if !whole {
				break
			}

			return nil, fmt.Errorf("%w: line %d: %w", ErrFormat, n, err)
		}
		if err := x.add(&l, n); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrFormat, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: line %d: %w", ErrFormat, n+1, err)
	}
	if x.header.Version == 0 {
		return nil, fmt.Errorf("%w: the index is empty", ErrFormat)
	}

	return x, nil
}

var (
	errNoHeader = errors.New("the first line is not the header")
	errStage    = errors.New("a stage that this side does not have")
	errTrack    = errors.New("a track declared twice, or its file outside of the directory")
	errFrame    = errors.New("a frame with a negative number")
)

func (x *index) add(l *line, n int) error {
	switch {
	case (n == 1) != (l.Dump != nil):
		return errNoHeader
	case l.Dump != nil:
		x.header = *l.Dump
		if l.Dump.Version != version {
			return fmt.Errorf("version %d is not known, only %d", l.Dump.Version, version)
		}
		if l.Dump.Side != sidePush && l.Dump.Side != sideIngest {
			return fmt.Errorf("side %q is not known", l.Dump.Side)
		}
	case l.Track != nil:
		t := l.Track
		if t.Stage != x.frameStage() {
			return errStage
		}
		if x.track(t.Track) != nil || !filepath.IsLocal(t.File) || filepath.Base(t.File) != t.File {
			return errTrack
		}
		x.tracks = append(x.tracks, *t)
	case l.Stream != nil:
		x.streams = append(x.streams, *l.Stream)
	case l.Frame != nil:
		f := l.Frame
		if f.Stage != x.frameStage() {
			return errStage
		}
		if f.N < 0 || f.Size < 0 || f.Packets < 0 || f.Packets > maxFramePackets {
			return errFrame
		}
		x.frames = append(x.frames, *f)
	case l.GivenUp != nil:
		x.givenUp[packetKey{l.GivenUp.SSRC, l.GivenUp.Seq}] = l.GivenUp.Reason
	case l.Skipped != nil:
		x.skipped[l.Skipped.Stage] += max(l.Skipped.Count, 0)
	case l.End != nil:
		x.ended = true
	}

	return nil
}

// maxFramePackets is all the sequence numbers that there are.
const maxFramePackets = 1 << 16

// frameStage is the stage whose frames the index lists.
func (x *index) frameStage() Stage {
	if x.header.Side == sidePush {
		return Source
	}

	return Reassembled
}

func (x *index) track(number int) *track {
	for i := range x.tracks {
		if x.tracks[i].Track == number {
			return &x.tracks[i]
		}
	}

	return nil
}

func (x *index) stream(ssrc uint32) *stream {
	for i := range x.streams {
		if x.streams[i].SSRC == ssrc {
			return &x.streams[i]
		}
	}

	return nil
}
