// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report

import (
	"fmt"
	"regexp"
	"unicode/utf8"
)

// cell is a cell of a table.
type cell struct {
	Text   string
	Number bool
	// Long tells that it is a sentence, which is not to stand in a column a word wide.
	Long bool
}

// longText is how many letters make a sentence.
const longText = 60

// number is a quantity with or without its spread or interval, unit, asterisk and share,
// or the sign that there is none.
var number = regexp.MustCompile(`^(?:[-–—]|n/a|[-+−<>≈~]?\s?` + digits +
	`(?:\s?(?:±|\.\.|…|–|to)\s?[-+−]?` + digits + `|\s?\[[-+−]?` + digits + `,\s?[-+−]?` + digits + `\])?` +
	`\s?(?:%|s|ms|µs|min|h|×|[kMG]?B|[kMG]?bps|/s|/min)?\*?(?:\s\(` + digits + `\s?%\))?)$`)

const digits = `\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?`

func isNumber(text string) bool { return number.MatchString(text) }

// pad writes n with leading zeros.
func pad(n int64, width int) string { return fmt.Sprintf("%0*d", width, n) }

func newCell(text string) cell {
	return cell{Text: text, Number: isNumber(text), Long: utf8.RuneCountInString(text) >= longText}
}

// heads are the table's column heads, set to the right where all below are numbers.
func (t Table) heads() []cell {
	out := make([]cell, len(t.Head))
	for i, text := range t.Head {
		numbers, texts := 0, 0
		for _, row := range t.Rows {
			switch {
			case i >= len(row) || row[i] == "":
			case isNumber(row[i]):
				numbers++
			default:
				texts++
			}
		}
		out[i] = cell{Text: text, Number: numbers > 0 && texts == 0}
	}

	return out
}
