// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/flexfec"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

const (
	videoFEC = 0x1002
	fecType  = 118
)

func fecInfo() *interceptor.StreamInfo {
	info := videoInfo()
	info.SSRCForwardErrorCorrection, info.PayloadTypeForwardErrorCorrection = videoFEC, fecType

	return info
}

// steadyFEC keeps to the first loss that is heard of.
func steadyFEC(c *Config) {
	fast(c)
	c.BWE.Probe.Enabled = false
	c.Protection.FEC = ratecontrol.FECOn
	c.Protection.RiseTime, c.Protection.FallTime = 1, time.Minute
}

// lossy writes a packet and has a loss of one in seven reported.
func (r *rig) lossy(w interceptor.RTPWriter, info *interceptor.StreamInfo) {
	for range 7 {
		r.write(w, info, 1, 900)
	}
	synctest.Wait()
	r.hear(buildTWCC(1, 10, 0, 0, ms, lost, ms, ms, ms, ms))
}

// frame writes a frame of n packets, the last one marked.
func (r *rig) frame(w interceptor.RTPWriter, info *interceptor.StreamInfo, timestamp uint32, n int) {
	for i := range n {
		h := &rtp.Header{
			Version: 2, SSRC: info.SSRC, PayloadType: info.PayloadType, SequenceNumber: r.seq[info.SSRC],
			Timestamp: timestamp, Marker: i == n-1,
		}
		r.seq[info.SSRC]++
		_, err := w.Write(h, make([]byte, 500+100*i), nil)
		require.NoError(r.t, err)
	}
}

// ofSSRC returns what left of one SSRC.
func ofSSRC(list []leftPacket, ssrc uint32) (out []leftPacket) {
	for _, p := range list {
		if p.header.SSRC == ssrc {
			out = append(out, p)
		}
	}

	return out
}

func (p *leftPacket) bytes(t *testing.T) []byte {
	t.Helper()
	b, err := (&rtp.Packet{Header: p.header, Payload: p.payload}).Marshal()
	require.NoError(t, err)

	return b
}

// What a stream's FEC gives back is what left, but for the transport number; FEC is
// numbered, stamped and counted like everything that leaves, and keeps to its share.
func TestFECMendsWhatIsLost(t *testing.T) {
	inBubble(t, steadyFEC, func(r *rig) {
		info := fecInfo()
		w := r.add(info)
		r.lossy(w, info)
		before := len(r.packets())
		for i := range 30 {
			r.frame(w, info, uint32(1000+i), 3)
			time.Sleep(33 * time.Millisecond)
		}
		left := r.packets()[before:]
		media, fec := ofSSRC(left, videoSSRC), ofSSRC(left, videoFEC)
		require.Len(t, media, 90)
		require.Greater(t, len(fec), 15)
		var mediaBytes, fecBytes int
		for i, p := range left {
			require.Equal(t, left[0].stamp+i, p.stamp)
		}
		for i, p := range fec {
			require.Equal(t, fec[0].header.SequenceNumber+uint16(i), p.header.SequenceNumber)
			require.EqualValues(t, fecType, p.header.PayloadType)
			fecBytes += p.header.MarshalSize() + len(p.payload)
		}
		recovered := 0
		for lostAt := range media {
			var got []byte
			d := flexfec.NewDecoder(videoSSRC, stampID, func(p []byte) { got = append(got, p...) })
			for _, p := range left {
				switch {
				case p.header.SSRC == videoFEC:
					d.Repair(p.payload)
				case p.header.SequenceNumber != media[lostAt].header.SequenceNumber:
					d.Media(p.bytes(t))
				}
			}
			p := media[lostAt]
			mediaBytes += p.header.MarshalSize() + len(p.payload)
			if got != nil {
				recovered++
				want := p.header.Clone()
				clear(want.GetExtension(stampID))
				p.header = want
				require.Equal(t, p.bytes(t), got)
			}
		}
		require.Greater(t, recovered, 75, "all but the last block")
		require.LessOrEqual(t, float64(fecBytes), 0.3*float64(mediaBytes)+2000)
		require.GreaterOrEqual(t, float64(fecBytes), 0.2*float64(mediaBytes))
		kinds := map[bwe.PacketKind]int{}
		for _, e := range eventsOf[*bwe.SentPacket](r) {
			kinds[e.Kind]++
		}
		require.Equal(t, len(fec), kinds[bwe.PacketFEC])
		require.EqualValues(t, len(fec), r.s.Stats().FECPackets)
		changes := eventsOf[*ProtectionChanged](r)
		require.NotEmpty(t, changes)
		require.InDelta(t, 0.3, changes[len(changes)-1].Rate, 0.02)
	})
}

