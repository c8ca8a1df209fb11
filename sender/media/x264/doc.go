// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package x264 encodes live pictures to H.264 with libx264, which is changed while it
// runs: bitrate, size, frame rate, key frames.
//
// libx264 comes in with the build tag x264, cgo and the library's headers (Debian:
// libx264-dev). Without them everything compiles and [Open] fails with
// [ErrUnavailable]. A program that links libx264 falls under the GPL.
package x264
