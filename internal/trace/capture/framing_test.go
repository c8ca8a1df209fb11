// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/require"
)

// pcapOf writes a pcap file by hand, in a byte order and with a unit of time.
func pcapOf(t *testing.T, order binary.AppendByteOrder, magic, fraction uint32, all []wire) []byte {
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	for _, v := range []uint32{0, 0, 1 << 16, uint32(layers.LinkTypeRaw)} {
		b = order.AppendUint32(b, v)
	}
	for _, d := range all {
		p := framed(t, layers.LinkTypeRaw, false, d)
		for _, v := range []uint32{1_700_000_000, uint32(d.at) / (1e9 / fraction), uint32(len(p)), uint32(len(p))} {
			b = order.AppendUint32(b, v)
		}
		b = append(b, p...)
	}

	return b
}

func TestByteOrdersAndUnits(t *testing.T) {
	for name, file := range map[string][]byte{
		"little, us": pcapOf(t, binary.LittleEndian, 0xa1b2c3d4, 1e6, few(20)),
		"little, ns": pcapOf(t, binary.LittleEndian, 0xa1b23c4d, 1e9, few(20)),
		"big, us":    pcapOf(t, binary.BigEndian, 0xa1b2c3d4, 1e6, few(20)),
		"big, ns":    pcapOf(t, binary.BigEndian, 0xa1b23c4d, 1e9, few(20)),
	} {
		require.True(t, Is(file), name)
		source, err := New(bytes.NewReader(file))
		require.NoError(t, err, name)
		got := drain(t, source)
		require.Len(t, got.sent, 20, name)
		require.Equal(t, int64(19*5*ms), int64(got.sent[19].At), name)
		require.Zero(t, source.Damage().Records, name)
	}
}

// block is a pcapng block.
func block(order binary.AppendByteOrder, kind uint32, body []byte) []byte {
	body = append(bytes.Clone(body), make([]byte, -len(body)&3)...)
	b := order.AppendUint32(nil, kind)
	b = order.AppendUint32(b, uint32(len(body)+12))
	b = append(b, body...)

	return order.AppendUint32(b, uint32(len(body)+12))
}

func section(order binary.AppendByteOrder) []byte {
	body := order.AppendUint32(nil, pcapngMagic)
	body = order.AppendUint16(body, 1)
	body = order.AppendUint16(body, 0)
	b := block(order, pcapngSection, order.AppendUint64(body, 1<<64-1))
	body = order.AppendUint16(nil, uint16(layers.LinkTypeRaw))

	return append(b, block(order, pcapngInterface, order.AppendUint32(order.AppendUint16(body, 0), 0))...)
}

func packetBlock(t *testing.T, order binary.AppendByteOrder, kind uint32, d wire, options ...byte) []byte {
	p := framed(t, layers.LinkTypeRaw, false, d)
	us := uint64(begin.UnixMicro()) + uint64(d.at.Microseconds())
	var body []byte
	if kind == pcapngPacket {
		body = order.AppendUint16(order.AppendUint16(nil, 0), 0)
	} else {
		body = order.AppendUint32(nil, 0)
	}
	for _, v := range []uint32{uint32(us >> 32), uint32(us), uint32(len(p)), uint32(len(p))} {
		body = order.AppendUint32(body, v)
	}
	body = append(body, p...)
	body = append(body, make([]byte, -len(body)&3)...)

	return block(order, kind, append(body, options...))
}

// TestBlocks: sections of either byte order, blocks of several kinds, and damaged ones.
func TestBlocks(t *testing.T) {
	all := few(40)
	var file []byte
	for i, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
		file = append(file, section(order)...)
		file = append(file, block(order, 4, []byte("names that are of no concern"))...)
		for j, d := range all[20*i : 20*i+20] {
			kind := uint32(pcapngEnhanced)
			if j%2 == 1 {
				kind = pcapngPacket
			}
			file = append(file, packetBlock(t, order, kind, d)...)
		}
	}
	source, err := New(bytes.NewReader(file))
	require.NoError(t, err)
	got := drain(t, source)
	require.Len(t, got.sent, 40)
	require.Equal(t, int64(39*5*ms), int64(got.sent[39].At))
	require.Zero(t, source.Damage().Records)

	order := binary.LittleEndian
	good := packetBlock(t, order, pcapngEnhanced, wire{at: 1, payload: all[39].payload})
	for name, bad := range map[string][]byte{
		"no such interface": append(good[:8:8], append([]byte{9}, good[9:]...)...),
		"kept too much":     append(good[:20:20], append([]byte{0xff, 0xff}, good[22:]...)...),
		"wrong end":         append(good[:len(good)-1:len(good)-1], 1),
		"option too long":   packetBlock(t, order, pcapngEnhanced, all[39], 1, 0, 99, 0, 1, 2, 3, 4),
		"end with a length": packetBlock(t, order, pcapngEnhanced, all[39], 0, 0, 4, 0, 1, 2, 3, 4),
		"no time":           block(order, pcapngSimple, make([]byte, 8)),
	} {
		broken := section(order)
		for i, d := range all[:20] {
			if i == 10 {
				broken = append(broken, bad...)
			}
			broken = append(broken, packetBlock(t, order, pcapngEnhanced, d)...)
		}
		source, err := New(bytes.NewReader(broken))
		require.NoError(t, err, name)
		require.Len(t, drain(t, source).sent, 20, name)
		require.Equal(t, 1, source.Damage().Records, name)
		require.Equal(t, int64(len(bad)), source.Damage().Bytes, name)
	}
}

// TestKeptMoreThanSaid: a writer may keep more of a packet than the file's header says.
func TestKeptMoreThanSaid(t *testing.T) {
	var out bytes.Buffer
	w := pcapgo.NewWriterNanos(&out)
	require.NoError(t, w.WriteFileHeader(1<<16, layers.LinkTypeRaw))
	for _, d := range few(20) {
		b := framed(t, layers.LinkTypeRaw, false, d)
		require.NoError(t, w.WritePacket(infoOf(d.at, len(b), len(b)), b))
	}
	file := out.Bytes()
	binary.LittleEndian.PutUint32(file[16:], 100)
	source, err := New(bytes.NewReader(file))
	require.NoError(t, err)
	require.Len(t, drain(t, source).sent, 20)
}

// TestUnrelatedTraffic: what only looks like RTCP on other ports is no damage.
func TestUnrelatedTraffic(t *testing.T) {
	all := append(few(20),
		wire{at: 95 * ms, back: true, above: 20, payload: []byte{0x80, 200, 0, 9, 1, 2, 3, 4}},
		wire{at: 96 * ms, back: true, payload: []byte{0x80, 200, 0, 9, 1, 2, 3, 4}})
	_, _, source := open(t, all, Options{})
	require.Equal(t, 1, source.Damage().Records)
	require.Equal(t, errBrokenRTCP.Error(), source.Damage().First)
}