func TestNoFEC(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config)
		info   func() *interceptor.StreamInfo
		loss   bool
		fec    bool
	}{
		"as negotiated":    {func(*Config) {}, fecInfo, true, true},
		"without loss":     {func(*Config) {}, fecInfo, false, false},
		"not negotiated":   {func(*Config) {}, videoInfo, true, false},
		"off":              {func(c *Config) { c.Protection.FEC = ratecontrol.FECOff }, fecInfo, true, false},
		"short round trip": {func(c *Config) { c.Protection.FEC = ratecontrol.FECAuto }, fecInfo, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(c *Config) { steadyFEC(c); tc.change(c) }, func(r *rig) {
				info := tc.info()
				w := r.add(info)
				if tc.loss {
					r.lossy(w, info)
				}
				for i := range 30 {
					r.frame(w, info, uint32(1000+i), 3)
					time.Sleep(33 * time.Millisecond)
				}
				require.Equal(t, tc.fec, len(ofSSRC(r.packets(), videoFEC)) > 0)
			})
		})
	}
}

// An interceptor upstream that makes FEC is left to it.
func TestForeignFEC(t *testing.T) {
	inBubble(t, steadyFEC, func(r *rig) {
		info := fecInfo()
		w := r.add(info)
		r.lossy(w, info)
		h := &rtp.Header{Version: 2, SSRC: videoFEC, PayloadType: fecType, SequenceNumber: 4711}
		_, err := w.Write(h, make([]byte, 100), nil)
		require.NoError(t, err)
		for i := range 30 {
			r.frame(w, info, uint32(1000+i), 3)
			time.Sleep(33 * time.Millisecond)
		}
		fec := ofSSRC(r.packets(), videoFEC)
		require.Len(t, fec, 1)
		require.EqualValues(t, 4711, fec[0].header.SequenceNumber)
	})
}

// The FEC of a key frame follows it at once, that of others when their time is up,
// even if nothing comes after them.
func TestFECFollowsItsBlock(t *testing.T) {
	for _, tc := range []struct {
		class ratecontrol.FrameClass
		after time.Duration
	}{{ratecontrol.FrameKey, 0}, {ratecontrol.FrameReference, 200 * time.Millisecond}} {
		inBubble(t, steadyFEC, func(r *rig) {
			info := fecInfo()
			w := r.add(info)
			r.lossy(w, info)
			time.Sleep(time.Second)
			before := len(r.packets())
			begun := time.Since(r.start)
			r.s.DescribeFrame(videoSSRC, 1000, tc.class)
			r.frame(w, info, 1000, 9)
			time.Sleep(time.Second)
			fec := ofSSRC(r.packets()[before:], videoFEC)
			require.NotEmpty(t, fec)
			require.InDelta(t, tc.after, fec[0].at-begun, float64(10*time.Millisecond), "class %d", tc.class)
			require.EqualValues(t, 1000, fec[0].header.Timestamp)
		})
	}
}

// Packets that left the history, or whose block spans too much, do no harm.
func TestFECBlocksAreBounded(t *testing.T) {
	inBubble(t, func(c *Config) {
		steadyFEC(c)
		c.Retransmission.MaxBytes = 2000
		c.Protection.LossGain = 0.05
	}, func(r *rig) {
		info := fecInfo()
		w := r.add(info)
		r.lossy(w, info)
		for i := range 200 {
			r.frame(w, info, uint32(1000+i), 3)
			r.seq[info.SSRC] += uint16(i)
			time.Sleep(5 * time.Millisecond)
		}
		d := flexfec.NewDecoder(videoSSRC, stampID, func([]byte) {})
		for _, p := range r.packets() {
			if p.header.SSRC == videoFEC {
				d.Repair(p.payload)
			} else {
				d.Media(p.bytes(t))
			}
		}
		require.Zero(t, d.Stats().Malformed)
	})
}

// BenchmarkProtect is one packet of video from the pacer to a network that takes all,
// with the FEC that comes of it, beside one that is not protected.
func BenchmarkProtect(b *testing.B) {
	for name, rate := range map[string]float64{"none": 0, "10%": 0.1, "30%": 0.3} {
		b.Run(name, func(b *testing.B) {
			opts, err := newOptions([]Option{WithConfig(unlimited()), WithLoggerFactory(quiet())})
			require.NoError(b, err)
			s, err := newSender(opts)
			require.NoError(b, err)
			o := s.owner
			st := newStream(fecInfo(), discard{}, 0)
			o.addStream(st)
			h := &rtp.Header{Version: 2, SSRC: st.ssrc}
			payload := make([]byte, 1180)
			now := bwe.Time(0)
			b.ReportAllocs()
			for b.Loop() {
				o.plan.Rate = rate
				h.SequenceNumber++
				h.Marker = h.SequenceNumber%8 == 0
				h.Extension, h.Extensions = false, h.Extensions[:0]
				now = now.Add(time.Millisecond)
				p, err := capture(h, payload, st.stampID)
				if err != nil {
					b.Fatal(err)
				}
				p.stream, p.kind, p.class = st, bwe.PacketVideo, ratecontrol.FrameReference
				o.sendFirst(departure{item: item{p: p}, lane: laneVideo}, now)
				for o.pacer.lanes[laneFEC].n > 0 {
					o.sendFirst(o.pacer.take(laneFEC, 0, 0), now)
				}
			}
		})
	}
}
