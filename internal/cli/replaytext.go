// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/rtmcc/rtmcc/internal/lab/replay"
)

func (r *replayer) print(out *replayed) error {
	var b strings.Builder
	if r.several {
		fmt.Fprintf(&b, "%s\n", out.File)
	}
	// Of a trace that comes out otherwise, that is the first thing to know.
	if v := out.verification; v != nil && !v.Identical {
		r.printVerification(&b, out)
	}
	if out.Replay != nil {
		for _, sentence := range out.Replay.Findings() {
			fmt.Fprintf(&b, "%s\n", sentence)
		}
	}
	if v := out.verification; v != nil && v.Identical {
		r.printVerification(&b, out)
	}
	if result := out.Replay; result != nil {
		if d := result.Damage; d.Any() {
			Say(r.streams.Err, "%s\n", damage(out.File, &d))
		}
		for _, words := range result.Words() {
			fmt.Fprintf(&b, "%s\n", words)
		}
		table(&b, replay.TableHead, result.Rows())
		if len(result.Disagreements) > 0 {
			fmt.Fprintf(&b, "disagreements, the most important first:\n")
		}
		for i := range result.Disagreements {
			fmt.Fprintf(&b, "  %v\n", &result.Disagreements[i])
		}
	}
	if r.several {
		b.WriteByte('\n')
	}
	_, err := io.WriteString(r.streams.Out, b.String())

	return err
}

func (r *replayer) printVerification(b *strings.Builder, out *replayed) {
	file, v := out.File, out.verification
	if v.Truncated && (out.Replay == nil || !out.Replay.Damage.Truncated) {
		Say(r.streams.Err, "%s was cut off; what is there was replayed\n", file)
	}
	if v.Inputs == 0 {
		Say(r.streams.Err, "%s holds no inputs\n", file)
	}
	if v.Identical {
		connections := "1 connection"
		if v.Loops != 1 {
			connections = fmt.Sprintf("%d connections", v.Loops)
		}
		fmt.Fprintf(b, "identical: %d inputs in %s give the same %d decisions\n", v.Inputs, connections, v.Decisions)

		return
	}
	fmt.Fprintf(b, "different: line %d of %s\n  recorded   %s\n  recomputed %s\n",
		v.First.Line, file, orNothing(v.First.Recorded), orNothing(v.First.Recomputed))
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}

	return text
}

// summaryHead names the columns of the table below several files.
var summaryHead = append([]string{"file"}, replay.TableHead...)

// printSummary prints the rows of all files in one table.
func (r *replayer) printSummary() error {
	var rows [][]string
	for _, out := range r.done {
		if out.Replay == nil {
			continue
		}
		for _, row := range out.Replay.Rows() {
			rows = append(rows, append([]string{out.File}, row...))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	var b strings.Builder
	table(&b, summaryHead, rows)
	_, err := io.WriteString(r.streams.Out, b.String())

	return err
}

// table prints columns of equal width.
func table(b *strings.Builder, head []string, rows [][]string) {
	out := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		_, _ = fmt.Fprintln(out, strings.Join(row, "\t")) // into memory
	}
	_ = out.Flush()
}
