// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package specimen makes labelled sessions for trying a classification.
package specimen
