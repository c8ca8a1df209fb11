// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compare

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheDocumentationHasTheRules(t *testing.T) {
	text, err := os.ReadFile("../../../docs/compare.md")
	require.NoError(t, err)
	example := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(text)
	require.NotNil(t, example)
	decoder := json.NewDecoder(bytes.NewReader(example[1]))
	decoder.DisallowUnknownFields()
	var c Config
	require.NoError(t, decoder.Decode(&c))
	require.Equal(t, Default(), c)
	for _, o := range outcomes {
		require.Contains(t, string(text), "`"+string(o)+"`")
	}
}
