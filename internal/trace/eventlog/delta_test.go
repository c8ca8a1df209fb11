// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDecodeDeltas(t *testing.T) {
	there := func(v uint64) value { return value{v: v, present: true} }
	for name, c := range map[string]struct {
		in   []byte
		base value
		want []value
	}{
		"all as the base":   {nil, there(7), have(7, 7, 7)},
		"all absent":        {nil, value{}, []value{{}, {}}},
		"plain, three bits": {[]byte{0b00_000010, 0b001_011_00}, there(5), have(6, 9)},
		"plain wraps":       {[]byte{0b00_000000, 0b1_0000000}, there(math.MaxUint64), have(0)},
		"wraps at its width": {
			[]byte{0b01_000000, 0b0_0_001111, 0b1_0000000}, there(65535), have(0),
		},
		"signed goes back": {
			[]byte{0b01_000010, 0b1_0_001111, 0b111_101_01, 0b1_0000000}, there(3), have(2, 65535, 2),
		},
		"optional, some absent": {
			[]byte{0b01_000001, 0b0_1_000111, 0b101_01_11_0}, there(10), []value{there(11), {}, there(14)},
		},
		"the first is absent": {
			[]byte{0b01_000001, 0b0_1_001111, 0b011_10101, 0b100_00000, 0b010_11_000}, value{}, []value{{}, there(300), there(303)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			out := make([]value, len(c.want))
			require.NoError(t, decodeDeltas(out, c.in, c.base))
			require.Equal(t, c.want, out)
		})
	}
}

func TestDamagedDeltas(t *testing.T) {
	for name, in := range map[string][]byte{
		"unknown coding 2": {0b10_000000, 0, 0},
		"unknown coding 3": {0b11_000000, 0, 0},
		"no head":          {0b01_000000},
		"no presence":      {0b01_000000, 0b0_1_001111},
		"no values":        {0b00_000111, 1},
		"endless number":   append([]byte{0b01_000000, 0b0_1_111111, 0xff}, make10(0xff, 12)...),
	} {
		t.Run(name, func(t *testing.T) {
			base := value{v: 1, present: name != "endless number"}
			require.ErrorIs(t, decodeDeltas(make([]value, 2), in, base), errDeltas)
		})
	}
}

func make10(v byte, n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = v
	}

	return out
}

// What was encoded is decoded, for every width, sign, absence and wrap.
func TestDeltasRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := uint(rapid.IntRange(1, 64).Draw(t, "width"))
		signed := rapid.Bool().Draw(t, "signed")
		absent := rapid.Bool().Draw(t, "some absent")
		mask := ^uint64(0) >> (64 - width)
		step := rapid.Uint64Range(1, mask).Draw(t, "step")
		last := rapid.Uint64().Draw(t, "first") & mask
		draw := func() value {
			if absent && rapid.IntRange(0, 3).Draw(t, "absent") == 0 {
				return value{}
			}
			last = (last + rapid.Uint64Range(0, step).Draw(t, "up") - rapid.Uint64Range(0, step).Draw(t, "down")) & mask

			return value{v: last, present: true}
		}
		base := draw()
		values := make([]value, rapid.IntRange(1, 50).Draw(t, "count"))
		for i := range values {
			values[i] = draw()
		}
		out := make([]value, len(values))
		require.NoError(t, decodeDeltas(out, encodeDeltas(base, values, signed, width), base))
		require.Equal(t, values, out)
	})
}

func FuzzDeltas(f *testing.F) {
	f.Add([]byte{0b01_000001, 0b0_1_001111, 0b011_10101, 0b100_00000, 0b010_11_000}, uint64(3), true, uint16(3))
	f.Add([]byte{}, uint64(0), false, uint16(10))
	f.Fuzz(func(t *testing.T, in []byte, base uint64, present bool, n uint16) {
		out := make([]value, n%1000)
		if decodeDeltas(out, in, value{v: base, present: present}) != nil {
			return
		}
		again := make([]value, len(out))
		require.NoError(t, decodeDeltas(again, in, value{v: base, present: present}))
		require.Equal(t, out, again)
		if len(in) == 0 {
			return
		}
		// What it means can be written, and then means the same.
		first := value{v: base, present: present}
		require.NoError(t, decodeDeltas(again, encodeDeltas(first, out, false, 64), first))
		require.Equal(t, out, again)
	})
}

func BenchmarkDecodeDeltas(b *testing.B) {
	values := make([]value, 10_000)
	for i := range values {
		values[i] = value{v: uint64(i * i % 1200), present: true}
	}
	in := encodeDeltas(values[0], values[1:], true, 32)
	out := make([]value, len(values)-1)
	b.ReportAllocs()
	for b.Loop() {
		if err := decodeDeltas(out, in, values[0]); err != nil {
			b.Fatal(err)
		}
	}
}
