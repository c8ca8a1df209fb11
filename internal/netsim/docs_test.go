// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const docs = "../../docs/sim.md"

func TestTheExampleInTheDocsRuns(t *testing.T) {
	text, err := os.ReadFile(docs)
	require.NoError(t, err)
	example := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(text)
	require.NotNil(t, example)
	s, err := Load(strings.NewReader(string(example[1])), nil)
	require.NoError(t, err)
	r := play(t, s, 1, "default", "gcc")
	require.Len(t, r.Flows, 2)
	require.Positive(t, r.TCP)
}

func TestTheDocsListTheLibrary(t *testing.T) {
	text, err := os.ReadFile(docs)
	require.NoError(t, err)
	for _, s := range Library() {
		require.Regexp(t, "(?m)^"+regexp.QuoteMeta(s.Name)+" +"+regexp.QuoteMeta(s.About)+"$", string(text))
	}
	for name := range Unsupported {
		require.Regexp(t, "(?m)^"+regexp.QuoteMeta(name)+" +not supported", string(text))
	}
	for _, j := range []JitterKind{JitterGaussian, JitterUniform, JitterOU, JitterSine, JitterSawtooth, JitterStall, JitterBatch} {
		require.Contains(t, string(text), "`"+string(j)+"`")
	}
}
