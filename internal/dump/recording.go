// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/rtmcc/rtmcc/sender/media"
)

// recording is one side's dump, opened for reading.
type recording struct {
	*index

	name    string
	fsys    fs.FS
	files   map[string]fs.File
	packets *packetSet
}

// openAll opens the dumps in directories, or right below them. Errors wrap
// [ErrFormat] where there is none.
func openAll(dirs []string) (all []*recording, closeAll func(), err error) {
	var roots []*os.Root
	closeAll = func() {
		for _, r := range all {
			r.close()
		}
		for _, r := range roots {
			_ = r.Close() // was only read
		}
	}
	for _, dir := range dirs {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return all, closeAll, err
		}
		roots = append(roots, root)
		found, err := openDir(root.FS(), dir)
		all = append(all, found...)
		if err != nil {
			return all, closeAll, err
		}
	}

	return all, closeAll, nil
}

func openDir(fsys fs.FS, name string) ([]*recording, error) {
	indexes, err := fs.Glob(fsys, "*/"+indexFile)
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(fsys, indexFile); err == nil {
		indexes = append(indexes, indexFile)
	}
	if len(indexes) == 0 {
		return nil, fmt.Errorf("%s: %w: neither the directory nor one in it has an %s", name, ErrFormat, indexFile)
	}
	sort.Strings(indexes)
	var all []*recording
	for _, i := range indexes {
		sub, err := fs.Sub(fsys, path.Dir(i))
		if err != nil {
			return all, err
		}
		full := filepath.Join(name, filepath.FromSlash(path.Dir(i)))
		r, err := openRecording(sub, full)
		if err != nil {
			return all, fmt.Errorf("%s: %w", full, err)
		}
		all = append(all, r)
	}

	return all, nil
}

func openRecording(fsys fs.FS, name string) (*recording, error) {
	in, err := fsys.Open(indexFile)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	r := &recording{name: name, fsys: fsys, files: map[string]fs.File{}}
	if r.index, err = readIndex(in); err != nil {
		return nil, err
	}

	return r, nil
}

func (r *recording) close() {
	for _, f := range r.files {
		_ = f.Close() // was only read
	}
}

var errSeek = errors.New("cannot be read at random")

// open returns a file of the dump and its size.
func (r *recording) open(name string) (io.ReaderAt, int64, error) {
	f := r.files[name]
	if f == nil {
		var err error
		if f, err = r.fsys.Open(name); err != nil {
			return nil, 0, err
		}
		r.files[name] = f
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	at, ok := f.(io.ReaderAt)
	if !ok || !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s: %w", name, errSeek)
	}

	return at, info.Size(), nil
}

// readPackets finds the packets, which count from begins.
func (r *recording) readPackets(begins map[uint32]uint16) error {
	file, size, err := r.open(packetsFile)
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	if r.packets, err = readPackets(file, size, begins); err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}

	return nil
}

// codec is what the frames of a track are coded in.
func (r *recording) codec(number int) media.Codec {
	if t := r.track(number); t != nil {
		return media.Codec(t.Codec)
	}

	return ""
}

// maxFrameBytes bounds a frame that is read back.
const maxFrameBytes = 64 << 20

// errShort: the file ends before the frame does.
var errShort = errors.New("the file is too short for the frame")

// units reads a frame's units. They are none where the file could not take it.
func (r *recording) units(f *frame) ([][]byte, error) {
	if len(f.Units) == 0 {
		return nil, nil
	}
	t := r.track(f.Track)
	if t == nil {
		return nil, fmt.Errorf("%w: track %d has no file", ErrFormat, f.Track)
	}
	file, size, err := r.open(t.File)
	if err != nil {
		return nil, err
	}
	units, total := make([][]byte, 0, len(f.Units)), int64(0)
	for _, u := range f.Units {
		at, n := u[0], u[1]
		if at < 0 || n < 0 || at > size || n > size-at {
			return nil, fmt.Errorf("%s: %w", t.File, errShort)
		}
		if total += n; total > maxFrameBytes {
			return nil, fmt.Errorf("%w: a frame of more than %d bytes", ErrFormat, maxFrameBytes)
		}
		b := make([]byte, n)
		if _, err := file.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		units = append(units, b)
	}

	return units, nil
}

// sum is the SHA-256 of a frame's payload.
func sum(units [][]byte) string {
	h := sha256.New()
	for _, u := range units {
		_, _ = h.Write(u) // never fails
	}

	return hex.EncodeToString(h.Sum(nil))
}

// sameSum compares a sum with that of an index.
func sameSum(a, b string) bool { return strings.EqualFold(a, b) }
