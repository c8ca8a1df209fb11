// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"encoding/json"
	"fmt"

	"github.com/rtmcc/rtmcc/internal/trace"
)

// Replay runs the trace in file through the estimator and the controller and prints
// what came of it. The error wraps [ErrDiffers] where a decision differs.
func Replay(file string, asJSON bool, s Streams) error {
	r, closer, err := trace.Open(file)
	if err != nil {
		return err
	}
	result, err := trace.Replay(r, nil)
	_ = closer.Close() // was only read
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if asJSON {
		err = json.NewEncoder(s.Out).Encode(struct {
			Identical bool `json:"identical"`
			trace.Result
		}{result.Identical(), result})
	} else {
		err = printReplay(s, file, &result)
	}
	if err == nil && !result.Identical() {
		return fmt.Errorf("%s: %w in %d of %d decisions", file, ErrDiffers, result.Differences, result.Decisions)
	}

	return err
}

func printReplay(s Streams, file string, r *trace.Result) error {
	if r.Truncated {
		Say(s.Err, "%s was cut off; what is there was replayed\n", file)
	}
	if r.Inputs == 0 {
		Say(s.Err, "%s holds no inputs\n", file)
	}
	if r.Identical() {
		_, err := fmt.Fprintf(s.Out, "identical: %d inputs in %d connections give the same %d decisions\n", r.Inputs, r.Loops, r.Decisions)

		return err
	}
	_, err := fmt.Fprintf(s.Out, "different: line %d of %s\n  recorded   %s\n  recomputed %s\n",
		r.First.Line, file, orNothing(r.First.Recorded), orNothing(r.First.Recomputed))

	return err
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}

	return text
}
