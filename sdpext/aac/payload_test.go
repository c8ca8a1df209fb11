// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package aac

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func format(form Form) Format { return NewFormat(form, 97, lc(44100, 2)) }

func payloads(t require.TestingT, f Format, mtu uint16, unit []byte) [][]byte {
	p, err := NewPayloader(f)
	require.NoError(t, err)

	return p.Payload(mtu, unit)
}

func TestPayloadBytes(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 510)
	for _, tc := range []struct {
		form Form
		unit []byte
		head string
	}{
		{ADTS, []byte{1, 2, 3}, "fff15080015ffc"},
		{LATM, []byte{1, 2, 3}, "03"},
		{LATM, long[:254], "fe"},
		{LATM, long[:255], "ff00"},
		{LATM, long, "ffff00"},
		{Generic, []byte{1, 2, 3}, "00100018"},
		{Generic, long, "00100ff0"},
	} {
		got := payloads(t, format(tc.form), 1200, tc.unit)
		require.Len(t, got, 1)
		require.Equal(t, tc.head+hex.EncodeToString(tc.unit), hex.EncodeToString(got[0]), tc.form)
	}
}

// What another's codecs read and write is the same, where they can.
func TestAnothersCodecsAgree(t *testing.T) {
	unit := bytes.Repeat([]byte{5}, 700)
	hierarchical := NewStreamMuxConfig(extended(lc(22050, 2), Hierarchical, sbr, 44100))
	b, err := hierarchical.Marshal()
	require.NoError(t, err)
	var mux mpeg4audio.StreamMuxConfig
	require.NoError(t, mux.Unmarshal(b))
	theirs, err := mux.Marshal()
	require.NoError(t, err)
	require.Equal(t, theirs, b)

	element, err := mpeg4audio.AudioMuxElement{StreamMuxConfig: &mux, Payloads: [][][][]byte{{{unit}}}}.Marshal()
	require.NoError(t, err)
	require.Equal(t, [][]byte{element}, payloads(t, format(LATM), 1200, unit))

	frame, err := mpeg4audio.ADTSPackets{{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 44100, ChannelConfig: 2, AU: unit}}.Marshal()
	require.NoError(t, err)
	require.Equal(t, [][]byte{frame}, payloads(t, format(ADTS), 1200, unit))
}

func TestFragments(t *testing.T) {
	unit := []byte{1, 2, 3, 4, 5, 6, 7}
	require.Equal(t, [][]byte{{7, 1, 2}, {3, 4, 5}, {6, 7}}, payloads(t, format(LATM), 3, unit))
	require.Equal(t, [][]byte{{0, 16, 0, 56, 1, 2, 3}, {0, 16, 0, 56, 4, 5, 6}, {0, 16, 0, 56, 7}}, payloads(t, format(Generic), 7, unit))
	require.Equal(t, [][]byte{{0xff, 0xf1, 0x50, 0x80, 1, 0xdf, 0xfc, 1}, {2, 3, 4, 5, 6, 7}}, payloads(t, format(ADTS), 8, unit))
}

func TestPayloaderBounds(t *testing.T) {
	for _, form := range []Form{ADTS, LATM, Generic} {
		require.Empty(t, payloads(t, format(form), 1200, nil))
		require.NotEmpty(t, payloads(t, format(form), 1200, make([]byte, MaxAccessUnit)))
		require.Empty(t, payloads(t, format(form), 1200, make([]byte, MaxAccessUnit+1)))
		require.Empty(t, payloads(t, format(form), 0, []byte{1}))
	}
	require.Empty(t, payloads(t, format(Generic), 4, []byte{1}))
	require.Len(t, payloads(t, format(Generic), 5, []byte{1}), 1)

	for name, f := range map[string]Format{
		"rate":      NewFormat(ADTS, 1, lc(53000, 2)),
		"object":    {Form: ADTS},
		"layout":    {Form: Generic},
		"form":      {Form: 3},
		"subframes": {Form: LATM, Mux: StreamMuxConfig{SubFrames: 2}},
		"other":     {Form: LATM, Mux: StreamMuxConfig{OtherData: true}},
	} {
		_, err := NewPayloader(f)
		require.Error(t, err, name)
	}
	for _, f := range []Format{{Form: 3}, {Form: Generic}} {
		_, err := NewDepacketizer(f)
		require.ErrorIs(t, err, ErrFormat)
		_, err = NewAssembler(f)
		require.ErrorIs(t, err, ErrFormat)
	}
}

