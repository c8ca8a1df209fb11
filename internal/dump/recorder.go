// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/pion/webrtc/v4/pkg/media/rtpdump"
)

// recorder writes one side's dump on a goroutine of its own. Its methods never wait
// for the disk. They are safe for concurrent use.
type recorder struct {
	queue *queue
	dir   string
	start time.Time
	warn  func(string)
	done  chan struct{}

	// Of the writing goroutine.
	index       *bufio.Writer
	indexFile   *os.File
	packets     *rtpdump.Writer
	packetsTo   *bufio.Writer
	packetsFile *os.File
	tracks      map[int]*mediaFile
	told        bool
	err         error
}

// start begins a dump in dir, which must not hold one.
func startRecorder(dir, side, tool string, warn func(string)) (*recorder, error) {
	if _, err := os.Stat(filepath.Join(dir, indexFile)); err == nil {
		return nil, fmt.Errorf("dump: %s holds one already: remove it, or name another directory", dir)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("dump: %w", err)
	}
	r := &recorder{
		queue: newQueue(maxQueued), dir: dir, start: time.Now(), warn: warn, done: make(chan struct{}), tracks: map[int]*mediaFile{},
	}
	if r.warn == nil {
		r.warn = func(string) {}
	}
	if err := r.open(side, tool); err != nil {
		_ = r.closeFiles()

		return nil, fmt.Errorf("dump: %w", err)
	}
	go r.run()

	return r, nil
}

func (r *recorder) open(side, tool string) error {
	var err error
	if r.indexFile, err = os.Create(filepath.Join(r.dir, indexFile)); err != nil {
		return err
	}
	r.index = bufio.NewWriterSize(r.indexFile, 64<<10)
	if r.packetsFile, err = os.Create(filepath.Join(r.dir, packetsFile)); err != nil {
		return err
	}
	r.packetsTo = bufio.NewWriterSize(r.packetsFile, 64<<10)
	if r.packets, err = rtpdump.NewWriter(r.packetsTo, rtpdump.Header{Start: r.start, Source: net.IPv4zero}); err != nil {
		return err
	}

	return r.line(&line{Dump: &header{Version: version, Tool: tool, Side: side, Start: r.start.UTC()}})
}

// now is the time since the start.
func (r *recorder) now() int64 { return int64(time.Since(r.start)) }

// addTrack opens the file of a track's frames.
func (r *recorder) addTrack(t track, f format) {
	t.Codec = string(f.codec)
	t.File = fmt.Sprintf("%s-%d.%s", t.Stage, t.Track, f.extension())
	r.queue.put(&record{stage: t.Stage, line: line{Track: &t}, open: f})
}

// close writes what waits and ends the dump. The first error was warned of already.
func (r *recorder) close() error {
	r.queue.close()
	<-r.done

	return r.err
}

// run writes until the recorder is closed. After the first error it writes nothing
// more, so that a full disk ends the dump alone.
func (r *recorder) run() {
	defer close(r.done)
	b, open := &batch{}, true
	for open {
		b, open = r.queue.take(b)
		for i := range b.records {
			r.write(b, &b.records[i])
		}
		b.reset()
	}
	if r.err == nil {
		r.fail(r.line(&line{End: &end{Duration: time.Since(r.start)}}))
	}
	r.fail(r.closeFiles())
}

func (r *recorder) write(b *batch, rec *record) {
	if r.err != nil {
		return
	}
	switch {
	case rec.isPacket:
		r.fail(r.packets.WritePacket(rtpdump.Packet{Offset: time.Duration(rec.at), Payload: b.bytes[rec.start:rec.end]}))
	case rec.isFrame:
		r.fail(r.frame(&rec.frame, b.bytes[rec.start:rec.end], b.sizes[rec.firstUnit:rec.firstUnit+rec.units]))
	default:
		r.fail(r.other(rec))
	}
}

func (r *recorder) frame(f *frame, payload []byte, sizes []int) error {
	sum := sha256.Sum256(payload)
	f.Size, f.SHA256, f.Units = len(payload), hex.EncodeToString(sum[:]), nil
	if m := r.tracks[f.Track]; m != nil {
		var err error
		if f.Units, err = m.frame(f, payload, sizes); err != nil {
			return err
		}
	}

	return r.line(&line{Frame: f})
}

func (r *recorder) other(rec *record) error {
	if t := rec.line.Track; t != nil && r.tracks[t.Track] == nil {
		m, err := createMediaFile(filepath.Join(r.dir, t.File), rec.open)
		if err != nil {
			return err
		}
		r.tracks[t.Track] = m
	}
	if rec.line.Skipped != nil && !r.told {
		r.told = true
		r.warn("the disk is too slow for the dump in " + r.dir + ": it is incomplete")
	}

	return r.line(&rec.line)
}

func (r *recorder) line(l *line) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if _, err := r.index.Write(append(b, '\n')); err != nil {
		return err
	}

	return nil
}

// fail keeps the first error and tells of it.
func (r *recorder) fail(err error) {
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("dump: %w", err)
		r.warn("the dump in " + r.dir + " ends here: " + err.Error())
	}
}

func (r *recorder) closeFiles() error {
	var err error
	for _, m := range r.tracks {
		err = errors.Join(err, m.close())
	}
	if r.packets != nil {
		err = errors.Join(err, r.packetsTo.Flush())
	}
	if r.index != nil {
		err = errors.Join(err, r.index.Flush())
	}
	for _, f := range []*os.File{r.packetsFile, r.indexFile} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}

	return err
}
