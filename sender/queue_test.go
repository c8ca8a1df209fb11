// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"testing"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFIFO(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q fifo
		var model []item
		st := &stream{}
		for i := range rapid.IntRange(0, 200).Draw(t, "n") {
			switch op := rapid.IntRange(0, 5).Draw(t, "op"); {
			case op <= 2:
				it := item{p: &packet{stream: st, size: i, header: rtp.Header{Timestamp: uint32(i % 4)}}}
				q.push(it)
				model = append(model, it)
			case op == 3 && q.n > 0:
				require.Equal(t, model[0], q.front())
				require.Equal(t, model[0], q.pop())
				model = model[1:]
			case op == 4 && q.n > 0:
				require.Equal(t, model[len(model)-1], q.back())
				require.Equal(t, model[len(model)-1], q.popBack())
				model = model[:len(model)-1]
			case op == 5:
				match := func(it item) bool { return it.p.header.Timestamp == 1 }
				var kept []item
				for _, it := range model {
					if !match(it) {
						kept = append(kept, it)
					}
				}
				removed := 0
				q.remove(match, func(item) { removed++ })
				require.Equal(t, len(model)-len(kept), removed)
				model = kept
			}
			require.Equal(t, len(model), q.n)
			var bytes int64
			for _, it := range model {
				bytes += it.size()
			}
			require.Equal(t, bytes, q.bytes)
		}
	})
}
