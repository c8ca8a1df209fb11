// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender"
)

var oneMbps = rates{video: 900_000, audio: 100_000}

func TestStartBitrateComesFromTheFile(t *testing.T) {
	for name, tc := range map[string]struct {
		tuning                Tuning
		file                  rates
		start, least, highest bwe.Bitrate
	}{
		"unknown file":          {Tuning{}, rates{}, 300_000, 30_000, 20_000_000},
		"file":                  {Tuning{}, oneMbps, 1_500_000, 30_000, 20_000_000},
		"small file":            {Tuning{}, rates{audio: 64_000}, 300_000, 30_000, 20_000_000},
		"large file":            {Tuning{}, rates{video: 50_000_000}, 20_000_000, 30_000, 20_000_000},
		"given":                 {Tuning{Start: 500_000}, oneMbps, 500_000, 30_000, 20_000_000},
		"given, very low":       {Tuning{Start: 10_000}, oneMbps, 10_000, 10_000, 20_000_000},
		"given, very high":      {Tuning{Start: 50_000_000}, oneMbps, 50_000_000, 30_000, 50_000_000},
		"maximum below":         {Tuning{Max: 800_000}, oneMbps, 800_000, 30_000, 800_000},
		"maximum above":         {Tuning{Max: 8_000_000}, oneMbps, 1_500_000, 30_000, 8_000_000},
		"maximum very low":      {Tuning{Max: 20_000}, oneMbps, 20_000, 20_000, 20_000},
		"minimum above":         {Tuning{Min: 2_000_000}, oneMbps, 2_000_000, 2_000_000, 20_000_000},
		"minimum very high":     {Tuning{Min: 30_000_000}, oneMbps, 30_000_000, 30_000_000, 30_000_000},
		"all the same":          {Tuning{Min: 700_000, Start: 700_000, Max: 700_000}, oneMbps, 700_000, 700_000, 700_000},
		"baseline":              {Tuning{Preset: "gcc"}, oneMbps, 1_500_000, 30_000, 20_000_000},
		"minimum and its start": {Tuning{Min: 400_000, Start: 400_000}, oneMbps, 400_000, 400_000, 20_000_000},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := tc.tuning.senderConfig(tc.file)
			require.NoError(t, err)
			require.Equal(t, tc.start, cfg.BWE.StartBitrate)
			require.Equal(t, tc.least, cfg.BWE.MinBitrate)
			require.Equal(t, tc.highest, cfg.BWE.MaxBitrate)
			require.Equal(t, tc.least, cfg.RateControl.MinBitrate)
			require.Equal(t, tc.highest, cfg.RateControl.MaxBitrate)
			if tc.file != (rates{}) {
				require.Equal(t, tc.file.audio, cfg.RateControl.AudioBitrate)
			}
		})
	}
}

func TestBitratesThatDoNotFit(t *testing.T) {
	for want, tuning := range map[string]Tuning{
		"--min-bitrate 2.00 Mbps is above --max-bitrate 1.00 Mbps":   {Min: 2_000_000, Max: 1_000_000},
		"--start-bitrate 2.00 Mbps is above --max-bitrate 1.00 Mbps": {Start: 2_000_000, Max: 1_000_000},
		"--start-bitrate 50 kbps is below --min-bitrate 100 kbps":    {Start: 50_000, Min: 100_000},
		`unknown preset "bbr", want "default" or "gcc"`:              {Preset: "bbr"},
	} {
		_, err := tuning.senderConfig(oneMbps)
		require.ErrorIs(t, err, ErrUsage)
		require.ErrorContains(t, err, want)
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))

	return path
}

func TestConfigFiles(t *testing.T) {
	cfg, err := Tuning{ConfigFile: write(t, `{"bwe":{"start_bps":400000},"rate_control":{"overhead":0.1}}`+"\n")}.senderConfig(oneMbps)
	require.NoError(t, err)
	want := sender.Default()
	want.BWE.StartBitrate = 400_000
	want.RateControl.Overhead = 0.1
	want.RateControl.AudioBitrate = 100_000
	want.RateControl.Encoder.Learn = false
	require.Equal(t, want, cfg)

	// Flags have the last word.
	cfg, err = Tuning{Start: 600_000, ConfigFile: write(t, `{"bwe":{"start_bps":400000}}`)}.senderConfig(oneMbps)
	require.NoError(t, err)
	require.Equal(t, bwe.Bitrate(600_000), cfg.BWE.StartBitrate)

	for text, message := range map[string]string{
		`{"bwe":{"start":1}}`:               `unknown field "start"`,
		`{`:                                 "in the midst of a JSON value",
		`{} {}`:                             "more than one JSON value",
		`{"rate_control":{"overhead":0.9}}`: "overhead 0.9 must be from 0 to 0.5",
	} {
		_, err := Tuning{ConfigFile: write(t, text)}.senderConfig(oneMbps)
		require.ErrorContains(t, err, message)
	}
	_, err = Tuning{ConfigFile: "/no/such/file"}.senderConfig(oneMbps)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestEstimatorConfig(t *testing.T) {
	cfg, err := EstimatorConfig("gcc", write(t, `{"start_bps":400000}`))
	require.NoError(t, err)
	want := bwe.GCC()
	want.StartBitrate = 400_000
	require.Equal(t, want, cfg)

	cfg, err = EstimatorConfig("default", "")
	require.NoError(t, err)
	require.Equal(t, bwe.Default(), cfg)

	_, err = EstimatorConfig("gcc", write(t, `{"start_bps":0}`))
	require.ErrorIs(t, err, bwe.ErrConfig)
	_, err = EstimatorConfig("x", "")
	require.ErrorIs(t, err, ErrUsage)
}
