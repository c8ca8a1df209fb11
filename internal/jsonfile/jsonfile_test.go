// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package jsonfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type knobs struct {
	A int `json:"a"`
	B int `json:"b"`
}

func TestLoad(t *testing.T) {
	for text, want := range map[string]string{
		`{"b": 5}`:                            "",
		" {} \n":                              "",
		`{"c": 5}`:                            `unknown field "c"`,
		`{"b": 5} {}`:                         errTrailing.Error(),
		`{"b": `:                              errCut.Error(),
		"{\n\"b\": \"5\"}":                    "line 2: json: cannot unmarshal",
		"{\n\n\"b\": 5,}":                     "line 3: invalid character",
		"":                                    errEmpty.Error(),
		" \n":                                 errEmpty.Error(),
		strings.Repeat(" ", maxSize-2) + "{}": "",
		strings.Repeat(" ", maxSize-1) + "{}": errLarge.Error(),
		"{\"b\": 5}\n\tx":                     errTrailing.Error(),
	} {
		path := filepath.Join(t.TempDir(), "knobs.json")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		k := knobs{A: 1, B: 2}
		err := Load(path, &k)
		require.Equal(t, 1, k.A, "a default that the file does not name")
		if want == "" {
			require.NoError(t, err)

			continue
		}
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, path)
	}
}

func TestNoFile(t *testing.T) {
	k := knobs{B: 2}
	require.NoError(t, Load("", &k))
	require.Equal(t, knobs{B: 2}, k)
	require.ErrorIs(t, Load(filepath.Join(t.TempDir(), "missing"), &k), os.ErrNotExist)
}
