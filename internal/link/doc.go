// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package link plays a simulated path in real time, for programs that know nothing of
// it (docs/link.md). The path is [netsim.Path], the very model that the simulator
// plays; an [Emulator] gives it the time and the packets, and hands those that
// cross it on when they are due. A [Relay] brings it the datagrams of UDP clients, a
// [Tunnel] the IP packets between two network namespaces (Linux).
package link
