// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rtmcc/rtmcc/internal/trace/formats"
)

// Reason says why something in a folder was passed over.
type Reason string

// The reasons.
const (
	// UnknownFormat: a file that is no recording.
	UnknownFormat Reason = "unknown_format"
	// FolderLink: a link to a folder, which may lead in circles.
	FolderLink Reason = "link_to_folder"
	// NoFile: a socket, a pipe or a device.
	NoFile Reason = "no_file"
)

// File is what [Walk] comes across.
type File struct {
	// Path begins with what the caller named.
	Path string
	// Size is in bytes.
	Size     int64
	Modified time.Time
	// Named tells that the caller named the file itself and not its folder.
	Named bool
	// Stream tells that it is a named pipe or the like, which gives its content but once;
	// Stdin, that it is the standard input, which is such a one.
	Stream, Stdin bool
	// Skip says why the file is to be passed over, empty where it is not.
	Skip Reason
	// Err says why the file, or the folder, cannot be read.
	Err error
}

// Walk visits files and all that is in folders, in the order in which they are named and
// within a folder by name. [formats.Stdin] names the standard input. Links to files are followed; links to folders only where they
// are named themselves. It ends with the first error of visit, or with that of the
// context.
func Walk(ctx context.Context, paths []string, visit func(File) error) error {
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		if path == formats.Stdin {
			if err := visit(File{Path: path, Named: true, Stream: true, Stdin: true}); err != nil {
				return err
			}

			continue
		}
		path = filepath.Clean(path)
		info, err := os.Stat(path)
		switch {
		case err != nil:
			err = visit(File{Path: path, Named: true, Err: err})
		case info.IsDir():
			err = walkFolder(ctx, path, visit)
		default:
			err = visit(File{Path: path, Named: true, Stream: !info.Mode().IsRegular(), Size: info.Size(), Modified: info.ModTime()})
		}
		if err != nil {
			return err
		}
	}

	return nil
}

func walkFolder(ctx context.Context, folder string, visit func(File) error) error {
	// The separator makes a link into the folder that it leads to.
	return filepath.WalkDir(folder+string(filepath.Separator), func(path string, entry fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		path = filepath.Clean(path)
		if err != nil {
			return visit(File{Path: path, Err: err})
		}
		if entry.IsDir() {
			return nil
		}

		return visit(found(path))
	})
}

// found describes what is in a folder.
func found(path string) File {
	info, err := os.Stat(path)
	f := File{Path: path, Err: err}
	switch {
	case err != nil:
	case info.IsDir():
		f.Skip = FolderLink
	case !info.Mode().IsRegular():
		f.Skip = NoFile
	default:
		f.Size, f.Modified = info.Size(), info.ModTime()
	}

	return f
}

// walkExcept is [Walk] without the files of folders that except names.
func walkExcept(ctx context.Context, paths, except []string, visit func(File) error) error {
	hidden := map[string]bool{}
	for _, path := range except {
		hidden[absolute(path)] = true
	}
	if len(hidden) == 0 {
		return Walk(ctx, paths, visit)
	}

	return Walk(ctx, paths, func(f File) error {
		if !f.Named && hidden[absolute(f.Path)] {
			return nil
		}

		return visit(f)
	})
}

// absolute tells paths to one file alike, as far as that needs no look at the disk.
func absolute(path string) string {
	if out, err := filepath.Abs(path); err == nil {
		return out
	}

	return filepath.Clean(path)
}

// Count returns how many files [Walk] would come across, but for those of folders that
// except names, that are not passed over, and their bytes.
func Count(ctx context.Context, paths, except []string) (files, bytes int64, err error) {
	err = walkExcept(ctx, paths, except, func(f File) error {
		if f.Skip == "" {
			files++
			bytes += f.Size
		}

		return nil
	})

	return files, bytes, err
}
