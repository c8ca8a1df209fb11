// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package testdata holds the clip that is pushed when no file is named, and the
// files that tests read. scripts/make-testdata.sh makes all of them.
package testdata

import _ "embed" // for Clip

// ClipName is the file name of [Clip].
const ClipName = "clip.ts"

// Clip is an MPEG-TS file of 10 s: 640x360 at 30 fps in H.264 High with
// B-frames, some of which are used for reference, and stereo Opus at 48 kHz.
//
//go:embed clip.ts
var Clip []byte
