// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// output is a file that a flag names, empty for none.
type output struct {
	flag, path string
	// endings are what its name may end in.
	endings []string
}

// The endings of what is written.
var (
	pageEndings    = []string{".html", ".htm"}
	figureEndings  = []string{".svg", ".png"}
	tableEndings   = []string{".csv"}
	rowsEndings    = []string{".jsonl", ".ndjson", ".json"}
	parquetEndings = []string{".parquet"}
)

// checkOutputs refuses, before any work is done, names that promise something else than
// what would be written, and folders. Pipes and devices may have any name.
func checkOutputs(all ...output) error {
	for _, o := range all {
		if o.path == "" {
			continue
		}
		switch info, err := os.Stat(o.path); {
		case err == nil && info.IsDir():
			return fmt.Errorf("%w: %s %s is a folder: name a file in it", ErrUsage, o.flag, o.path)
		case err == nil && !info.Mode().IsRegular():
		case !slices.Contains(o.endings, strings.ToLower(filepath.Ext(o.path))):
			return fmt.Errorf("%w: %s %s: give a name that ends in %s", ErrUsage, o.flag, o.path, strings.Join(o.endings, " or "))
		}
	}

	return nil
}

// makeFolder makes the folders above a file, whose path may be empty for none.
func makeFolder(path string) error {
	if path == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // as other folders are
		return fmt.Errorf("cannot write %s: %w", path, err)
	}

	return nil
}
