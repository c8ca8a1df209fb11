// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Every packet that was sent arrived, was lost or is on its way.
func TestPacketsAreConserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &Scenario{Name: "random", Duration: Duration(rapid.Int64Range(int64(200*millisecond), int64(8*second)).Draw(t, "duration"))}
		for range rapid.IntRange(1, 3).Draw(t, "links") {
			l := Link{
				Capacity: Constant(Rate(rapid.Int64Range(100_000, 5_000_000).Draw(t, "rate"))),
				Delay:    Duration(rapid.Int64Range(0, int64(200*millisecond)).Draw(t, "delay")),
				Queue:    Duration(rapid.Int64Range(int64(millisecond), int64(second)).Draw(t, "queue")),
			}
			if rapid.Bool().Draw(t, "lossy") {
				l.Loss = &Loss{Rate: 0.2, Burst: 3}
			}
			if rapid.Bool().Draw(t, "jittery") {
				l.Jitter = &Jitter{Kind: JitterUniform, Amplitude: 80 * millisecond, Reorder: rapid.Bool().Draw(t, "reorder")}
			}
			if rapid.Bool().Draw(t, "stalls") {
				l.Stalls = []Window{{From: 50 * millisecond, To: 300 * millisecond}}
			}
			s.Forward = append(s.Forward, l)
		}
		s.Backward = []Link{{Capacity: Constant(100 * kbps), Delay: 20 * millisecond, Loss: &Loss{Rate: 0.1}}}
		s.Flows = []Flow{{}, {Start: 100 * millisecond, Backward: true}, {Links: &[2]int{0, 0}, Delay: 30 * millisecond}}
		s.TCP = []TCP{{Count: 2}}
		s.Cross = []Cross{{Rate: Constant(50 * kbps)}}
		require.NoError(t, s.Validate())
		run := &simulation{scenario: s.withDefaults()}
		gcc, err := ParseChoice("gcc")
		require.NoError(t, err)
		require.NoError(t, run.build(Options{Flows: []Choice{gcc}, Seed: rapid.Uint64().Draw(t, "seed")}))
		require.NoError(t, run.play(context.Background()))

		media, feedback := map[int]int64{}, map[*sender]int64{}
		onTheWay := func(p *packet) {
			if p == nil {
				return
			}
			if p.flow >= 0 {
				media[p.flow]++
			}
			if s, ok := p.owner.(*sender); ok {
				feedback[s]++
			}
		}
		for i := range run.timeline.heap {
			onTheWay(run.timeline.heap[i].p)
		}
		for _, l := range append(run.forward, run.backward...) {
			require.Equal(t, l.counts.entered, l.counts.overflowed+l.counts.lost+l.counts.carried+int64(l.queue.len()))
			bytes := 0
			for i := range l.queue.len() {
				onTheWay(*l.queue.at(i))
				bytes += (*l.queue.at(i)).size
			}
			require.Equal(t, bytes, l.queuedBytes)
		}
		for i, f := range run.senders {
			r := f.record
			require.Equal(t, r.packetsSent, r.packetsArrived+r.packetsLost+media[i])
			require.Equal(t, r.feedbackSent, r.feedbackArrived+r.feedbackLost+feedback[f])
		}
	})
}
