// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package formats opens recordings of every format that is known, which it tells by
// their content.
package formats

import (
	"github.com/rtmcc/rtmcc/internal/trace"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// Open opens the recording at path. The caller closes it.
func Open(path string) (recording.Source, error) {
	r, closer, err := trace.Open(path)
	if err != nil {
		return nil, err
	}

	return trace.NewSource(r, closer), nil
}
