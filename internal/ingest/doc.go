// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package ingest is the reference receiver: a WHIP server (RFC 9725) that many
// pushers can use at once. It repairs losses by NACK, puts frames together, judges
// which of them a decoder could show, records them as MPEG-TS, and counts all of it.
//
// The way of a packet: a track's read loop or the RTX tap ([repairTap]) hands it to
// its [stream]; the [jitterBuffer] puts it in order and asks for what is missing; the
// [assembler] makes frames; the [referenceTracker] and the [freezeMeter] judge them;
// the [recorder] writes them. Everything of one session happens under one lock.
package ingest
