// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProgressShowsTheTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		columns := 40
		p := newProgress(Streams{Err: &out, Width: func() int { return columns }})
		p.show(0, "", "first")
		require.Equal(t, clearLine+"  0 %  first", out.String())
		out.Reset()
		time.Sleep(redrawEvery / 2)
		p.show(0.1, "too early")
		require.Empty(t, out.String())
		time.Sleep(30*time.Second - redrawEvery/2)
		p.show(0.25, "a", "b")
		require.Equal(t, clearLine+" 25 %  1:30 left  a  b", out.String())
		out.Reset()
		columns = 10
		time.Sleep(redrawEvery)
		p.show(0.5, "a part that does not fit")
		require.Equal(t, clearLine+" 50 %  0:", out.String())
		out.Reset()
		p.show(1)
		require.Contains(t, out.String(), "100 %", "the last one is always drawn")
		out.Reset()
		p.end()
		require.Equal(t, clearLine, out.String())
	})
}

func TestProgressIsForTerminals(t *testing.T) {
	var out bytes.Buffer
	for _, s := range []Streams{{Err: &out}, {Err: &out, Width: func() int { return 0 }}} {
		p := newProgress(s)
		p.show(0.5, "half")
		p.end()
	}
	require.Empty(t, out.String())
}
