// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/gcc"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

const benchPayload = 1200

// benchBatch is how many packets are written before the benchmark waits for them to
// leave: pion's pacer looks into its queue every 5 ms only.
const benchBatch = 5000

// counting is a network that counts.
type counting struct{ n atomic.Int64 }

func (c *counting) Write(h *rtp.Header, payload []byte, _ interceptor.Attributes) (int, error) {
	c.n.Add(1)

	return h.MarshalSize() + len(payload), nil
}

func (c *counting) waitFor(n int64) {
	for c.n.Load() < n {
		runtime.Gosched()
	}
}

func unlimited() Config {
	cfg := Default()
	const rate = 100_000 * bwe.Mbps
	cfg.BWE.MinBitrate, cfg.BWE.StartBitrate, cfg.BWE.MaxBitrate = rate, rate, rate
	cfg.RateControl.MaxBitrate = 100_000 * bwe.Mbps
	cfg.Pacer.MaxQueueBytes = 64 << 20
	cfg.Pacer.DisablePadding = true

	return cfg
}

// BenchmarkWrite is one RTP packet from the application to the network, stamped and
// paced, beside pion's GCC with its pacer and TWCC header extension.
func BenchmarkWrite(b *testing.B) {
	run := func(b *testing.B, w interceptor.RTPWriter, network *counting) {
		payload := make([]byte, benchPayload)
		h := &rtp.Header{Version: 2, SSRC: videoSSRC, PayloadType: 96}
		b.ReportAllocs()
		var written int64
		for b.Loop() {
			h.SequenceNumber++
			h.Extension, h.Extensions = false, h.Extensions[:0]
			if _, err := w.Write(h, payload, nil); err != nil {
				b.Fatal(err)
			}
			if written++; written%benchBatch == 0 {
				network.waitFor(written)
			}
		}
		network.waitFor(written)
	}
	b.Run("rtmcc", func(b *testing.B) {
		s, err := NewBandwidthEstimator(WithConfig(unlimited()), WithLoggerFactory(quiet()))
		require.NoError(b, err)
		network := &counting{}
		run(b, s.AddStream(videoInfo(), network), network)
		require.Zero(b, s.Stats().PacketsDropped)
		require.NoError(b, s.Close())
	})
	b.Run("pion-gcc", func(b *testing.B) {
		g, err := gcc.NewSendSideBWE(gcc.SendSideBWEInitialBitrate(1e12), gcc.SendSideBWEMaxBitrate(1e13),
			gcc.WithLoggerFactory(quiet()))
		require.NoError(b, err)
		f, err := twcc.NewHeaderExtensionInterceptor()
		require.NoError(b, err)
		stamp, err := f.NewInterceptor("")
		require.NoError(b, err)
		network := &counting{}
		run(b, stamp.BindLocalStream(videoInfo(), g.AddStream(videoInfo(), network)), network)
		require.NoError(b, g.Close())
	})
}

const benchReported = 50

// feedbackOf patches the n-th feedback on benchReported packets into template.
func feedbackOf(template []byte, first int64, n int) {
	binary.BigEndian.PutUint16(template[12:], uint16(first))
	binary.BigEndian.PutUint32(template[16:], uint32(n)<<8|uint32(n&0xff))
}

func feedbackTemplate() []byte {
	fates := make([]fate, benchReported)
	for i := range fates {
		fates[i] = fate(i) * ms
	}
	fates[20] = lost

	return buildTWCC(0, 0, 0, fates...)
}

