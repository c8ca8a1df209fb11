// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package bwe estimates the bandwidth of a path from per-packet transport
// feedback (transport-wide congestion control or RFC 8888).
//
// The package is pure: it imports the standard library only, starts no
// goroutine, reads no clock, takes no lock and writes no log. Time is an
// argument. An [Estimator] is a state machine: typed inputs go in, one [Update]
// comes out, and [Estimator.NextTimer] says when it next wants to be called. Two
// runs over the same inputs give the same outputs, bit for bit, on every
// architecture.
//
// Nothing in this package is safe for concurrent use.
package bwe
