// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/jsonfile"
	"github.com/rtmcc/rtmcc/sender"
)

// Tuning is what flags can say about the congestion control.
type Tuning struct {
	// Preset is "default" or "gcc"; empty stands for "default".
	Preset string
	// ConfigFile is a JSON file that replaces single knobs of the preset.
	ConfigFile string
	// Min, Start and Max bound the bitrate; zero for not given.
	Min, Start, Max Bitrate
}

// startHeadroom is the start bitrate as a multiple of the file's own bitrate. The
// rest of it is what packet headers take and what the bitrate swings by.
const startHeadroom = 1.5

// preset returns the estimator's configuration of that name.
func preset(name string) (bwe.Config, error) {
	switch name {
	case "", "default":
		return bwe.Default(), nil
	case "gcc":
		return bwe.GCC(), nil
	default:
		return bwe.Config{}, fmt.Errorf(`%w: unknown preset %q, want "default" or "gcc"`, ErrUsage, name)
	}
}

// EstimatorConfig returns the estimator's configuration of a preset, with the knobs
// replaced that file names, which may be empty.
func EstimatorConfig(name, file string) (bwe.Config, error) {
	cfg, err := preset(name)
	if err != nil {
		return cfg, err
	}
	if err := jsonfile.Load(file, &cfg); err != nil {
		return cfg, err
	}

	return cfg, cfg.Validate()
}

// senderConfig returns the configuration for pushing a file of the given bitrates.
// Where no start bitrate is given, the file's own is the best guess: an encoder
// would be set to what its user expects of the path, and here that was done when
// the file was made.
func (t Tuning) senderConfig(file rates) (sender.Config, error) {
	cfg := sender.Default()
	var err error
	if cfg.BWE, err = preset(t.Preset); err != nil {
		return cfg, err
	}
	if file.audio+file.video > 0 {
		cfg.BWE.StartBitrate = max(cfg.BWE.StartBitrate, bwe.Bitrate(startHeadroom*float64(file.audio+file.video)))
		cfg.RateControl.AudioBitrate = file.audio
		// A file makes what it makes.
		cfg.RateControl.Encoder.Learn = false
	}
	if err := jsonfile.Load(t.ConfigFile, &cfg); err != nil {
		return cfg, err
	}
	if err := t.bound(&cfg); err != nil {
		return cfg, err
	}

	return cfg, cfg.Validate()
}

// bound applies the bitrates that were given, and moves those that were not so that
// they fit.
func (t Tuning) bound(cfg *sender.Config) error {
	least, start, most := bwe.Bitrate(t.Min), bwe.Bitrate(t.Start), bwe.Bitrate(t.Max)
	switch {
	case least > 0 && most > 0 && least > most:
		return fmt.Errorf("%w: --min-bitrate %v is above --max-bitrate %v", ErrUsage, least, most)
	case start > 0 && most > 0 && start > most:
		return fmt.Errorf("%w: --start-bitrate %v is above --max-bitrate %v", ErrUsage, start, most)
	case start > 0 && start < least:
		return fmt.Errorf("%w: --start-bitrate %v is below --min-bitrate %v", ErrUsage, start, least)
	}
	b, r := &cfg.BWE, &cfg.RateControl
	if least > 0 {
		b.MinBitrate, r.MinBitrate = least, least
		b.MaxBitrate, r.MaxBitrate = max(b.MaxBitrate, least), max(r.MaxBitrate, least)
	}
	if most > 0 {
		b.MaxBitrate, r.MaxBitrate = most, most
		b.MinBitrate, r.MinBitrate = min(b.MinBitrate, most), min(r.MinBitrate, most)
	}
	if start > 0 {
		b.StartBitrate = start
		b.MaxBitrate, r.MaxBitrate = max(b.MaxBitrate, start), max(r.MaxBitrate, start)
		b.MinBitrate, r.MinBitrate = min(b.MinBitrate, start), min(r.MinBitrate, start)
	}
	b.StartBitrate = min(max(b.StartBitrate, b.MinBitrate), b.MaxBitrate)

	return nil
}