// BenchmarkFeedback is one transport-wide feedback on 50 packets, from its bytes to
// the new estimate, beside pion's GCC.
func BenchmarkFeedback(b *testing.B) {
	template := feedbackTemplate()
	b.Run("rtmcc", func(b *testing.B) {
		o := benchOwner(b, unlimited())
		st := o.streams[0]
		const ahead = 10
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			if i%ahead == 0 {
				b.StopTimer()
				for range ahead * benchReported {
					sendOne(b, o, st)
				}
				b.StartTimer()
			}
			first := o.sent.next - int64((ahead-i%ahead)*benchReported)
			feedbackOf(template, first, i)
			o.onTransportCC(template, o.tick(o.last.Add(50*time.Millisecond)))
		}
		b.StopTimer()
		require.EqualValues(b, b.N, o.stats.Feedbacks)
	})
	b.Run("pion-gcc", func(b *testing.B) {
		g, err := gcc.NewSendSideBWE(gcc.SendSideBWEPacer(gcc.NewNoOpPacer()), gcc.WithLoggerFactory(quiet()))
		require.NoError(b, err)
		f, err := twcc.NewHeaderExtensionInterceptor()
		require.NoError(b, err)
		stamp, err := f.NewInterceptor("")
		require.NoError(b, err)
		w := stamp.BindLocalStream(videoInfo(), g.AddStream(videoInfo(), discard{}))
		// pion's history holds 250 packets.
		const ahead = 4
		h := &rtp.Header{Version: 2, SSRC: videoSSRC}
		var sent int64
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			if i%ahead == 0 {
				b.StopTimer()
				for range ahead * benchReported {
					h.Extension, h.Extensions = false, nil
					_, err := w.Write(h, make([]byte, benchPayload), nil)
					require.NoError(b, err)
					sent++
				}
				b.StartTimer()
			}
			feedbackOf(template, sent-int64((ahead-i%ahead)*benchReported), i)
			packets, err := rtcp.Unmarshal(template)
			if err != nil {
				b.Fatal(err)
			}
			if err := g.WriteRTCP(packets, nil); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		require.NoError(b, g.Close())
	})
}

// benchOwner is an owner with one stream of video, driven without a goroutine.
func benchOwner(tb testing.TB, cfg Config) *owner {
	tb.Helper()
	opts, err := newOptions([]Option{WithConfig(cfg), WithLoggerFactory(quiet())})
	require.NoError(tb, err)
	s, err := newSender(opts)
	require.NoError(tb, err)
	s.running = true
	s.owner.addStream(newStream(videoInfo(), discard{}, 0))

	return s.owner
}

// sendOne takes one packet all the way from a write to the network.
func sendOne(tb testing.TB, o *owner, st *stream) {
	o.header.SequenceNumber++
	h := rtp.Header{Version: 2, SSRC: st.ssrc, SequenceNumber: uint16(o.sent.next)}
	if _, err := o.s.write(st, &h, benchBytes[:]); err != nil {
		tb.Fatal(err)
	}
	o.collect()
	o.work()
	o.drain()
}

var benchBytes [benchPayload]byte

func TestNoAllocationPerPacket(t *testing.T) {
	if raceEnabled {
		t.Skip("not with the race detector")
	}
	o := benchOwner(t, unlimited())
	st := o.streams[0]
	for range 20_000 {
		sendOne(t, o, st)
	}
	perHundred := testing.AllocsPerRun(100, func() {
		for range 100 {
			sendOne(t, o, st)
		}
	})
	// A garbage collection may empty the pool of buffers.
	require.LessOrEqual(t, perHundred, 5.0)
	require.Zero(t, o.stats.PacketsDropped)
}

func TestNoAllocationPerFeedback(t *testing.T) {
	if raceEnabled {
		t.Skip("not with the race detector")
	}
	o := benchOwner(t, unlimited())
	st := o.streams[0]
	template := feedbackTemplate()
	n := 0
	step := func() {
		for range benchReported {
			sendOne(t, o, st)
		}
		feedbackOf(template, o.sent.next-benchReported, n)
		n++
		o.onTransportCC(template, o.tick(o.last.Add(time.Millisecond)))
	}
	for range 500 {
		step()
	}
	require.LessOrEqual(t, testing.AllocsPerRun(200, step), 2.0)
	require.EqualValues(t, n, o.stats.Feedbacks)
}

// BenchmarkNew is the memory of a Sender with a stream that sent one packet.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		s, err := NewBandwidthEstimator(WithLoggerFactory(quiet()))
		if err != nil {
			b.Fatal(err)
		}
		w := s.AddStream(videoInfo(), discard{})
		if _, err := w.Write(&rtp.Header{Version: 2, SSRC: videoSSRC}, benchBytes[:], nil); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
