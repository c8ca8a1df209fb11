// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// gate is a writer that waits for its opening, and may fail then.
type gate struct {
	opened chan struct{}
	rows   int
	err    error
}

func (g *gate) Write(b []byte) (int, error) {
	<-g.opened
	for _, c := range b {
		if c == '\n' {
			g.rows++
		}
	}

	return len(b), g.err
}

func TestLogNeverWaitsForItsWriter(t *testing.T) {
	g := &gate{opened: make(chan struct{})}
	l := newPacketLog(g)
	const rows = 100_000
	for range rows {
		l.row(&packet{size: 1200, entered: math.MaxInt64}, outcomeUnfinished, math.MaxInt64, math.MaxInt64, math.MaxInt64)
	}
	require.Positive(t, l.rowsLost())
	require.Less(t, l.rowsLost(), uint64(rows))
	close(g.opened)
	require.NoError(t, l.close())
	require.Equal(t, 1+rows-int(l.rowsLost()), g.rows)
}

func TestLogReportsItsWritersError(t *testing.T) {
	full := errors.New("disk full")
	g := &gate{opened: make(chan struct{}), err: full}
	close(g.opened)
	l := newPacketLog(g)
	for range 10_000 {
		l.row(&packet{}, outcomeLoss, 0, 1, 0)
	}
	require.ErrorIs(t, l.close(), full)
}

func TestMilliseconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                         "0.000",
		999:                       "0.000",
		1000:                      "0.001",
		12_345_678:                "12.345",
		time.Hour:                 "3600000.000",
		1009*time.Millisecond - 1: "1008.999",
	} {
		require.Equal(t, want, string(appendMillis(nil, d)))
	}
}
