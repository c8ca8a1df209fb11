// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Jitter passes for others' packets now and then; that must not cost a path of our own
// for minutes.
func TestMildJitterIsNotYieldedToForLong(t *testing.T) {
	scenarios, err := Select("jitter-ou-mild")
	require.NoError(t, err)
	s := scenarios[0]
	s.Duration = Duration(4 * time.Minute)
	for seed := range uint64(4) {
		r, err := Run(context.Background(), &s, Options{Flows: []Choice{fixed(t, "default")}, Seed: seed + 1})
		require.NoError(t, err)
		require.Greater(t, r.Utilisation, 0.9, "seed %d", seed+1)
	}
}
