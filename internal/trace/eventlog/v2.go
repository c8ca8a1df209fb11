// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/eventlog/eventlogpb"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// The fields of a version 2 log that are read.
const (
	fieldOutgoingRTP        protowire.Number = 3
	fieldIncomingRTCP       protowire.Number = 4
	fieldBegin              protowire.Number = 16
	fieldLossBased          protowire.Number = 18
	fieldDelayBased         protowire.Number = 19
	fieldProbeStarted       protowire.Number = 21
	fieldProbeSucceeded     protowire.Number = 22
	fieldProbeFailed        protowire.Number = 23
	fieldApplicationLimited protowire.Number = 24
	fieldRouteChange        protowire.Number = 32
	fieldAudioSend          protowire.Number = 102
	fieldVideoSend          protowire.Number = 104
)

// maxBatch is ten times what libwebrtc gathers before it writes.
const maxBatch = 100_000

var (
	errBatch  = errors.New("a batch that lacks what every one has, or has too much")
	errProbes = errors.New("a probe without a success or a reason of failure")
)

// v2 reads the records of version 2.
type v2 struct {
	log     *log
	columns [8][]value
	times   []time.Duration
}

func (r *v2) read(field protowire.Number, body []byte) error {
	switch field {
	case fieldOutgoingRTP:
		return read(body, &eventlogpb.OutgoingRtpBatch{}, r.sent)
	case fieldIncomingRTCP:
		return read(body, &eventlogpb.RtcpBatch{}, r.received)
	case fieldBegin:
		return read(body, &eventlogpb.BeginLog{}, r.begin)
	case fieldLossBased:
		return read(body, &eventlogpb.LossBasedBatch{}, r.lossBased)
	case fieldDelayBased:
		return read(body, &eventlogpb.DelayBasedBatch{}, r.delayBased)
	case fieldProbeStarted:
		return read(body, &eventlogpb.StartedProbe{}, r.probeStarted)
	case fieldProbeSucceeded:
		return read(body, &eventlogpb.SucceededProbe{}, r.probeSucceeded)
	case fieldProbeFailed:
		return read(body, &eventlogpb.FailedProbe{}, r.probeFailed)
	case fieldApplicationLimited:
		return read(body, &eventlogpb.ApplicationLimited{}, r.applicationLimited)
	case fieldRouteChange:
		return read(body, &eventlogpb.RouteChange{}, r.routeChange)
	case fieldAudioSend:
		return read(body, &eventlogpb.SendStream{}, func(s *eventlogpb.SendStream) error { return r.stream(s, bwe.PacketAudio) })
	case fieldVideoSend:
		return read(body, &eventlogpb.SendStream{}, func(s *eventlogpb.SendStream) error { return r.stream(s, bwe.PacketVideo) })
	default:
		return nil
	}
}

func read[M proto.Message](body []byte, m M, use func(M) error) error {
	if err := proto.Unmarshal(body, m); err != nil {
		return err
	}

	return use(m)
}

func (r *v2) begin(b *eventlogpb.BeginLog) error {
	at, err := logTime(b.GetTimestampMs(), time.Millisecond)
	if err != nil {
		return err
	}
	if utc := b.GetUtcTimeMs(); utc > 0 {
		r.log.begin(at, time.UnixMilli(utc).UTC())
	} else {
		r.log.begin(at, time.Time{})
	}

	return nil
}

func (r *v2) stream(s *eventlogpb.SendStream, kind bwe.PacketKind) error {
	r.log.streams.add(s.GetSsrc(), kind)
	r.log.streams.add(s.GetRtxSsrc(), bwe.PacketRetransmission)

	return nil
}

// column decodes a field of a batch of so many events beyond the first.
func (r *v2) column(i int, deltas []byte, base value, more uint32) ([]value, error) {
	n := int(more) + 1
	if cap(r.columns[i]) < n {
		r.columns[i] = make([]value, n)
	}
	c := r.columns[i][:n]
	c[0] = base

	return c, decodeDeltas(c[1:], deltas, base)
}

// timing decodes the times of a batch, which every event must have.
func (r *v2) timing(deltas []byte, base *int64, more uint32) ([]time.Duration, error) {
	if base == nil || more >= maxBatch {
		return nil, errBatch
	}
	c, err := r.column(0, deltas, value{v: uint64(*base), present: true}, more)
	if err != nil {
		return nil, err
	}
	r.times = r.times[:0]
	for _, v := range c {
		at, err := logTime(int64(v.v), time.Millisecond)
		if err != nil || !v.present {
			return nil, errors.Join(errBatch, err)
		}
		r.times = append(r.times, at)
	}

	return r.times, nil
}

func of32(p *uint32) value {
	if p == nil {
		return value{}
	}

	return value{v: uint64(*p), present: true}
}

