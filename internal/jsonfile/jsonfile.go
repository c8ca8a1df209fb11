// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package jsonfile reads configuration files.
package jsonfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxSize bounds a configuration file, in bytes.
const maxSize = 1 << 20

var (
	errTrailing = errors.New("more than one JSON value")
	errEmpty    = errors.New("nothing is in it, write {} for the defaults")
	errCut      = errors.New("it ends in the midst of a JSON value")
	errLarge    = errors.New("it is over 1 MiB, which no configuration is")
)

// Load reads a JSON file into v, which holds the defaults; an empty path leaves them.
// Unknown names are refused, for they are misspelt.
func Load(path string, v any) error {
	if path == "" {
		return nil
	}
	text, err := read(path)
	if err != nil {
		return fmt.Errorf("cannot read the configuration: %w", err)
	}
	if len(text) > maxSize {
		return fmt.Errorf("%s: %w", path, errLarge)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%s: %w", path, explain(text, err))
	}
	if len(bytes.TrimSpace(text[d.InputOffset():])) > 0 {
		return fmt.Errorf("%s: %w", path, errTrailing)
	}

	return nil
}

// read returns the content of a file, of which one byte too many tells that it is too large.
func read(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))

	return text, errors.Join(err, f.Close())
}

// explain says where in the text a mistake is.
func explain(text []byte, err error) error {
	line := func(offset int64) int { return 1 + bytes.Count(text[:min(offset, int64(len(text)))], []byte{'\n'}) }
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return errEmpty
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errCut
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %w", line(syntax.Offset), err)
	case errors.As(err, &kind):
		return fmt.Errorf("line %d: %w", line(kind.Offset), err)
	default:
		return err
	}
}
