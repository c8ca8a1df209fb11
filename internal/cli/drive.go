// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/internal/drive"
	"github.com/rtmcc/rtmcc/internal/jsonfile"
)

// Drive answers a simulator on the standard streams until the input ends. With
// rateControl it answers the rate controller's target, and configFile holds both
// "bwe" and "rate_control".
func Drive(preset, configFile string, rateControl bool, s Streams) error {
	if !rateControl {
		cfg, err := EstimatorConfig(preset, configFile)
		if err != nil {
			return err
		}

		return drive.Run(s.In, s.Out, drive.Config{BWE: cfg})
	}
	cfg, err := loopConfig(preset, configFile)
	if err != nil {
		return err
	}

	return drive.Run(s.In, s.Out, drive.Config{BWE: cfg.BWE, RateControl: &cfg.RateControl})
}

// loopConfig returns the configuration of a control loop with the estimator's preset,
// with the knobs replaced that file names, which may be empty.
func loopConfig(name, file string) (control.Config, error) {
	cfg := control.Default()
	var err error
	if cfg.BWE, err = preset(name); err != nil {
		return cfg, err
	}
	if err := jsonfile.Load(file, &cfg); err != nil {
		return cfg, err
	}
	if err := cfg.BWE.Validate(); err != nil {
		return cfg, err
	}

	return cfg, cfg.RateControl.Validate()
}
