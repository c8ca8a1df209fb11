// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package flexfec

import (
	"testing"

	"github.com/pion/interceptor/pkg/flexfec"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
)

// The repair packets of another implementation mend what they cover.
func TestRepairsOfPion(t *testing.T) {
	for _, size := range []int{5, 15, 16, 40, 46, 47, 100} {
		encoder := flexfec.NewFlexEncoder03(118, 0x99)
		var packets []rtp.Packet
		var list []source
		for i := range size {
			p := rtp.Packet{
				Header: rtp.Header{
					Version: 2, SSRC: testSSRC, PayloadType: 96, Marker: i%3 == 0,
					SequenceNumber: 65530 + uint16(i), Timestamp: uint32(i) * 3000,
				},
				Payload: make([]byte, 10+i),
			}
			packets = append(packets, p)
			list = append(list, newSource(t, &p))
		}
		var repairs [][]byte
		for _, r := range encoder.EncodeFec(packets, 3) {
			repairs = append(repairs, r.Payload)
		}
		require.Len(t, repairs, 3)
		for i, s := range list {
			got := restored(list, map[int]bool{i: true}, repairs)
			require.Len(t, got, 1, "packet %d of %d", i, size)
			require.True(t, got[string(s.wire)])
		}
	}
}
