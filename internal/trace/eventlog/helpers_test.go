// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"bytes"
	"errors"
	"io"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/eventlog/eventlogpb"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// bitWriter is the other side of bitReader.
type bitWriter struct {
	b    []byte
	bits int
}

func (w *bitWriter) write(v uint64, n uint) {
	for i := int(n) - 1; i >= 0; i-- {
		if w.bits%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[len(w.b)-1] |= byte(v>>i&1) << (7 - w.bits%8)
		w.bits++
	}
}

func (w *bitWriter) varint(v uint64) {
	for ; v >= 0x80; v >>= 7 {
		w.write(v&0x7f|0x80, 8)
	}
	w.write(v, 8)
}

// encodeDeltas writes values of a width in bits as a batch holds them.
func encodeDeltas(base value, values []value, signed bool, width uint) []byte {
	mask := ^uint64(0) >> (64 - width)
	same, optional := true, false
	for _, v := range values {
		same = same && v == base
		optional = optional || !v.present
	}
	if same {
		return nil
	}
	delta := func(prev, v uint64) (uint64, uint) {
		if !signed {
			d := (v - prev) & mask

			return d, uint(bits.Len64(d))
		}
		d := int64((v-prev)<<(64-width)) >> (64 - width)

		return uint64(d), uint(bits.Len64(uint64(d^d>>63))) + 1
	}
	need := uint(1)
	prev := base
	for _, v := range values {
		if v.present && prev.present {
			_, n := delta(prev.v, v.v)
			need = max(need, n)
		}
		if v.present {
			prev = v
		}
	}
	need = min(need, 64)
	var w bitWriter
	if width == 64 && !signed && !optional {
		w.write(deltasPlain, 2)
		w.write(uint64(need-1), 6)
	} else {
		w.write(deltasDetailed, 2)
		w.write(uint64(need-1), 6)
		w.write(bit(signed), 1)
		w.write(bit(optional), 1)
		w.write(uint64(width-1), 6)
	}
	if optional {
		for _, v := range values {
			w.write(bit(v.present), 1)
		}
	}
	prev = base
	for _, v := range values {
		switch {
		case !v.present:
			continue
		case !prev.present:
			w.varint(v.v)
		default:
			d, _ := delta(prev.v, v.v)
			w.write(d&(^uint64(0)>>(64-need)), need)
		}
		prev = v
	}

	return w.b
}

func bit(b bool) uint64 {
	if b {
		return 1
	}

	return 0
}

// have makes values that are there.
func have(vs ...uint64) []value {
	out := make([]value, len(vs))
	for i, v := range vs {
		out[i] = value{v: v, present: true}
	}

	return out
}

// deltas encodes what follows the first of the values.
func deltas(signed bool, width uint, vs ...uint64) []byte {
	all := have(vs...)

	return encodeDeltas(all[0], all[1:], signed, width)
}

// marshal returns the messages' file.
func marshal(tb testing.TB, ms ...proto.Message) []byte {
	var out []byte
	for _, m := range ms {
		b, err := proto.Marshal(m)
		require.NoError(tb, err)
		out = append(out, b...)
	}

	return out
}

// begun is a log of version 2 that was begun at a second of its clock.
func begun() *eventlogpb.EventStream {
	return &eventlogpb.EventStream{Begin: []*eventlogpb.BeginLog{{
		TimestampMs: proto.Int64(1000), Version: proto.Uint32(2), UtcTimeMs: proto.Int64(1_700_000_000_000),
	}}}
}

// copyOf keeps an event beyond the next one.
func copyOf(ev bwe.Event) bwe.Event {
	switch ev := ev.(type) {
	case *bwe.SentPacket:
		c := *ev

		return &c
	case *bwe.REMB:
		c := *ev

		return &c
	case *bwe.Feedback:
		c := *ev
		c.Results = append([]bwe.PacketResult(nil), ev.Results...)

		return &c
	default:
		return ev
	}
}

// readAll returns the events of a log, and the source at its end.
func readAll(tb testing.TB, log []byte) ([]bwe.Event, recording.Source) {
	src, err := New(bytes.NewReader(log))
	require.NoError(tb, err)
	var evs []bwe.Event
	for {
		ev, err := src.Next()
		if errors.Is(err, io.EOF) {
			require.NoError(tb, src.Close())

			return evs, src
		}
		require.NoError(tb, err)
		if n := len(evs); n > 0 {
			require.GreaterOrEqual(tb, ev.Time(), evs[n-1].Time(), "times go back")
		}
		evs = append(evs, copyOf(ev))
	}
}

// eventsOf returns the events of one type.
func eventsOf[E bwe.Event](evs []bwe.Event) []E {
	var out []E
	for _, ev := range evs {
		if e, is := ev.(E); is {
			out = append(out, e)
		}
	}

	return out
}