func (r *v2) sent(b *eventlogpb.OutgoingRtpBatch) error {
	more := b.GetNumberOfDeltas()
	times, err := r.timing(b.GetTimestampMsDeltas(), b.TimestampMs, more)
	if err != nil {
		return err
	}
	var c [6][]value
	for i, f := range []struct {
		deltas []byte
		base   *uint32
	}{
		{b.GetTransportSequenceNumberDeltas(), b.TransportSequenceNumber},
		{b.GetPayloadSizeDeltas(), b.PayloadSize},
		{b.GetHeaderSizeDeltas(), b.HeaderSize},
		{b.GetPaddingSizeDeltas(), b.PaddingSize},
		{b.GetSequenceNumberDeltas(), b.SequenceNumber},
		{b.GetSsrcDeltas(), b.Ssrc},
	} {
		if c[i], err = r.column(i+1, f.deltas, of32(f.base), more); err != nil {
			return err
		}
	}
	for i, at := range times {
		transport, payload, header, padding := c[0][i], c[1][i].v, c[2][i].v, c[3][i].v
		if payload > maxPacket || header > maxPacket || padding > maxPacket {
			return fmt.Errorf("%w: a packet of %d, %d and %d bytes", errBatch, header, payload, padding)
		}
		r.log.add(entry{
			at: at, class: classSent, ssrc: uint32(c[5][i].v), seq: uint16(c[4][i].v), size: uint32(payload + header + padding),
			transport: uint16(transport.v), numbered: transport.present, padding: payload == 0 && padding > 0,
		})
	}

	return nil
}

func (r *v2) received(b *eventlogpb.RtcpBatch) error {
	times, err := r.timing(b.GetTimestampMsDeltas(), b.TimestampMs, b.GetNumberOfDeltas())
	if err != nil {
		return err
	}
	lengths, bodies := b.GetRawPacketBlobs(), b.GetRawPacketBlobs()
	for range times[1:] {
		_, n := protowire.ConsumeVarint(bodies)
		if n < 0 {
			return errBatch
		}
		bodies = bodies[n:]
	}
	for i, at := range times {
		raw := b.GetRawPacket()
		if i > 0 {
			length, n := protowire.ConsumeVarint(lengths)
			if length > uint64(len(bodies)) {
				return errBatch
			}
			lengths, raw, bodies = lengths[n:], bodies[:length:length], bodies[length:]
		}
		r.log.add(entry{at: at, class: classReceived, raw: raw})
	}

	return nil
}

func (r *v2) lossBased(b *eventlogpb.LossBasedBatch) error {
	more := b.GetNumberOfDeltas()
	times, err := r.timing(b.GetTimestampMsDeltas(), b.TimestampMs, more)
	if err != nil {
		return err
	}
	rates, errRates := r.column(1, b.GetBitrateBpsDeltas(), of32(b.BitrateBps), more)
	losses, errLosses := r.column(2, b.GetFractionLostDeltas(), of32(b.FractionLost), more)
	totals, errTotals := r.column(3, b.GetTotalPacketsDeltas(), of32(b.TotalPackets), more)
	if err := errors.Join(errRates, errLosses, errTotals); err != nil {
		return err
	}
	for i, at := range times {
		r.log.decision(at, &recording.LossBased{
			Bitrate: bitrate(rates[i].v), Loss: fraction(losses[i].v), Packets: int(uint32(totals[i].v)),
		})
	}

	return nil
}

func (r *v2) delayBased(b *eventlogpb.DelayBasedBatch) error {
	more := b.GetNumberOfDeltas()
	times, err := r.timing(b.GetTimestampMsDeltas(), b.TimestampMs, more)
	if err != nil {
		return err
	}
	rates, errRates := r.column(1, b.GetBitrateBpsDeltas(), of32(b.BitrateBps), more)
	states, errStates := r.column(2, b.GetStateDeltas(), of32(b.State), more)
	if err := errors.Join(errRates, errStates); err != nil {
		return err
	}
	for i, at := range times {
		r.log.decision(at, &recording.DelayBased{Bitrate: bitrate(rates[i].v), State: detectorState(uint32(states[i].v))})
	}

	return nil
}

func (r *v2) probeStarted(p *eventlogpb.StartedProbe) error {
	at, err := logTime(p.GetTimestampMs(), time.Millisecond)
	if err == nil {
		r.log.probe(at, &recording.ProbeStarted{
			ID: int(p.GetId()), Bitrate: bitrate(uint64(p.GetBitrateBps())),
			MinPackets: int(p.GetMinPackets()), MinBytes: int64(p.GetMinBytes()),
		})
	}

	return err
}

func (r *v2) probeSucceeded(p *eventlogpb.SucceededProbe) error {
	at, err := logTime(p.GetTimestampMs(), time.Millisecond)
	if err == nil {
		r.log.decision(at, &recording.ProbeEnded{ID: int(p.GetId()), Bitrate: bitrate(uint64(p.GetBitrateBps()))})
	}

	return err
}

func (r *v2) probeFailed(p *eventlogpb.FailedProbe) error {
	at, err := logTime(p.GetTimestampMs(), time.Millisecond)
	if err != nil {
		return err
	}
	failure := probeFailure(p.GetReason())
	if failure == "" {
		return errProbes
	}
	r.log.decision(at, &recording.ProbeEnded{ID: int(p.GetId()), Failure: failure})

	return nil
}

func (r *v2) applicationLimited(a *eventlogpb.ApplicationLimited) error {
	at, err := logTime(a.GetTimestampMs(), time.Millisecond)
	if err == nil {
		r.log.decision(at, &recording.ApplicationLimited{Active: a.GetActive()})
	}

	return err
}

func (r *v2) routeChange(c *eventlogpb.RouteChange) error {
	at, err := logTime(c.GetTimestampMs(), time.Millisecond)
	if err == nil {
		r.log.add(entry{at: at, class: classPath, event: &recording.Route{Connected: c.GetConnected(), Overhead: int(min(c.GetOverhead(), maxPacket))}})
	}

	return err
}
