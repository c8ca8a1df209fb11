// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"math"
	"slices"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/rtmcc/rtmcc/bwe"
)

// reportState is what a stream's sender reports tell. pion's own reports do not fit
// behind a pacer: nearer to the network they count repeats and take the time at which
// a packet left for that of its frame; farther away they count what the pacer
// dropped.
type reportState struct {
	packets uint32
	octets  uint32
	// fresh: packets left since the last report.
	fresh bool
	// use is the frame that ties RTP time to the clock, next the one that will.
	use, next frameTime
	// told: the application says when frames are presented, nothing is guessed.
	told bool
}

// frameTime is when the frame with an RTP timestamp was written.
type frameTime struct {
	known bool
	rtp   uint32
	at    bwe.Time
}

// rtpAt is the RTP time at another instant.
func (f *frameTime) rtpAt(at bwe.Time, clockRate uint32) uint32 {
	return f.rtp + uint32(int64(math.Round(at.Sub(f.at).Seconds()*float64(clockRate))))
}

// onFrame notes a packet's timestamp as it is written. With B-frames, frames are
// written in decoding order and stamped in presentation order: the frame that is the
// least ahead of the clock is the one that is presented as it is written.
func (r *reportState) onFrame(timestamp uint32, at bwe.Time, clockRate uint32) {
	if r.told || r.next.known && int32(timestamp-r.next.rtpAt(at, clockRate)) >= 0 {
		return
	}
	r.next = frameTime{known: true, rtp: timestamp, at: at}
}

// Presented says at which instant the frame with an RTP timestamp is presented, for
// the sender reports of the stream of media ssrc. Without it the frames' time of writing
// is taken, which puts pictures ahead of the sound by what B-frames delay them. To be
// called for any frame, best for every one.
func (s *Sender) Presented(ssrc, timestamp uint32, at time.Time) {
	f := frameTime{known: true, rtp: timestamp, at: bwe.Time(at.Sub(s.start))}
	s.post(func(in *inbox) {
		in.calls = append(in.calls, func(o *owner) {
			if st := o.streamOf(ssrc); st != nil {
				st.report.told, st.report.next = true, f
			}
		})
	})
}

func (r *reportState) sent(payload int) {
	r.packets++
	r.octets += uint32(payload)
	r.fresh = true
}

// sendReports sends a report for every stream that sent since the last, and stops
// when none did.
func (o *owner) sendReports(now bwe.Time) {
	o.nextReports = bwe.Never
	for _, st := range o.streams {
		r := &st.report
		st.history.forget(now, o.cfg.Retransmission.MaxAge)
		if !r.fresh {
			continue
		}
		r.fresh = false
		o.nextReports = now.Add(o.cfg.Feedback.ReportInterval)
		if r.next.known {
			r.use, r.next = r.next, frameTime{}
		}
		if o.rtcpWriter == nil || !r.use.known {
			continue
		}
		if o.writeRTCP([]rtcp.Packet{&rtcp.SenderReport{
			SSRC: st.ssrc, NTPTime: o.ntp(now), RTPTime: r.use.rtpAt(now, st.clockRate),
			PacketCount: r.packets, OctetCount: r.octets,
		}}) {
			o.stats.ReportsSent++
		}
	}
}

func (o *owner) writeRTCP(packets []rtcp.Packet) bool {
	if _, err := o.rtcpWriter.Write(packets, interceptor.Attributes{}); err != nil {
		o.log.Debugf("RTCP not sent: %v", err)

		return false
	}

	return true
}

// ntp is the wall clock in NTP's 32.32 format. It runs with the monotonic clock, so
// that a step of the wall clock does not tear audio and video apart.
func (o *owner) ntp(at bwe.Time) uint64 {
	const unixToNTP = 2208988800
	wall := o.s.start.Add(time.Duration(at))

	return uint64(wall.Unix()+unixToNTP)<<32 | uint64(wall.Nanosecond())<<32/1e9
}

// onReportBlock takes the round-trip time out of a report block, RFC 3550 section
// 6.4.1.
func (o *owner) onReportBlock(r reportBlock, at bwe.Time) {
	const most = 10 * time.Second
	if r.lsr == 0 || o.streamOf(r.ssrc) == nil {
		return
	}
	rtt := time.Duration(uint32(o.ntp(at)>>16)-r.lsr-r.dlsr) * time.Second / 65536
	if rtt > 0 && rtt < most {
		o.reportRTT = rtt
	}
}

// onXR notes the reference times that wait for an answer, one a sender and message.
func (o *owner) onXR(b []byte, at bwe.Time) error {
	if o.feedback.seen.add(b) {
		o.ignore(at, IgnoredDuplicate, 1)

		return nil
	}

	return parseXR(b, func(ssrc, lrr uint32) {
		ref := referenceTime{ssrc: ssrc, lrr: lrr, at: at}
		i := slices.IndexFunc(o.references, func(r referenceTime) bool { return r.ssrc == ssrc })
		if i < 0 {
			o.references = append(o.references, ref)
		} else {
			o.references[i] = ref
		}
		o.stats.RRTRs++
	})
}

// answerReferences answers the reference times that came since.
func (o *owner) answerReferences() {
	if len(o.references) == 0 {
		return
	}
	if o.rtcpWriter != nil && o.declared != 0 {
		if o.writeRTCP(answerXR(o.declared, o.references, o.s.now())) {
			o.stats.DLRRs += uint64(len(o.references))
		}
	}
	o.references = o.references[:0]
}

// paddingHeader is the header of a packet of padding alone on the stream's
// retransmission stream.
func paddingHeader(st *stream) rtp.Header {
	return rtp.Header{
		Version: 2, Padding: true, PaddingSize: emptyPadding,
		SSRC: st.rtxSSRC, PayloadType: st.rtxType, SequenceNumber: st.rtxSeq,
		Timestamp: st.report.lastTimestamp(),
	}
}

func (r *reportState) lastTimestamp() uint32 {
	if r.next.known {
		return r.next.rtp
	}

	return r.use.rtp
}
