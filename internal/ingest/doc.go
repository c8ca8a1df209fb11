// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package ingest is the reference receiver: a WHIP server (RFC 9725) that many
// pushers can use at once. It repairs losses by NACK, puts frames together, judges
// which of them a decoder could show, records them as MPEG-TS or FLV, gives them to
// players as FLV over HTTP, and counts all of it.
//
// The way of a packet: a track's read loop or the RTX tap ([repairTap]) hands it to
// its [stream]; the [jitterBuffer] puts it in order and asks for what is missing; the
// [assembler] or the [aacReader] makes frames; the [referenceTracker] judges them; the
// [playout] holds them as long as jitter asks for; the [freezeMeter] looks at what then
// goes on; the [recorder] puts it in order of DTS for the [recordFile] and the
// [broadcast]. Everything of one session happens under one lock.
package ingest
