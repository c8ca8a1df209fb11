// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

// rrtr is a receiver reference time as it comes off the wire.
func rrtr(ssrc uint32, ntp uint64) []byte {
	b := []byte{0x80, 207, 0, 4}
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = append(b, 4, 0, 0, 2)

	return binary.BigEndian.AppendUint64(b, ntp)
}

func TestAnswerToReferenceTime(t *testing.T) {
	// 1.5 s later is 0x18000 units of 1/65536 s.
	packets := answerXR(0x01020304, []referenceTime{
		{ssrc: 0xa0b0c0d0, lrr: 0x22223333, at: bwe.Time(time.Second)},
		{ssrc: 0x11, lrr: 0x44, at: bwe.Time(2500 * time.Millisecond)},
	}, bwe.Time(2500*time.Millisecond))
	b, err := rtcp.Marshal(packets)
	require.NoError(t, err)
	require.Equal(t, []byte{
		0x80, 201, 0, 1, 1, 2, 3, 4,
		0x80, 207, 0, 8, 1, 2, 3, 4,
		5, 0, 0, 6,
		0xa0, 0xb0, 0xc0, 0xd0, 0x22, 0x22, 0x33, 0x33, 0, 1, 0x80, 0,
		0, 0, 0, 0x11, 0, 0, 0, 0x44, 0, 0, 0, 0,
	}, b)
}

func TestShortNTP(t *testing.T) {
	for d, want := range map[time.Duration]uint32{
		0: 0, time.Second: 65536, 500 * time.Millisecond: 32768, 15259 * time.Nanosecond: 1,
		15 * time.Microsecond: 0, time.Hour: 3600 * 65536, 65536 * time.Second: 0,
	} {
		require.Equal(t, want, ntpShort(d), d)
	}
}

func TestEveryReferenceTimeIsAnswered(t *testing.T) {
	inBubble(t, func(c *Config) { c.Feedback.ReportInterval = 0 }, func(r *rig) {
		r.hear(rrtr(1, 2<<32))
		require.Empty(t, r.sentRTCP(), "no SSRC of ours is declared yet")
		r.add(audioInfo())
		r.add(videoInfo())
		synctest.Wait()
		// SRS sends it under the SSRC of our own stream, once for each.
		const ntp = 0xaaaa_bbbb_cccc_dddd
		r.s.hear(rrtr(videoSSRC, ntp))
		r.s.hear(rrtr(audioSSRC, ntp+1<<16))
		synctest.Wait()
		var got []rtcp.DLRRReport
		for _, packets := range r.sentRTCP() {
			xr, ok := packets[1].(*rtcp.ExtendedReport)
			require.True(t, ok)
			require.EqualValues(t, audioSSRC, xr.SenderSSRC, "the stream that was declared first")
			got = append(got, xr.Reports[0].(*rtcp.DLRRReportBlock).Reports...) //nolint:forcetypeassert // as above
		}
		require.Equal(t, []rtcp.DLRRReport{
			{SSRC: videoSSRC, LastRR: 0xbbbb_cccc}, {SSRC: audioSSRC, LastRR: 0xbbbb_cccd},
		}, got)
		before := len(r.sentRTCP())
		r.hear(rrtr(videoSSRC, ntp))
		require.Len(t, r.sentRTCP(), before, "the same one twice is answered once")
		st := r.s.Stats()
		require.EqualValues(t, 3, st.RRTRs)
		require.EqualValues(t, 2, st.DLRRs)
	})
}