func TestDepacketizeSeveralUnits(t *testing.T) {
	latm := format(LATM)
	latm.Mux.SubFrames = 2
	latm.Mux.OtherData, latm.Mux.OtherDataBits = true, 9
	for _, tc := range []struct {
		format  Format
		payload string
	}{
		{format(ADTS), "fff15080015ffc010203" + "fff15080013ffc0405"},
		{format(ADTS), "fff05080019ffc0000010203" + "fff05080017ffc00000405"},
		{latm, "03010203" + "020405" + "ffff"},
		{format(Generic), "0020" + "0018" + "0010" + "0102030405"},
		{format(Generic), "0020" + "001d" + "0010" + "0102030405ff"},
	} {
		d, err := NewDepacketizer(tc.format)
		require.NoError(t, err)
		out, err := d.Unmarshal(unhexed(t, tc.payload))
		require.NoError(t, err, tc.payload)
		require.Equal(t, []byte{1, 2, 3, 4, 5}, out)
		require.Equal(t, [][]byte{{1, 2, 3}, {4, 5}}, d.AccessUnits())
		require.True(t, d.IsPartitionHead(unhexed(t, tc.payload)))
		require.True(t, d.IsPartitionTail(true, nil))
		require.False(t, d.IsPartitionTail(false, nil))
	}
}

func TestDepacketizeMalformed(t *testing.T) {
	for _, tc := range []struct {
		form    Form
		payload string
	}{
		{ADTS, ""}, {LATM, ""}, {Generic, ""},
		{ADTS, "00f15080015ffc010203"}, // no sync word
		{ADTS, "fff1508000fffc010203"}, // no room for a unit
		{ADTS, "fff15080015ffd010203"}, // two units in a frame
		{Generic, "00"},
		{Generic, "0000"},
		{Generic, "001000"},
		{Generic, "0020" + "0018" + "0011" + "0102030405"}, // interleaved
		{Generic, "0020" + "0018" + "0018" + "0102030405"}, // the second cut off
		{Generic, "00100018"},                              // an empty fragment
	} {
		d, err := NewDepacketizer(format(tc.form))
		require.NoError(t, err)
		out, err := d.Unmarshal(unhexed(t, tc.payload))
		require.ErrorIs(t, err, ErrPayload, tc.payload)
		require.Empty(t, out)
		require.Empty(t, d.AccessUnits())
		require.False(t, d.IsPartitionHead(unhexed(t, tc.payload)) && tc.form == Generic && len(tc.payload) < 8)
	}
}

func TestGenericFragmentsThatDoNotFit(t *testing.T) {
	for _, second := range []string{"00100020" + "03", "00100018" + "0304", "0020" + "00080008" + "0102"} {
		d, err := NewDepacketizer(format(Generic))
		require.NoError(t, err)
		_, err = d.Unmarshal(unhexed(t, "00100018"+"0102"))
		require.NoError(t, err)
		require.Empty(t, d.AccessUnits())
		_, err = d.Unmarshal(unhexed(t, second))
		require.ErrorIs(t, err, ErrPayload, second)
		out, err := d.Unmarshal(unhexed(t, "00100018"+"010203"))
		require.NoError(t, err)
		require.Equal(t, []byte{1, 2, 3}, out)
	}
}

func TestEndlessFragmentsAreDropped(t *testing.T) {
	for _, form := range []Form{ADTS, LATM} {
		d, err := NewDepacketizer(format(form))
		require.NoError(t, err)
		escape := bytes.Repeat([]byte{255}, 1400)
		var last error
		for range 100 {
			if _, last = d.Unmarshal(escape); last != nil {
				break
			}
		}
		require.ErrorIs(t, last, ErrPayload)
	}
}

