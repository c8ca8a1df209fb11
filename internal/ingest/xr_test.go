// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRoundTripTime(t *testing.T) {
	start := time.Date(2036, 2, 7, 6, 28, 15, 0, time.UTC) // NTP's second era begins a second later
	r := rrtr{ssrc: 7}
	raw, err := r.report(start).(*rtcp.ExtendedReport).Marshal()
	require.NoError(t, err)
	require.Len(t, raw, 20)
	require.Equal(t, byte(4), raw[8], "block type")
	require.Equal(t, []byte{0, 2}, raw[10:12], "block length")
	lrr := uint32(ntpTime(start) >> 16)

	for _, c := range []struct {
		name string
		d    rtcp.DLRRReport
		at   time.Duration
		want time.Duration
		n    uint64
	}{
		{"another receiver's", rtcp.DLRRReport{SSRC: 8, LastRR: lrr}, time.Second, 0, 0},
		{"none seen yet", rtcp.DLRRReport{SSRC: 7}, time.Second, 0, 0},
		{"answered at once", rtcp.DLRRReport{SSRC: 7, LastRR: lrr}, 1500 * time.Millisecond, 1500 * time.Millisecond, 1},
		{"shown twice", rtcp.DLRRReport{SSRC: 7, LastRR: lrr}, 1600 * time.Millisecond, 1500 * time.Millisecond, 1},
		{"answered after a second", rtcp.DLRRReport{SSRC: 7, LastRR: lrr, DLRR: 65536}, 1080 * time.Millisecond, 80 * time.Millisecond, 2},
		{"before it was asked", rtcp.DLRRReport{SSRC: 7, LastRR: lrr, DLRR: 2 * 65536}, time.Second, 80 * time.Millisecond, 3},
		{"beyond belief", rtcp.DLRRReport{SSRC: 7, LastRR: lrr, DLRR: 1}, 11 * time.Second, 80 * time.Millisecond, 4},
	} {
		r.answer(&c.d, start.Add(c.at))
		require.InDelta(t, c.want, r.rtt, float64(50*time.Microsecond), c.name)
		require.Equal(t, c.n, r.answers, c.name)
	}
}

func TestNTPTime(t *testing.T) {
	require.Equal(t, uint64(2208988800)<<32|1<<31, ntpTime(time.Unix(0, 500000000)))
	rapid.Check(t, func(t *rapid.T) {
		near := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "near"), 0)
		at := near.Add(time.Duration(rapid.Int64Range(-1e18, 1e18).Draw(t, "distance")))
		require.InDelta(t, 0, at.Sub(fromNTP(ntpTime(at), near)), 2)
	})
}

func TestOriginalPacket(t *testing.T) {
	marshal := func(h rtp.Header, payload []byte, padding byte) []byte {
		p := rtp.Packet{Header: h, Payload: payload, PaddingSize: padding}
		p.Padding = padding > 0
		raw, err := p.Marshal()
		require.NoError(t, err)

		return raw
	}
	h := rtp.Header{Version: 2, SequenceNumber: 9, Timestamp: 5, SSRC: 3, Marker: true, PayloadType: 97}
	for _, c := range []struct {
		name string
		raw  []byte
		ok   bool
	}{
		{"a repeat", marshal(h, []byte{1, 2, 3, 4}, 0), true},
		{"a padded repeat", marshal(h, []byte{1, 2, 3, 4}, 20), true},
		{"a probe", marshal(h, nil, 20), false},
		{"a sequence number cut short", marshal(h, []byte{1}, 0), false},
		{"nothing", nil, false},
		{"padding beyond the start", append(marshal(h, []byte{1, 2, 3, 4}, 1)[:16], 200), false},
		{"padding of zero", append(marshal(h, []byte{1, 2, 3, 4}, 1)[:16], 0), false},
	} {
		var header rtp.Header
		p, ok := originalPacket(c.raw, &header)
		require.Equal(t, c.ok, ok, c.name)
		if ok {
			require.Equal(t, rtpPacket{seq: 0x0102, timestamp: 5, marker: true, payload: []byte{3, 4}}, p, c.name)
		}
	}
}

func FuzzOriginalPacket(f *testing.F) {
	f.Add([]byte{0x80, 97, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4})
	f.Add([]byte{0xb0, 97, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 2, 2})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var h rtp.Header
		if p, ok := originalPacket(raw, &h); ok {
			require.LessOrEqual(t, len(p.payload), len(raw)-14)
		}
	})
}

func TestFreezeMeter(t *testing.T) {
	start := time.Unix(1000, 0)
	ms := func(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }
	var m freezeMeter
	sum := func() [3]int64 {
		n, total, longest := m.sum()

		return [3]int64{int64(n), total.Milliseconds(), longest.Milliseconds()}
	}
	m.until(ms(5000))
	require.Equal(t, [3]int64{}, sum(), "no freeze before the first frame")
	m.frame(ms(0))
	m.frame(ms(200))
	require.Equal(t, [3]int64{}, sum(), "200 ms is none")
	m.frame(ms(401))
	require.Equal(t, [3]int64{1, 201, 201}, sum())
	m.frame(ms(450))
	m.until(ms(650))
	require.Equal(t, [3]int64{1, 201, 201}, sum())
	m.until(ms(950))
	m.until(ms(1450))
	require.Equal(t, [3]int64{2, 1201, 1000}, sum(), "one that goes on counts once")
	m.frame(ms(1950))
	require.Equal(t, [3]int64{2, 1701, 1500}, sum())
	m.frame(ms(2000))
	require.Equal(t, [3]int64{2, 1701, 1500}, sum())
}
