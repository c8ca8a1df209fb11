// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/netsim"
)

func TestTheDocsDescribeWhatComesOut(t *testing.T) {
	file, err := os.ReadFile("../../docs/link.md")
	require.NoError(t, err)
	text := string(file)
	require.Contains(t, text, logHeader)
	for _, name := range []outcome{outcomeDelivered, outcomeRefused, outcomeQueue, outcomeLoss, outcomeOutage, outcomeUnfinished} {
		require.Contains(t, text, "`"+string(name)+"`")
	}
	for _, v := range []any{Summary{}, RelaySummary{}, TunnelSummary{}} {
		encoded, err := json.Marshal(v)
		require.NoError(t, err)
		for _, name := range regexp.MustCompile(`"(\w+)":`).FindAllStringSubmatch(string(encoded), -1) {
			require.Contains(t, text, "`"+name[1]+"`")
		}
	}
	inline := regexp.MustCompile(`link '(\{.*\})'`).FindStringSubmatch(text)
	require.NotNil(t, inline)
	_, err = netsim.Load(strings.NewReader(inline[1]), nil)
	require.NoError(t, err)
}