func TestHeaderLayout(t *testing.T) {
	low := HeaderLayout{Size: 6, Index: 2, IndexDelta: 2}
	b, err := low.Marshal(3, 63)
	require.NoError(t, err)
	require.Equal(t, []byte{0, 16, 0x0c, 0xfc}, b)
	_, err = low.Marshal(64)
	require.ErrorIs(t, err, ErrPayload)
	_, err = low.Marshal(-1)
	require.ErrorIs(t, err, ErrPayload)
	_, err = HeaderLayout{}.Marshal(1)
	require.ErrorIs(t, err, ErrFormat)
	_, _, err = HeaderLayout{}.Unmarshal([]byte{0, 16, 0, 0})
	require.ErrorIs(t, err, ErrFormat)
	_, err = HighRate.Marshal(make([]int, 4096)...)
	require.ErrorIs(t, err, ErrPayload)
	b, err = HighRate.Marshal(make([]int, 4095)...)
	require.NoError(t, err)
	sizes, data, err := HighRate.Unmarshal(b)
	require.NoError(t, err)
	require.Len(t, sizes, 4095)
	require.Empty(t, data)
}

func TestHeaderLayoutRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.Uint8Range(0, 16)
		l := HeaderLayout{Size: rapid.Uint8Range(1, 16).Draw(t, "size"), Index: width.Draw(t, "index"), IndexDelta: width.Draw(t, "delta")}
		want := rapid.SliceOfN(rapid.IntRange(0, 1<<l.Size-1), 1, 20).Draw(t, "sizes")
		b, err := l.Marshal(want...)
		require.NoError(t, err)
		sizes, data, err := l.Unmarshal(append(b, 9))
		require.NoError(t, err)
		require.Equal(t, want, sizes)
		require.Equal(t, []byte{9}, data)
	})
}

// packets are those of units as they go onto the wire.
func packets(t require.TestingT, f Format, mtu uint16, sequence uint16, units [][]byte) []*rtp.Packet {
	var out []*rtp.Packet
	for i, unit := range units {
		all := payloads(t, f, mtu, unit)
		for j, payload := range all {
			out = append(out, &rtp.Packet{
				Header:  rtp.Header{SequenceNumber: sequence, Timestamp: uint32(i) * 1024, Marker: j == len(all)-1},
				Payload: payload,
			})
			sequence++
		}
	}

	return out
}

func TestAnyUnitsAtAnySizeOfPacket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := format(Form(rapid.IntRange(0, 2).Draw(t, "form")))
		units := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 600), 1, 6).Draw(t, "units")
		a, err := NewAssembler(f)
		require.NoError(t, err)
		d, err := NewDepacketizer(f)
		require.NoError(t, err)
		var got, plain [][]byte
		// The first unit is whole, for a stream that begins amidst fragments is not
		// joined before the next unit.
		all := packets(t, f, 1200, rapid.Uint16().Draw(t, "sequence"), units[:1])
		for i, p := range packets(t, f, rapid.Uint16Range(8, 700).Draw(t, "mtu"), all[0].SequenceNumber+1, units[1:]) {
			p.Timestamp += 4096
			require.Less(t, i, 1<<14)
			all = append(all, p)
		}
		for _, p := range all {
			out, err := a.Push(p)
			require.NoError(t, err)
			for _, unit := range out {
				got = append(got, bytes.Clone(unit))
			}
			again, err := a.Push(p)
			require.NoError(t, err)
			require.Empty(t, again)
			one, err := d.Unmarshal(p.Payload)
			require.NoError(t, err)
			if len(one) > 0 {
				plain = append(plain, bytes.Clone(one))
			}
		}
		require.Equal(t, units, got)
		require.Equal(t, units, plain)
		require.Zero(t, a.Dropped)
	})
}

