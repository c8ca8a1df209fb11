// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package netsim simulates network paths in virtual time: media flows under any
// mix of congestion controllers, TCP competitors and cross traffic over links with
// a capacity schedule, a drop-tail queue, delay, jitter, loss and outages.
//
// A [Scenario] describes the path and the traffic, [Run] plays it once from a seed
// and returns a [Result]. The same scenario, controllers and seed give the same
// result, byte for byte: the package reads no clock, and every random process draws
// from a generator of its own, so that adding a flow leaves the path as it was.
//
// The built-in scenarios ([Library]) hold all cases of RFC 8867 and families of
// jitter, loss, capacity and feedback trouble in the spirit of RFC 8868.
package netsim
