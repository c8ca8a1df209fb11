// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package flexfec

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const (
	testSSRC  = 0x11223344
	testStamp = 5
)

// source is one packet as it is sent: its bytes on the wire and its parts.
type source struct {
	wire  []byte
	media Media
}

func newSource(t require.TestingT, p *rtp.Packet) source {
	p.Version, p.SSRC = 2, testSSRC
	wire, err := p.Marshal()
	require.NoError(t, err)
	n := p.Header.MarshalSize()

	return source{wire, Media{Header: wire[:n], Payload: wire[n : n+len(p.Payload)], Padding: p.PaddingSize}}
}

// sources draws a block of packets that differ in all that the header can say. Some
// sequence numbers are left out.
func sources(t *rapid.T) []source {
	n := rapid.IntRange(1, 60).Draw(t, "packets")
	seq := rapid.Uint16().Draw(t, "first")
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	last := seq + MaxSpan - 1
	var list []source
	for i := range n {
		p := &rtp.Packet{Header: rtp.Header{
			Marker: rng.IntN(2) == 0, PayloadType: uint8(rng.IntN(128)), SequenceNumber: seq, Timestamp: rng.Uint32(),
		}}
		for range rng.IntN(3) {
			p.CSRC = append(p.CSRC, rng.Uint32())
		}
		if rng.IntN(2) == 0 {
			require.NoError(t, p.SetExtension(testStamp, []byte{0, 0}))
			require.NoError(t, p.SetExtension(7, []byte{byte(i), 2, 3}))
		}
		p.Payload = make([]byte, rng.IntN(1200))
		for k := range p.Payload {
			p.Payload[k] = byte(rng.Uint32())
		}
		if rng.IntN(4) == 0 {
			p.Padding, p.PaddingSize = true, uint8(1+rng.IntN(255))
		}
		list = append(list, newSource(t, p))
		if last-seq < 2 {
			break
		}
		seq += uint16(1 + rng.IntN(2))
	}

	return list
}

func encode(list []source, n int) [][]byte {
	var e Encoder
	media := make([]Media, len(list))
	for i := range list {
		media[i] = list[i].media
	}
	var out [][]byte
	for _, p := range e.Encode(media, n) {
		out = append(out, append([]byte(nil), p...))
	}

	return out
}

// restored runs what arrives through a decoder and returns what it gives back.
func restored(list []source, lost map[int]bool, repairs [][]byte) map[string]bool {
	got := map[string]bool{}
	d := NewDecoder(testSSRC, testStamp, func(p []byte) { got[string(p)] = true })
	for i, s := range list {
		if !lost[i] {
			d.Media(s.wire)
		}
	}
	for _, r := range repairs {
		d.Repair(r)
	}

	return got
}

func TestEverySingleLossIsMended(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := sources(t)
		if len(list) < 2 {
			return
		}
		n := rapid.SampledFrom(counts[:]).Draw(t, "repairs")
		repairs := encode(list, n)
		require.NotEmpty(t, repairs)
		for i, s := range list {
			got := restored(list, map[int]bool{i: true}, repairs)
			require.Len(t, got, 1)
			require.True(t, got[string(s.wire)], "packet %d of %d with %d repairs", i, len(list), n)
		}
	})
}

// What is lost in a row, up to the number of repair packets, is mended where the row
// lies within one walk through the nodes.
func TestRowsAreMended(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := sources(t)
		n := rapid.SampledFrom(counts[:]).Draw(t, "repairs")
		first := rapid.IntRange(0, len(list)-1).Draw(t, "first")
		row := rapid.IntRange(1, n).Draw(t, "row")
		end := min(first+row, len(list))
		if first/(n+1) != (end-1)/(n+1) || end-first == len(list) {
			return
		}
		lost := map[int]bool{}
		for i := first; i < end; i++ {
			lost[i] = true
		}
		got := restored(list, lost, encode(list, n))
		for i := range lost {
			require.True(t, got[string(list[i].wire)])
		}
	})
}

