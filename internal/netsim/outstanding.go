// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import "github.com/rtmcc/rtmcc/bwe"

// outstanding counts the bytes that no feedback has spoken of.
type outstanding struct {
	first int64
	sizes ring[int]
	bytes int64
}

func (o *outstanding) add(size int) {
	o.sizes.push(size)
	o.bytes += int64(size)
}

// report takes off what a feedback names, and what is older than its first packet:
// no later feedback will name that.
func (o *outstanding) report(results []bwe.PacketResult) {
	if len(results) == 0 {
		return
	}
	for _, r := range results {
		if i := r.Seq - o.first; i >= 0 && i < int64(o.sizes.len()) {
			size := o.sizes.at(int(i))
			o.bytes -= int64(*size)
			*size = 0
		}
	}
	for o.sizes.len() > 0 && (o.first < results[0].Seq || *o.sizes.at(0) == 0) {
		o.bytes -= int64(o.sizes.pop())
		o.first++
	}
}
