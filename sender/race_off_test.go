// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

//go:build !race

package sender

const raceEnabled = false
