// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestScenariosHaveNamesOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))

		return path
	}
	const trace = "0,1000000\n4000,3000000\n"
	a, b := put("a/up.csv", trace), put("b/up.csv", trace)
	mine := put("mine.json", `{"name":"steady-2m","duration":"5s","forward":[{"capacity":{"constant":"1Mbps"}}]}`)
	found, err := Scenarios([]string{"steady-2m"}, []string{mine}, []string{a, b})
	require.NoError(t, err)
	var names []string
	for i := range found {
		names = append(names, found[i].Name)
	}
	require.Equal(t, []string{"steady-2m", "steady-2m-2", "trace-up", "trace-up-2"}, names)

	link := filepath.Join(dir, "link.csv")
	require.NoError(t, os.Symlink(a, link))
	for _, twice := range [][]string{{a, a}, {b, a, dir + "/./a/up.csv"}, {a, link}} {
		_, err = Scenarios(nil, nil, twice)
		require.ErrorIs(t, err, ErrUsage)
		require.ErrorContains(t, err, "are the same file")
	}
	_, err = Scenarios(nil, []string{mine, mine}, nil)
	require.ErrorContains(t, err, "--scenario-file")
	_, err = Scenarios(nil, nil, []string{a, filepath.Join(dir, "none.csv")})
	require.ErrorIs(t, err, os.ErrNotExist)
}
