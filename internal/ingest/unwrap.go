// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

// unwrap16 extends a 16-bit counter to the 64-bit value next to ref.
func unwrap16(ref int64, v uint16) int64 {
	return ref + int64(int16(v-uint16(ref))) //nolint:gosec // modular by design
}

// unwrap32 extends a 32-bit counter to the 64-bit value next to ref.
func unwrap32(ref int64, v uint32) int64 {
	return ref + int64(int32(v-uint32(ref))) //nolint:gosec // modular by design
}