func TestMalformedXR(t *testing.T) {
	good := rrtr(1, 1)
	for name, b := range map[string][]byte{
		"no ssrc":            {0x80, 207, 0, 0},
		"half a block head":  append(append([]byte(nil), good[:8]...), 4, 0),
		"block too long":     append(append([]byte(nil), good[:8]...), 4, 0, 0, 2, 0, 0, 0, 0),
		"reference too long": append(append([]byte(nil), good[:8]...), 4, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
	} {
		require.ErrorIs(t, parseXR(b, func(uint32, uint32) { t.Fatal(name) }), errMalformed, name)
	}
	n := 0
	mixed := append(append([]byte(nil), good[:8]...), 77, 0, 0, 1, 9, 9, 9, 9)
	mixed = append(mixed, good[8:]...)
	require.NoError(t, parseXR(mixed, func(uint32, uint32) { n++ }))
	require.Equal(t, 1, n, "blocks that we do not know are skipped")
}

func TestSenderReports(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		// 25 frames a second with two B-frames: PTS runs up to 80 ms ahead of DTS.
		order := []uint32{2, 0, 1}
		for i := range uint32(50) {
			r.write(w, info, 3600*(i/3*3+order[i%3]), 500)
			time.Sleep(40 * time.Millisecond)
		}
		r.hear(nack(videoSSRC, 49))
		time.Sleep(10 * time.Second)
		var reports []*rtcp.SenderReport
		for _, packets := range r.sentRTCP() {
			if sr, ok := packets[0].(*rtcp.SenderReport); ok {
				reports = append(reports, sr)
			}
		}
		require.Len(t, reports, 2, "no reports while idle")
		last := reports[1]
		require.EqualValues(t, videoSSRC, last.SSRC)
		require.EqualValues(t, 50, last.PacketCount, "repeats by RTX are not of this stream")
		require.EqualValues(t, 50*500, last.OctetCount)
		for i := 1; i < len(reports); i++ {
			dNTP := float64(reports[i].NTPTime-reports[i-1].NTPTime) / (1 << 32)
			dRTP := float64(int32(reports[i].RTPTime-reports[i-1].RTPTime)) / 90000
			require.InDelta(t, dNTP, dRTP, 0.001, "one line through all reports")
		}
		unix := float64(reports[0].NTPTime>>32) - 2208988800
		require.InDelta(t, float64(time.Now().Unix()-11), unix, 1.5)
	})
}

func TestSenderReportsSayWhatThePresentationIs(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		start := time.Now()
		// Every frame is written 120 ms before it is presented.
		for i := range uint32(60) {
			at := time.Now().Add(120 * time.Millisecond)
			r.s.Presented(videoSSRC, 3600*i, at)
			r.s.Presented(videoSSRC+1, 77, at) // no stream of ours
			r.write(w, info, 3600*i, 500)
			time.Sleep(40 * time.Millisecond)
		}
		n := 0
		for _, packets := range r.sentRTCP() {
			sr, ok := packets[0].(*rtcp.SenderReport)
			if !ok {
				continue
			}
			n++
			wall := time.Unix(int64(sr.NTPTime>>32)-2208988800, int64(sr.NTPTime&0xffffffff)*1e9>>32)
			want := (wall.Sub(start) - 120*time.Millisecond).Seconds() * 90000
			require.InDelta(t, want, float64(int32(sr.RTPTime)), 90, "within 1 ms")
		}
		require.GreaterOrEqual(t, n, 2)
	})
}

func TestRoundTripOfReceiverReports(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		r.write(w, info, 1, 100)
		time.Sleep(1100 * time.Millisecond)
		sr, ok := r.sentRTCP()[0][0].(*rtcp.SenderReport)
		require.True(t, ok)
		sentAgo := 100 * time.Millisecond
		const held = 65536 * 20 / 1000
		block := rtcp.ReceptionReport{SSRC: videoSSRC, LastSenderReport: uint32(sr.NTPTime >> 16), Delay: held, FractionLost: 255}
		r.hearPacket(&rtcp.ReceiverReport{SSRC: 9, Reports: []rtcp.ReceptionReport{block}})
		st := r.s.Stats()
		require.InDelta(t, float64(sentAgo-20*time.Millisecond), float64(st.RTT), float64(time.Millisecond))
		require.Zero(t, st.Loss, "the loss of receiver reports is not believed")
		// Nonsense changes nothing.
		for _, bad := range []rtcp.ReceptionReport{
			{SSRC: 4711, LastSenderReport: 1}, {SSRC: videoSSRC}, {SSRC: videoSSRC, LastSenderReport: 1},
		} {
			r.hearPacket(&rtcp.ReceiverReport{SSRC: 9, Reports: []rtcp.ReceptionReport{bad}})
		}
		require.Equal(t, st.RTT, r.s.Stats().RTT)
	})
}
