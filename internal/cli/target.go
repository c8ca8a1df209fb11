// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"

	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/testdata"
)

// scheme is how a URL begins, RFC 3986 section 3.1.
var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// FileAndURL tells a file from a URL among up to two arguments, in either order.
func FileAndURL(arguments ...string) (file, url string, err error) {
	for _, a := range arguments {
		slot, kind := &file, "files"
		if scheme.MatchString(a) {
			slot, kind = &url, "URLs"
		}
		switch {
		case a == "":
		case *slot != "":
			return "", "", fmt.Errorf("%w: two %s, %s and %s: give one FILE and one URL (http:// or https://)", ErrUsage, kind, *slot, a)
		default:
			*slot = a
		}
	}

	return file, url, nil
}

// openSource returns how to open file, or the bundled clip where it is empty. AAC stays
// as it is until a server has told what it takes.
func openSource(file string, warn func(error)) func(context.Context) (media.Source, error) {
	return func(ctx context.Context) (media.Source, error) {
		if file == "" {
			return media.OpenReader(ctx, bytes.NewReader(testdata.Clip), testdata.ClipName, media.WithWarnings(warn))
		}

		return media.Open(ctx, file, media.WithOpusAudio(), media.WithAACAudio(), media.WithWarnings(warn))
	}
}

// readableTwice tells whether file can be opened once to measure it and again to
// push it.
func readableTwice(file string) bool {
	if file == "" {
		return true
	}
	info, err := os.Stat(file)

	return err != nil || info.Mode().IsRegular()
}
