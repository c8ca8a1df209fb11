// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/trace/convert"
)

// twoSenders returns a pcap of raw IPv4 in which port 5004 sends 30 packets of SSRC 1 and
// port 5006 20 of SSRC 2, each with a transport-wide sequence number as extension 3.
func twoSenders() []byte {
	order := binary.BigEndian
	out := order.AppendUint32(nil, 0xa1b2c3d4)
	out = append(out, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 101)
	for i := range 30 {
		for n, port := range []uint16{5004, 5006} {
			if n == 1 && i >= 20 {
				continue
			}
			rtp := []byte{0x90, 96, 0, byte(i), 0, 0, byte(i), 0, 0, 0, 0, byte(n + 1), 0xbe, 0xde, 0, 1, 3<<4 | 1, 0, byte(i), 0}
			udp := order.AppendUint16(order.AppendUint16(nil, port), 6000)
			udp = append(order.AppendUint16(udp, uint16(8+len(rtp))), 0, 0)
			ip := order.AppendUint16([]byte{0x45, 0}, uint16(20+len(udp)+len(rtp)))
			ip = append(ip, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2)
			length := uint32(len(ip) + len(udp) + len(rtp))
			out = order.AppendUint32(order.AppendUint32(out, 1), uint32(20_000*i+n))
			out = order.AppendUint32(order.AppendUint32(out, length), length)
			out = append(append(append(out, ip...), udp...), rtp...)
		}
	}

	return out
}

func TestFlowOfACapture(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "two.pcap"), filepath.Join(dir, "out.jsonl")
	require.NoError(t, os.WriteFile(in, twoSenders(), 0o600))
	for _, tc := range []struct {
		flags []string
		sent  int64
	}{
		{nil, 30},
		{[]string{"--capture-sender", "192.0.2.1:5006"}, 20},
		{[]string{"--capture-sender", ":5006"}, 20},
		{[]string{"--capture-sender", "192.0.2.1"}, 30},
		{[]string{"--capture-ssrc", "0x2"}, 20},
		{[]string{"--capture-ssrc", "2", "--capture-extension", "3"}, 20},
	} {
		r := call(t, "", 0, append([]string{"convert", in, out, "--force", "--json"}, tc.flags...)...)
		require.Equal(t, exitOK, r.code, r.err.String())
		var result convert.Result
		require.NoError(t, json.Unmarshal([]byte(r.out.String()), &result))
		require.Equal(t, tc.sent, result.Events["sent"], tc.flags)
	}
	for _, command := range [][]string{{"replay", in}, {"convert", in, out, "--force"}} {
		r := call(t, "", 0, append(command, "--capture-sender", ":1")...)
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.err.String(),
			"no RTP of the sender that was asked for is in the capture, but of 192.0.2.1:5004 (SSRC 1, 30 packets), 192.0.2.1:5006 (SSRC 2, 20 packets)")
		r = call(t, "", 0, append(command, "--capture-extension", "4")...)
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.err.String(), "no packet of 192.0.2.1:5004 has a header extension 4 of two bytes")
		r = call(t, "", 0, append(command, "--capture-sender", "host")...)
		require.Equal(t, exitUsage, r.code)
		require.Contains(t, r.err.String(), `"host" is no address`)
	}
}