// Whatever is lost, no unit comes out other than it went in.
func TestLossMakesNoWrongUnits(t *testing.T) {
	// Greater than a packet, so that no fragment of LATM passes for a unit.
	const mark = 150
	for _, form := range []Form{ADTS, LATM, Generic} {
		t.Run(form.String(), func(t *testing.T) {
			var units [][]byte
			for i := range 40 {
				units = append(units, bytes.Repeat([]byte{byte(i + mark)}, 20+15*i))
			}
			f := format(form)
			all := packets(t, f, 100, 65500, units)
			for lost := range all {
				a, err := NewAssembler(f)
				require.NoError(t, err)
				seen := map[byte]bool{}
				for i, p := range all {
					if i == lost {
						continue
					}
					out, err := a.Push(p)
					if err != nil {
						continue
					}
					for _, unit := range out {
						require.Equal(t, units[unit[0]-mark], unit)
						seen[unit[0]] = true
					}
				}
				// The unit of the lost packet is missing, and the next one where it
				// cannot be told that it begins.
				require.GreaterOrEqual(t, len(seen), len(units)-2)
				require.Less(t, len(seen), len(units)+1)
			}
		})
	}
}

func TestAssembler(t *testing.T) {
	a, err := NewAssembler(format(Generic))
	require.NoError(t, err)
	push := func(sequence uint16, timestamp uint32, marker bool, payload string) ([][]byte, error) {
		return a.Push(&rtp.Packet{
			Header:  rtp.Header{SequenceNumber: sequence, Timestamp: timestamp, Marker: marker},
			Payload: unhexed(t, payload),
		})
	}
	// A stream joined amidst a unit.
	out, err := push(10, 0, true, "00100018"+"03")
	require.NoError(t, err)
	require.Empty(t, out)
	require.Equal(t, uint64(1), a.Dropped)
	out, err = push(11, 0, true, "00100008"+"04")
	require.NoError(t, err)
	require.Equal(t, [][]byte{{4}}, out)
	// Padding alone.
	out, err = push(12, 1024, false, "")
	require.NoError(t, err)
	require.Empty(t, out)
	_, err = push(13, 1024, true, "00")
	require.ErrorIs(t, err, ErrPayload)
	// Late, then a sender that began anew.
	out, err = push(9, 1024, true, "00100008"+"05")
	require.NoError(t, err)
	require.Empty(t, out)
	out, err = push(1<<16-1987, 2048, true, "00100008"+"06")
	require.NoError(t, err)
	require.Equal(t, [][]byte{{6}}, out)
}

func FuzzDepacketizer(f *testing.F) {
	f.Add(byte(0), byte(0), unhexed(f, "fff15080015ffc010203"), unhexed(f, "fff05080019ffc0000010203"))
	f.Add(byte(0), byte(0), unhexed(f, "fff15080"), unhexed(f, "015ffc010203"))
	f.Add(byte(1), byte(0), unhexed(f, "03010203"), unhexed(f, "ff"))
	f.Add(byte(1), byte(3), unhexed(f, "0301020300"), unhexed(f, "0000"))
	f.Add(byte(2), byte(0), unhexed(f, "001000180102"), unhexed(f, "0010001803"))
	f.Add(byte(2), byte(0), unhexed(f, "0020001800100102030405"), []byte{})
	f.Fuzz(func(t *testing.T, form, subFrames byte, first, second []byte) {
		format := format(Form(form % 3))
		format.Mux.SubFrames = int(subFrames%MaxSubFrames) + 1
		d, err := NewDepacketizer(format)
		require.NoError(t, err)
		a, err := NewAssembler(format)
		require.NoError(t, err)
		for i, payload := range [][]byte{first, second, second, first} {
			before := bytes.Clone(payload)
			d.IsPartitionHead(payload)
			out, err := d.Unmarshal(payload)
			require.Equal(t, before, payload)
			require.True(t, bytes.Equal(out, bytes.Join(d.AccessUnits(), nil)))
			if err != nil {
				require.ErrorIs(t, err, ErrPayload)
				require.Empty(t, d.AccessUnits())
			}
			_, _ = a.Push(&rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i)}, Payload: payload})
		}
	})
}

func BenchmarkPayload(b *testing.B) {
	unit := make([]byte, 341)
	for _, form := range []Form{ADTS, LATM, Generic} {
		b.Run(form.String(), func(b *testing.B) {
			p, err := NewPayloader(format(form))
			require.NoError(b, err)
			d, err := NewDepacketizer(format(form))
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				for _, payload := range p.Payload(1180, unit) {
					_, _ = d.Unmarshal(payload)
				}
			}
		})
	}
}