// Whatever arrives in whatever order, what comes back is what was sent.
func TestOnlyWhatWasSentComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := sources(t)
		n := rapid.SampledFrom(counts[:]).Draw(t, "repairs")
		repairs := encode(list, n)
		known := map[string]bool{}
		for _, s := range list {
			known[string(s.wire)] = true
		}
		arrivals := rapid.SliceOf(rapid.IntRange(0, len(list)+len(repairs)-1)).Draw(t, "arrivals")
		arrived, returned := map[string]bool{}, map[string]int{}
		d := NewDecoder(testSSRC, testStamp, func(p []byte) {
			require.True(t, known[string(p)])
			require.False(t, arrived[string(p)])
			returned[string(p)]++
			require.Equal(t, 1, returned[string(p)])
		})
		for _, a := range arrivals {
			if a < len(list) {
				arrived[string(list[a].wire)] = true
				d.Media(list[a].wire)
			} else {
				d.Repair(repairs[a-len(list)])
			}
		}
		require.EqualValues(t, len(returned), d.Stats().Recovered)
		require.Zero(t, d.Stats().Malformed)
	})
}

// Chains of repairs undo losses that no repair packet could undo by itself.
func TestLossesWithoutACycleAreMended(t *testing.T) {
	var list []source
	for i := range 20 {
		list = append(list, newSource(t, &rtp.Packet{
			Header: rtp.Header{SequenceNumber: 65530 + uint16(i)}, Payload: []byte{byte(i), 1, 2},
		}))
	}
	repairs := encode(list, 4)
	for a := range list {
		for b := range a {
			got := restored(list, map[int]bool{a: true, b: true}, repairs)
			if a-b == 10 { // the same edge again
				require.Empty(t, got)

				continue
			}
			require.Len(t, got, 2, "%d and %d", a, b)
		}
	}
}

func TestTheNumberIsProtectedAsZeros(t *testing.T) {
	var list []source
	for i := range 4 {
		p := &rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i)}, Payload: []byte{byte(i)}}
		require.NoError(t, p.SetExtension(testStamp, []byte{0, 0}))
		list = append(list, newSource(t, p))
	}
	repairs := encode(list, 1)
	var got [][]byte
	d := NewDecoder(testSSRC, testStamp, func(p []byte) { got = append(got, append([]byte(nil), p...)) })
	for _, s := range list[1:] {
		stamped := append([]byte(nil), s.wire...)
		var h rtp.Header
		_, err := h.Unmarshal(stamped)
		require.NoError(t, err)
		binary.BigEndian.PutUint16(h.GetExtension(testStamp), 0xbeef)
		d.Media(stamped)
	}
	d.Repair(repairs[0])
	require.Equal(t, [][]byte{list[0].wire}, got)
}

// The layout, by hand from section 4.2 of the draft.
func TestHeaderBytes(t *testing.T) {
	list := []source{
		newSource(t, &rtp.Packet{
			Header: rtp.Header{SequenceNumber: 0x0102, PayloadType: 96, Marker: true, Timestamp: 0xa0b0c0d0}, Payload: []byte{1, 2, 3},
		}),
		newSource(t, &rtp.Packet{
			Header: rtp.Header{SequenceNumber: 0x0104, PayloadType: 97, Timestamp: 0x0000000f}, Payload: []byte{0x10},
		}),
	}
	require.Equal(t, [][]byte{{
		0x00, 0xe0 ^ 0x61, 0, 3 ^ 1, 0xa0, 0xb0, 0xc0, 0xdf, 1, 0, 0, 0, 0x11, 0x22, 0x33, 0x44,
		0x01, 0x02, 0x80 | 0x50, 0x00, 1 ^ 0x10, 2, 3,
	}}, encode(list, 1))
}

func TestMasksOfEachLength(t *testing.T) {
	for span, size := range map[int]int{1: 20, 15: 20, 16: 24, 46: 24, 47: 32, 109: 32} {
		require.Equal(t, size, headerSize(span), "span %d", span)
		var m mask
		m.set(0)
		m.set(span - 1)
		b := make([]byte, size)
		b[streamsAt] = 1
		putMask(b, &m)
		var h repairHeader
		require.NoError(t, h.parse(b))
		require.Equal(t, m, h.mask)
		require.Equal(t, size, h.size)
		require.ErrorIs(t, h.parse(b[:size-1]), errRepair)
	}
}

func TestEncodeRefuses(t *testing.T) {
	at := func(seq uint16) Media {
		return newSource(t, &rtp.Packet{Header: rtp.Header{SequenceNumber: seq}, Payload: []byte{1}}).media
	}
	var e Encoder
	for name, tc := range map[string]struct {
		media []Media
		n     int
		want  int
	}{
		"nothing":        {nil, 1, 0},
		"no repairs":     {[]Media{at(1)}, 0, 0},
		"a count amiss":  {[]Media{at(1)}, 3, 0},
		"within span":    {[]Media{at(65535), at(65535 + MaxSpan - 1 - 65536)}, 1, 1},
		"beyond span":    {[]Media{at(65535), at(65535 + MaxSpan - 65536)}, 1, 0},
		"out of order":   {[]Media{at(2), at(1)}, 1, 0},
		"no header":      {[]Media{{Header: []byte{1}}}, 1, 0},
		"no header next": {[]Media{at(1), {}}, 1, 0},
		"more repairs":   {[]Media{at(1)}, 10, 2},
	} {
		require.Len(t, e.Encode(tc.media, tc.n), tc.want, name)
	}
}

