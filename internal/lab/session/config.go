// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import "github.com/rtmcc/rtmcc/internal/lab/timeline"

// Config bounds what counts as what.
type Config struct{}

// Default returns the recommended bounds.
func Default() Config { return Config{} }

// Analyze judges a session by its timeline. The caller fills in what the timeline does
// not know: the name, the format and the damage.
func Analyze(_ *timeline.Timeline, _ Config) Summary { return Summary{} }
