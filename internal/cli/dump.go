// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"github.com/rtmcc/rtmcc/internal/dump"
	"github.com/rtmcc/rtmcc/internal/ingest"
)

// newDump returns what makes the dumps of a receiver's sessions, nil where dir is
// empty.
func newDump(dir string, warn func(string)) func() (ingest.Dump, error) {
	if dir == "" {
		return nil
	}

	return func() (ingest.Dump, error) {
		d, err := dump.NewIngest(dir, toolName(), warn)
		if err != nil {
			return nil, err
		}

		return d, nil
	}
}

func (p *push) warnOfDump(text string) { p.screen.message("warning: %s", text) }

// toolName is what files are marked with.
func toolName() string { return "rtmcc " + Version() }
