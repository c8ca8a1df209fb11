// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"fmt"
	"time"

	"github.com/pion/rtp"
	"google.golang.org/protobuf/proto"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/eventlog/eventlogpb"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// eventBegin is the type of the event that begins a version 1 log.
const eventBegin = 1

// noCluster and above stand for a packet of no probe.
const noCluster = 1 << 16

// v1 reads the events of version 1.
type v1 struct {
	log    *log
	event  eventlogpb.Event
	header rtp.Header
}

func (r *v1) read(body []byte) error {
	r.event.Reset()
	if err := proto.Unmarshal(body, &r.event); err != nil {
		return err
	}
	ev := &r.event
	at, err := logTime(ev.GetTimestampUs(), time.Microsecond)
	if err != nil {
		return err
	}
	if ev.GetType() == eventBegin {
		r.log.begin(at, time.Time{})
	}
	if p := ev.GetRtpPacket(); p != nil && !p.GetIncoming() {
		if err := r.sent(at, p); err != nil {
			return err
		}
	}
	if p := ev.GetRtcpPacket(); p.GetIncoming() {
		r.log.add(entry{at: at, class: classReceived, raw: p.GetPacketData()})
	}
	r.configure(ev)
	r.decide(at, ev)

	return nil
}

func (r *v1) sent(at time.Duration, p *eventlogpb.RtpPacket) error {
	r.header = rtp.Header{Extensions: r.header.Extensions[:0]}
	if _, err := r.header.Unmarshal(p.GetHeader()); err != nil {
		return fmt.Errorf("a packet's header: %w", err)
	}
	e := entry{
		at: at, class: classSent, ssrc: r.header.SSRC, seq: r.header.SequenceNumber, size: min(p.GetPacketLength(), maxPacket),
	}
	e.transport, e.numbered = r.log.streams.transport(&r.header)
	if id := p.GetProbeClusterId(); id < noCluster {
		e.cluster = id
	}
	r.log.add(e)

	return nil
}

// configure takes in what an event says of the streams.
func (r *v1) configure(ev *eventlogpb.Event) {
	s := &r.log.streams
	if c := ev.GetVideoSendConfig(); c != nil {
		for _, ssrc := range c.GetSsrcs() {
			s.add(ssrc, bwe.PacketVideo)
			s.addExtensions(ssrc, c.GetHeaderExtensions())
		}
		for _, ssrc := range c.GetRtxSsrcs() {
			s.add(ssrc, bwe.PacketRetransmission)
			s.addExtensions(ssrc, c.GetHeaderExtensions())
		}
	}
	if c := ev.GetAudioSendConfig(); c != nil {
		s.add(c.GetSsrc(), bwe.PacketAudio)
		s.addExtensions(c.GetSsrc(), c.GetHeaderExtensions())
	}
}

// decide takes in what the recorder decided.
func (r *v1) decide(at time.Duration, ev *eventlogpb.Event) {
	if d := ev.GetDelayBased(); d != nil {
		r.log.decision(at, &recording.DelayBased{Bitrate: bwe.Bitrate(max(d.GetBitrateBps(), 0)), State: detectorState(d.GetState() + 1)})
	}
	if l := ev.GetLossBased(); l != nil {
		r.log.decision(at, &recording.LossBased{
			Bitrate: bwe.Bitrate(max(l.GetBitrateBps(), 0)), Loss: fraction(uint64(l.GetFractionLost())), Packets: int(max(l.GetTotalPackets(), 0)),
		})
	}
	if a := ev.GetAlrState(); a != nil {
		r.log.decision(at, &recording.ApplicationLimited{Active: a.GetInAlr()})
	}
	if c := ev.GetProbeCluster(); c != nil {
		r.log.probe(at, &recording.ProbeStarted{
			ID: int(c.GetId()), Bitrate: bitrate(c.GetBitrateBps()), MinPackets: int(c.GetMinPackets()), MinBytes: int64(c.GetMinBytes()),
		})
	}
	if p := ev.GetProbeResult(); p != nil {
		end := &recording.ProbeEnded{ID: int(p.GetId()), Failure: probeFailure(p.GetResult())}
		if end.Failure == "" {
			end.Bitrate = bitrate(p.GetBitrateBps())
		}
		r.log.decision(at, end)
	}
}
