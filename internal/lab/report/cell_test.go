// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNumbersAreToldFromTexts(t *testing.T) {
	for _, text := range []string{"1", "-2.5", "−3", "1,234", "12 %", "12%", "1.20 Mbps", "950 kbps", "3.1 ± 0.2 ms", "–", "—", "n/a", "< 1 %", "1e-3", "10–20 ms", "4 /min", "1.5 to 2 s", "+28.0 [20.9, 35.0]*", "-0.3 [-4.4, 3.7] ms", "38 (38.0 %)", "0 (0 %)"} {
		require.True(t, isNumber(text), text)
	}
	for _, text := range []string{"", "gcc", "1 of 3", "default+rc", "v2", "12:30", "2 sessions", "10.0.0.x", "1 [2]", "3*4", "1 (of 2)", "1 (2)"} {
		require.False(t, isNumber(text), text)
	}
}

func TestSentencesAreLong(t *testing.T) {
	require.False(t, newCell(strings.Repeat("ü", longText-1)).Long)
	require.True(t, newCell(strings.Repeat("ü", longText)).Long)
	require.False(t, newCell("12.5 ±0.3").Long)
}

func TestHeadsOfNumbersAreSetToTheRight(t *testing.T) {
	table := Table{Head: []string{"name", "value", "mixed", "beyond the rows"}, Rows: [][]string{{"a", "1", "2"}, {"b", "", "two"}, {"c"}}}
	require.Equal(t, []cell{{Text: "name"}, {Text: "value", Number: true}, {Text: "mixed"}, {Text: "beyond the rows"}}, table.heads())
	require.Equal(t, []cell{{Text: "name"}}, Table{Head: []string{"name"}}.heads())
}
