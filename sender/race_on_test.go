// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

//go:build race

package sender

// raceEnabled: sync.Pool drops at random under the race detector, so that
// allocations cannot be counted.
const raceEnabled = true