func TestRepairs(t *testing.T) {
	for limit, want := range map[int]int{-1: 0, 0: 0, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 6, 9: 6, 10: 10, 100: 10} {
		require.Equal(t, want, Repairs(limit), "limit %d", limit)
	}
}

func TestDecoderCounts(t *testing.T) {
	var list []source
	for i := range 4 {
		list = append(list, newSource(t, &rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i)}, Payload: []byte{byte(i)}}))
	}
	repair := encode(list, 1)[0]
	foreign := append([]byte(nil), repair...)
	foreign[ssrcAt]++
	d := NewDecoder(testSSRC, 0, func([]byte) { t.Fatal("nothing can come back") })
	d.Repair(repair) // ahead of any media
	for _, s := range list {
		d.Media(s.wire)
		d.Media(s.wire)
	}
	d.Media(nil)
	d.Repair(repair)
	d.Repair(foreign)
	d.Repair(repair[:minHeader-1])
	d.Repair(nil)
	require.Equal(t, DecoderStats{Repairs: 5, Unused: 1, Late: 1, Malformed: 3}, d.Stats())
}

// A repair packet whose packets left the window, and one too many, make room.
func TestDecoderIsBounded(t *testing.T) {
	d := NewDecoder(testSSRC, 0, func([]byte) {})
	at := func(i int) source {
		return newSource(t, &rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i)}, Payload: []byte{byte(i)}})
	}
	d.Media(at(0).wire)
	for i := range maxPending + 1 {
		d.Repair(encode([]source{at(1 + 2*i), at(2 + 2*i)}, 1)[0])
	}
	require.Equal(t, maxPending, d.n)
	require.EqualValues(t, 1, d.Stats().Late)
	for i := 200; i < 200+2*window; i++ {
		d.Media(at(i).wire)
	}
	require.Zero(t, d.n)
	require.EqualValues(t, maxPending+1, d.Stats().Late)
}

func FuzzDecoder(f *testing.F) {
	var list []source
	for i := range 5 {
		list = append(list, newSource(f, &rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i)}, Payload: []byte{byte(i), 9}}))
	}
	for _, r := range encode(list, 2) {
		f.Add(r, list[0].wire)
	}
	f.Fuzz(func(_ *testing.T, repair, media []byte) {
		d := NewDecoder(testSSRC, testStamp, func(p []byte) {
			var h rtp.Header
			if _, err := h.Unmarshal(p); err != nil {
				panic(err)
			}
		})
		for _, s := range list[1:4] {
			d.Media(s.wire)
		}
		d.Repair(repair)
		d.Media(media)
		d.Repair(media)
		d.Media(list[4].wire)
	})
}

// block is a block of full packets, as a pusher at some megabits would have it.
func block(n int) []Media {
	list := make([]Media, n)
	for i := range list {
		h := make([]byte, 20)
		h[0] = 0x80
		binary.BigEndian.PutUint16(h[2:], uint16(i))
		list[i] = Media{Header: h, Payload: make([]byte, 1180)}
	}

	return list
}

func BenchmarkEncode(b *testing.B) {
	media := block(40)
	var e Encoder
	e.Encode(media, 4)
	b.ReportAllocs()
	for b.Loop() {
		e.Encode(media, 4)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(media)), "ns/packet")
}

func BenchmarkDecode(b *testing.B) {
	media := block(40)
	var e Encoder
	repairs := e.Encode(media, 4)
	var wires [][]byte
	for i := range media {
		wires = append(wires, append(append([]byte(nil), media[i].Header...), media[i].Payload...))
	}
	d := NewDecoder(0, 0, func([]byte) {})
	seq := uint16(0)
	b.ReportAllocs()
	for b.Loop() {
		for i, w := range wires {
			binary.BigEndian.PutUint16(w[2:], seq+uint16(i))
			if i%10 != 0 {
				d.Media(w)
			}
		}
		for _, r := range repairs {
			binary.BigEndian.PutUint16(r[baseAt:], seq)
			d.Repair(r)
		}
		seq += uint16(len(wires))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(media)), "ns/packet")
}
