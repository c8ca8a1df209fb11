// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/lab/session"
)

func TestBoundsAreValidated(t *testing.T) {
	valid := session.Default()
	require.NoError(t, valid.Validate())
	for name, c := range map[string]struct{ good, bad func(*session.Config) }{
		"min_duration_ns": {
			func(c *session.Config) { c.MinDuration = 5 * time.Second },
			func(c *session.Config) { c.MinDuration = 5*time.Second - 1 },
		},
		"swing.depth": {
			func(c *session.Config) { c.Swing.Depth = 0.9 },
			func(c *session.Config) { c.Swing.Depth = 0.91 },
		},
		"swing.recovery": {
			func(c *session.Config) { c.Swing.Recovery = 0.1 },
			func(c *session.Config) { c.Swing.Recovery = 0.09 },
		},
		"swing.cycles": {
			func(c *session.Config) { c.Swing.Cycles = 3 },
			func(c *session.Config) { c.Swing.Cycles = 2 },
		},
		"swing.irregularity": {
			func(c *session.Config) { c.Swing.Irregularity = 3 },
			func(c *session.Config) { c.Swing.Irregularity = 3.1 },
		},
		"cap.ratio": {
			func(c *session.Config) { c.Cap.Ratio = 1.05 },
			func(c *session.Config) { c.Cap.Ratio = 1.04 },
		},
		"cap.min_ceiling_bps": {
			func(c *session.Config) { c.Cap.MinCeiling = 1000 },
			func(c *session.Config) { c.Cap.MinCeiling = 999 },
		},
		"path.silent_share": {
			func(c *session.Config) { c.Path.SilentShare = 0 },
			func(c *session.Config) { c.Path.SilentShare = -0.01 },
		},
		"path.jittery_ns": {
			func(c *session.Config) { c.Path.Jittery = time.Second },
			func(c *session.Config) { c.Path.Jittery = time.Second + 1 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := session.Default()
			c.good(&cfg)
			require.NoError(t, cfg.Validate())
			c.bad(&cfg)
			err := cfg.Validate()
			require.ErrorIs(t, err, session.ErrConfig)
			require.ErrorContains(t, err, name)
		})
	}
}

func TestConfigurationSurvivesJSON(t *testing.T) {
	text, err := json.Marshal(session.Default())
	require.NoError(t, err)
	var back session.Config
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, session.Default(), back)
}
