// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

const (
	videoSSRC = 0x1000
	videoRTX  = 0x1001
	audioSSRC = 0x2000
	stampID   = 5
)

// leftPacket is a packet as the network saw it.
type leftPacket struct {
	at      time.Duration
	header  rtp.Header
	payload []byte
	stamp   int
}

// rig is a Sender between a writer and a network that records.
type rig struct {
	t *testing.T
	s *Sender

	mu     sync.Mutex
	left   []leftPacket
	rtcp   [][]rtcp.Packet
	events []bwe.Event
	start  time.Time
	fail   error
	zero   bool

	seq map[uint32]uint16
}

func quiet() logging.LoggerFactory {
	f := logging.NewDefaultLoggerFactory()
	f.DefaultLogLevel = logging.LogLevelDisabled
	f.Writer = io.Discard

	return f
}

func newRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, start: time.Now(), seq: map[uint32]uint16{}}
	cfg := Default()
	// What an estimator probes is its own affair.
	cfg.Pacer.DisablePadding = true
	if change != nil {
		change(&cfg)
	}
	o, err := newOptions([]Option{WithConfig(cfg), WithObserver(r.observe), WithLoggerFactory(quiet())})
	require.NoError(t, err)
	r.s, err = newSender(o)
	require.NoError(t, err)
	r.s.BindRTCPWriter(interceptor.RTCPWriterFunc(func(p []rtcp.Packet, _ interceptor.Attributes) (int, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.rtcp = append(r.rtcp, p)

		return 1, nil
	}))

	return r
}

func (r *rig) observe(e bwe.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := e.(type) {
	case *bwe.SentPacket:
		c := *e
		r.events = append(r.events, &c)
	case *bwe.Feedback:
		c := bwe.Feedback{At: e.At, Results: append([]bwe.PacketResult(nil), e.Results...)}
		r.events = append(r.events, &c)
	case *bwe.Timer:
		c := *e
		r.events = append(r.events, &c)
	case *FeedbackChanged:
		c := *e
		r.events = append(r.events, &c)
	case *NACKReceived:
		c := *e
		r.events = append(r.events, &c)
	case *ProtectionChanged:
		c := *e
		r.events = append(r.events, &c)
	case *ratecontrol.Overhead:
		c := *e
		r.events = append(r.events, &c)
	case *PacketDropped:
		c := *e
		r.events = append(r.events, &c)
	}
}

func eventsOf[T bwe.Event](r *rig) []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []T
	for _, e := range r.events {
		if e, ok := e.(T); ok {
			out = append(out, e)
		}
	}

	return out
}

func videoInfo() *interceptor.StreamInfo {
	return &interceptor.StreamInfo{
		SSRC: videoSSRC, SSRCRetransmission: videoRTX, PayloadType: 96, PayloadTypeRetransmission: 97,
		MimeType: "video/H264", ClockRate: 90000,
		RTPHeaderExtensions: []interceptor.RTPHeaderExtension{{URI: sdp.TransportCCURI, ID: stampID}},
	}
}

func audioInfo() *interceptor.StreamInfo {
	return &interceptor.StreamInfo{
		SSRC: audioSSRC, PayloadType: 111, MimeType: "audio/opus", ClockRate: 48000,
		RTPHeaderExtensions: []interceptor.RTPHeaderExtension{{URI: sdp.TransportCCURI, ID: stampID}},
	}
}

func (r *rig) add(info *interceptor.StreamInfo) interceptor.RTPWriter {
	return r.s.AddStream(info, interceptor.RTPWriterFunc(r.network))
}

func (r *rig) network(h *rtp.Header, payload []byte, _ interceptor.Attributes) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil || r.zero {
		return 0, r.fail
	}
	p := leftPacket{at: time.Since(r.start), header: h.Clone(), payload: append([]byte(nil), payload...), stamp: -1}
	if e := h.GetExtension(stampID); e != nil {
		p.stamp = int(binary.BigEndian.Uint16(e))
	}
	r.left = append(r.left, p)

	return h.MarshalSize() + len(payload), nil
}

// write writes one packet with the stream's next sequence number.
func (r *rig) write(w interceptor.RTPWriter, info *interceptor.StreamInfo, timestamp uint32, size int) uint16 {
	r.t.Helper()
	seq := r.seq[info.SSRC]
	r.seq[info.SSRC]++
	payload := make([]byte, size)
	for i := range payload {
		payload[i] = byte(int(seq) + i)
	}
	h := &rtp.Header{
		Version: 2, SSRC: info.SSRC, PayloadType: info.PayloadType, SequenceNumber: seq, Timestamp: timestamp,
	}
	n, err := w.Write(h, payload, nil)
	require.NoError(r.t, err)
	require.Positive(r.t, n)

	return seq
}

func (r *rig) packets() []leftPacket {
	r.mu.Lock()
	defer r.mu.Unlock()

	return append([]leftPacket(nil), r.left...)
}

func (r *rig) sentRTCP() [][]rtcp.Packet {
	r.mu.Lock()
	defer r.mu.Unlock()

	return append([][]rtcp.Packet(nil), r.rtcp...)
}

// hear gives the Sender RTCP and waits until it is settled.
func (r *rig) hear(b []byte) {
	r.s.hear(b)
	synctest.Wait()
}

func (r *rig) hearPacket(p rtcp.Packet) {
	r.t.Helper()
	b, err := p.Marshal()
	require.NoError(r.t, err)
	r.hear(b)
}

// fast is a configuration that holds nothing back.
func fast(c *Config) {
	c.BWE.StartBitrate, c.BWE.MaxBitrate = 50*bwe.Mbps, 100*bwe.Mbps
	c.RateControl.MaxBitrate = 100 * bwe.Mbps
}

// inBubble runs f in virtual time with a rig that is closed afterwards.
func inBubble(t *testing.T, change func(*Config), f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, change)
		defer func() { require.NoError(t, r.s.Close()) }()
		f(r)
	})
}
