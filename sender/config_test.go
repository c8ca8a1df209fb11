// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

func TestDefaultIsValid(t *testing.T) {
	cfg := Default()
	require.NoError(t, cfg.Validate())
}

func TestConfigRanges(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"queue time":      func(c *Config) { c.Pacer.MaxQueueTime = 0 },
		"queue bytes":     func(c *Config) { c.Pacer.MaxQueueBytes = minQueueBytes - 1 },
		"burst":           func(c *Config) { c.Pacer.Burst = c.Pacer.WakeInterval - 1 },
		"wake":            func(c *Config) { c.Pacer.WakeInterval = -1 },
		"probe timeout":   func(c *Config) { c.Pacer.ProbeTimeout = 0 },
		"window timeout":  func(c *Config) { c.Pacer.WindowTimeout = 0 },
		"report":          func(c *Config) { c.Pacer.ReportInterval = 0 },
		"idle":            func(c *Config) { c.Pacer.IdleTimeout = 0 },
		"age":             func(c *Config) { c.Retransmission.MaxAge = 0 },
		"bytes":           func(c *Config) { c.Retransmission.MaxBytes = 0 },
		"budget below":    func(c *Config) { c.Retransmission.Budget = -0.01 },
		"budget above":    func(c *Config) { c.Retransmission.Budget = 1.01 },
		"budget nan":      func(c *Config) { c.Retransmission.Budget = math.NaN() },
		"budget window":   func(c *Config) { c.Retransmission.BudgetWindow = 0 },
		"rtt":             func(c *Config) { c.Retransmission.InitialRTT = 0 },
		"interval":        func(c *Config) { c.Retransmission.MinInterval = -1 },
		"timeout":         func(c *Config) { c.Feedback.Timeout = 0 },
		"history":         func(c *Config) { c.Feedback.HistoryTime = 0 },
		"step":            func(c *Config) { c.Feedback.MaxClockStep = 0 },
		"sender reports":  func(c *Config) { c.Feedback.ReportInterval = -time.Second },
		"everything zero": func(c *Config) { c.Pacer, c.Feedback = PacerConfig{}, FeedbackConfig{} },
	} {
		cfg := Default()
		change(&cfg)
		require.ErrorIs(t, cfg.Validate(), ErrConfig, name)
		_, err := NewFactory(WithConfig(cfg))
		require.ErrorIs(t, err, ErrConfig, name)
		_, err = NewBandwidthEstimator(WithConfig(cfg))
		require.ErrorIs(t, err, ErrConfig, name)
	}
	for _, change := range []func(*Config){
		func(c *Config) { c.Pacer.MaxQueueBytes = minQueueBytes },
		func(c *Config) { c.Pacer.WakeInterval = 0 },
		func(c *Config) { c.Retransmission.Budget = 0 },
		func(c *Config) { c.Retransmission.Budget = 1 },
		func(c *Config) { c.Feedback.ReportInterval = 0 },
	} {
		cfg := Default()
		change(&cfg)
		require.NoError(t, cfg.Validate())
	}
	bad := Default()
	bad.BWE.StartBitrate = 0
	require.ErrorIs(t, bad.Validate(), bwe.ErrConfig)
	bad = Default()
	bad.RateControl.MaxBitrate = 0
	require.ErrorIs(t, bad.Validate(), ratecontrol.ErrConfig)
}

func TestConfigSurvivesJSON(t *testing.T) {
	want := Default()
	b, err := json.Marshal(want)
	require.NoError(t, err)
	var got Config
	require.NoError(t, json.Unmarshal(b, &got))
	require.Equal(t, want, got)
}
