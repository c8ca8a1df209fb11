// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package minisdp is the one-datagram form of SDP that Tencent's live servers take
// in place of HTTP signalling: layout version 0, bit fields lowest bit first. One
// UDP datagram carries the offer, one the answer, one ends the stream. docs/wire.md
// has the layout.
//
// The package is pure: datagrams and session descriptions in and out, no socket. Its
// types are not safe for concurrent use.
package minisdp
