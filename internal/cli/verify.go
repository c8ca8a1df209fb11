// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/rtmcc/rtmcc/internal/dump"
)

// errStagesDiffer is what Verify ends with where stages differ.
var errStagesDiffer = errors.New("the dumps differ")

// Verify compares the dumps in directories and prints what differs.
func Verify(dirs []string, asJSON bool, s Streams) error {
	r, err := dump.Verify(dirs...)
	if err != nil {
		return err
	}
	if asJSON {
		err = json.NewEncoder(s.Out).Encode(r)
	} else {
		err = printVerify(s, r)
	}
	switch {
	case err != nil:
		return err
	case r.Differences > 0:
		return fmt.Errorf("%w in %d frames", errStagesDiffer, r.Differences)
	case r.Compared == 0:
		return errors.New("no frame could be compared")
	default:
		return nil
	}
}

// shownDifferences bounds the differences that are printed after the first.
const shownDifferences = 9

func printVerify(s Streams, r *dump.Report) error {
	for _, n := range r.Notes {
		Say(s.Err, "%s\n", n)
	}
	var b strings.Builder
	for i := range r.Tracks {
		fmt.Fprintf(&b, "%s\n", r.Tracks[i].Summary())
	}
	if r.First != nil {
		fmt.Fprintf(&b, "first difference: %s\n", r.First)
		for i := 1; i < min(len(r.List), 1+shownDifferences); i++ {
			fmt.Fprintf(&b, "  then %s\n", &r.List[i])
		}
	} else if r.Compared > 0 {
		fmt.Fprintf(&b, "equal: %d frames\n", r.Compared)
	}
	_, err := s.Out.Write([]byte(b.String()))

	return err
}
