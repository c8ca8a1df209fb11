// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"encoding/binary"
	"io"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/gcc"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback/feedbacktest"
)

const (
	pionSSRC      = 1
	pionExtension = 3
)

// benchmarkPion feeds a call to pion's GCC, without its pacer. It goes by the wall clock, by
// which a replay takes no time: what it decides means nothing here, only what it costs.
func benchmarkPion(b *testing.B, events []bwe.Event, packets int64) {
	feedback := pionFeedback(b, events)
	network := interceptor.RTPWriterFunc(func(*rtp.Header, []byte, interceptor.Attributes) (int, error) { return 0, nil })
	quiet := &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
	info := &interceptor.StreamInfo{
		SSRC:                pionSSRC,
		RTPHeaderExtensions: []interceptor.RTPHeaderExtension{{URI: "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", ID: pionExtension}},
	}
	payload, number, attributes := make([]byte, 1200), make([]byte, 2), interceptor.Attributes{}
	header := rtp.Header{Version: 2, SSRC: pionSSRC}
	require.NoError(b, header.SetExtension(pionExtension, number))
	b.ReportAllocs()
	for b.Loop() {
		g, err := gcc.NewSendSideBWE(gcc.SendSideBWEPacer(gcc.NewNoOpPacer()), gcc.WithLoggerFactory(quiet))
		require.NoError(b, err)
		w := g.AddStream(info, network)
		heard := 0
		for _, ev := range events {
			switch e := ev.(type) {
			case *bwe.SentPacket:
				// The header keeps these bytes.
				binary.BigEndian.PutUint16(number, uint16(e.Seq))
				if _, err := w.Write(&header, payload, attributes); err != nil {
					b.Fatal(err)
				}
			case *bwe.Feedback:
				if err := g.WriteRTCP(feedback[heard], nil); err != nil {
					b.Fatal(err)
				}
				heard++
			}
		}
		require.NoError(b, g.Close())
	}
	b.ReportMetric(float64(packets)*float64(b.N)/b.Elapsed().Seconds(), "packets/s")
}

// pionFeedback is the feedback of a call as pion reads it.
func pionFeedback(b *testing.B, events []bwe.Event) (out [][]rtcp.Packet) {
	const tick = 64 * time.Millisecond
	for _, ev := range events {
		f, ok := ev.(*bwe.Feedback)
		if !ok {
			continue
		}
		if len(f.Results) == 0 {
			out = append(out, nil)

			continue
		}
		reference := int64(f.At) / int64(tick)
		began := bwe.Time(reference * int64(tick))
		arrivals := make([]time.Duration, len(f.Results))
		for i, r := range f.Results {
			arrivals[i] = feedbacktest.Lost
			if r.Received {
				arrivals[i] = r.ReceivedAt.Sub(began)
			}
		}
		parsed, err := rtcp.Unmarshal(feedbacktest.TransportWide(uint16(f.Results[0].Seq), uint32(reference), uint8(len(out)), arrivals...))
		require.NoError(b, err)
		out = append(out, parsed)
	}

	return out
}
