// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package ratecontrol decides what each encoder should produce, from the
// bandwidth estimate, the pacer's queue and what the encoders really made. It is
// decoupled from package bwe by design: it knows its types, not its insides.
//
// The package is pure in the way package bwe is: no goroutine, no clock, no I/O, no
// lock; nothing in it is safe for concurrent use.
package ratecontrol
