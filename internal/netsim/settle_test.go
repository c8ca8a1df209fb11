// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// A path that carries half of what it did is one fall of the target, not one each time
// that the buffer has been drained.
func TestTargetSettlesOnALastingFall(t *testing.T) {
	scenarios, err := Select("drop-half")
	require.NoError(t, err)
	falls := func(change func(*ratecontrol.Config)) float64 {
		rc := ratecontrol.Default()
		change(&rc)
		choice := EstimatorChoice("settling", bwe.Default(), &rc)
		r, err := Run(context.Background(), &scenarios[0], Options{Flows: []Choice{choice}, Seed: 1})
		require.NoError(t, err)

		return r.Falls
	}
	require.Less(t, falls(func(*ratecontrol.Config) {}), 20.0)
	require.Less(t, falls(func(c *ratecontrol.Config) { c.Smoothing.SettleAfter = 0 }), 5.0)
	require.Greater(t, falls(func(c *ratecontrol.Config) { c.Smoothing.Settle = c.Smoothing.Horizon }), 40.0,
		"by the short horizon it uses the buffer again and again")
}
