// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package timeline

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestColumnHoldsItsLastValue(t *testing.T) {
	var c column
	require.Nil(t, c.finish(3), "nothing was set")
	c.set(1, 5)
	c.set(1, 6)
	c.set(3, 7)
	c.set(2, 8)
	got := c.finish(5)
	require.True(t, math.IsNaN(got[0]))
	require.Equal(t, Signal{6, 8, 7, 7}, got[1:])
	require.True(t, math.IsNaN(got.At(-1)) && math.IsNaN(got.At(5)))
}
