// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import "github.com/rtmcc/rtmcc/internal/drive"

// Drive answers a simulator on the standard streams until the input ends.
func Drive(preset, configFile string, s Streams) error {
	cfg, err := EstimatorConfig(preset, configFile)
	if err != nil {
		return err
	}

	return drive.Run(s.In, s.Out, cfg)
}
