// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"slices"

	"github.com/rtmcc/rtmcc/bwe"
)

// maxArenaBytes bounds the RTCP that may wait for the owner.
const maxArenaBytes = 256 << 10

// rtcpArena holds RTCP messages one behind the other in one buffer that is used
// again and again.
type rtcpArena struct {
	bytes    []byte
	messages []rtcpMessage
	overflow int
}

type rtcpMessage struct {
	at         bwe.Time
	start, end int
}

func (a *rtcpArena) add(b []byte, at bwe.Time) {
	if len(a.bytes)+len(b) > maxArenaBytes {
		a.overflow++

		return
	}
	start := len(a.bytes)
	a.bytes = append(a.bytes, b...)
	a.messages = append(a.messages, rtcpMessage{at: at, start: start, end: len(a.bytes)})
}

func (a *rtcpArena) reset() {
	a.bytes, a.messages, a.overflow = a.bytes[:0], a.messages[:0], 0
}

// reset empties the inbox and keeps its room. What it pointed at is let go.
func (in *inbox) reset() {
	clear(in.packets)
	clear(in.offers)
	clear(in.calls)
	in.packets, in.offers, in.calls = in.packets[:0], in.offers[:0], in.calls[:0]
	in.bytes, in.marks = 0, in.marks[:0]
	in.rtcp.reset()
}

// without returns list without the first element that match holds for.
func without[T any](list []T, match func(T) bool) []T {
	if i := slices.IndexFunc(list, match); i >= 0 {
		return slices.Delete(list, i, i+1)
	}

	return list
}
