// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package dump keeps what a push sends and what a receiver makes of it, stage by
// stage, and finds the first stage at which the two part (docs/dump.md).
package dump
