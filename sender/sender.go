// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// Sender is the live side of congestion control for one PeerConnection. It
// implements pion's [interceptor.Interceptor] and, for the slot where pion's GCC
// sits, cc.BandwidthEstimator. In that slot pion gives it no way to send RTCP, so that
// reference times stay unanswered and sender reports are left to another interceptor.
//
// All methods are safe for concurrent use; none may be called from an observer.
type Sender struct {
	interceptor.NoOp
	start time.Time

	mu      sync.Mutex
	in      inbox
	closed  bool
	running bool
	// wake has room for one token, so that nobody waits to wake the owner.
	wake chan struct{}
	done chan struct{}

	owner  *owner
	notify *notifier
	tap    *tap
	target atomic.Int64
	// tapped: the tap hears what the readers would.
	tapped atomic.Bool
	// offers are used again. Each Sender has its own, as channels must not leave the
	// synctest bubble of a test.
	offers sync.Pool
	// ssrcs are those of the streams of media, for the tap to route by.
	ssrcs map[uint32]struct{}
}

// inbox is what the owner has to do. It is swapped with an empty one of the same
// capacity, so that none is allocated.
type inbox struct {
	packets []*packet
	bytes   int64
	rtcp    rtcpArena
	offers  []*offer
	calls   []func(*owner)
	marks   []frameMark
}

// offer is a frame on its way to the controller and the verdict back.
type offer struct {
	frame   ratecontrol.Frame
	verdict chan ratecontrol.Verdict
}

func newSender(o options) (*Sender, error) {
	s := &Sender{
		start: time.Now(),
		wake:  make(chan struct{}, 1),
		done:  make(chan struct{}),
		ssrcs: map[uint32]struct{}{},
	}
	s.notify = newNotifier(s.done)
	var err error
	s.owner, err = newOwner(s, o)

	return s, err
}

// NewBandwidthEstimator makes a Sender for cc.NewInterceptor, in the place of pion's
// gcc.NewSendSideBWE. It fails where an option is invalid.
//
// Register cc.NewInterceptor first, before the TWCC header extension interceptor: the
// Sender overwrites its numbers with those of the order in which packets leave.
// pion's NACK responder may stay: its repeats are taken as requests. To hear feedback
// whatever SSRC it names, use [Factory.NewBandwidthEstimator].
func NewBandwidthEstimator(opts ...Option) (*Sender, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}

	return newSender(o)
}

// now is the time since the Sender was made, on the monotonic clock.
func (s *Sender) now() bwe.Time { return bwe.Time(time.Since(s.start)) }

// post lets fill put something into the inbox and wakes the owner. It reports whether
// the Sender is open.
func (s *Sender) post(fill func(*inbox)) bool {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()

		return false
	}
	fill(&s.in)
	s.unlockAndWake()

	return true
}

// unlockAndWake starts the owner with the first piece of work: a Sender that is
// never used costs no goroutine.
func (s *Sender) unlockAndWake() {
	if !s.running {
		s.running = true
		go s.owner.run()
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// BindLocalStream implements [interceptor.Interceptor].
func (s *Sender) BindLocalStream(info *interceptor.StreamInfo, w interceptor.RTPWriter) interceptor.RTPWriter {
	return s.AddStream(info, w)
}

// AddStream adds a stream of media, together with its retransmission stream, and
// returns where to write its packets. A write takes a copy and returns at once; what
// does not fit into the queue is dropped and counted in [Stats.PacketsDropped]. It
// fails where the packet fits no datagram, and with [io.ErrClosedPipe] after Close.
func (s *Sender) AddStream(info *interceptor.StreamInfo, w interceptor.RTPWriter) interceptor.RTPWriter {
	st := newStream(info, w, uint16(rand.Uint32()))
	s.post(func(in *inbox) {
		s.ssrcs[st.ssrc] = struct{}{}
		in.calls = append(in.calls, func(o *owner) { o.addStream(st) })
	})

	return interceptor.RTPWriterFunc(
		func(header *rtp.Header, payload []byte, _ interceptor.Attributes) (int, error) {
			return s.write(st, header, payload)
		},
	)
}

// UnbindLocalStream implements [interceptor.Interceptor]. What waits of the stream
// is dropped.
func (s *Sender) UnbindLocalStream(info *interceptor.StreamInfo) {
	ssrc := info.SSRC
	s.post(func(in *inbox) {
		delete(s.ssrcs, ssrc)
		in.calls = append(in.calls, func(o *owner) { o.removeStream(ssrc) })
	})
}

func (s *Sender) write(st *stream, header *rtp.Header, payload []byte) (int, error) {
	if header == nil {
		return 0, errNoHeader
	}
	p, err := capture(header, payload, st.stampID)
	if err != nil {
		return 0, err
	}
	p.stream = st
	p.kind = st.kindOf(header.SSRC)
	size := p.size
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		p.release()

		return 0, io.ErrClosedPipe
	}
	// The owner empties the inbox within moments; only where its own writer is
	// stuck does it fill.
	if s.in.bytes+int64(size) > maxInboxBytes {
		s.mu.Unlock()
		s.owner.overflowed.Add(1)
		p.release()

		return size, nil
	}
	p.queuedAt = s.now()
	s.in.packets = append(s.in.packets, p)
	s.in.bytes += int64(size)
	s.unlockAndWake()

	return size, nil
}

// maxInboxBytes bounds what may wait for an owner that is stuck.
const maxInboxBytes = 16 << 20

// BindRTCPReader implements [interceptor.Interceptor]. It passes on what it reads
// unchanged; RTCP that cannot be understood is no error.
func (s *Sender) BindRTCPReader(reader interceptor.RTCPReader) interceptor.RTCPReader {
	return interceptor.RTCPReaderFunc(
		func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
			n, attr, err := reader.Read(b, a)
			if err == nil && n <= len(b) && !s.tapped.Load() {
				s.hear(b[:n])
			}

			return n, attr, err
		},
	)
}

// BindRTCPWriter implements [interceptor.Interceptor].
func (s *Sender) BindRTCPWriter(w interceptor.RTCPWriter) interceptor.RTCPWriter {
	s.post(func(in *inbox) {
		in.calls = append(in.calls, func(o *owner) { o.rtcpWriter = w })
	})

	return w
}

// hear takes in RTCP, one packet or a compound.
func (s *Sender) hear(b []byte) {
	at := s.now()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()

		return
	}
	s.in.rtcp.add(b, at)
	s.unlockAndWake()
}

// WriteRTCP takes in RTCP that the caller read, as cc.BandwidthEstimator wants it. It
// never fails: an error here would end pion's read loop.
func (s *Sender) WriteRTCP(packets []rtcp.Packet, _ interceptor.Attributes) error {
	if s.tapped.Load() {
		return nil
	}
	for _, p := range packets {
		if b, err := p.Marshal(); err == nil {
			s.hear(b)
		}
	}

	return nil
}

// OnDecision calls f for the current decision and for every one that follows, in
// order and from one goroutine. Where f is slower than decisions come, it gets the
// latest; a wish for a key frame is not lost. f may call the Sender.
func (s *Sender) OnDecision(f func(ratecontrol.Decision)) {
	s.notify.onDecision(f)
	s.post(func(in *inbox) {
		in.calls = append(in.calls, func(o *owner) { o.notify.decision(*o.loop.Decision()) })
	})
}

// OfferFrame asks whether an access unit of size bytes is worth sending. It must be
// asked before the access unit is split into packets, for audio as well, and does
// not wait for the network. After Close every frame is kept.
func (s *Sender) OfferFrame(kind ratecontrol.MediaKind, size int, key, disposable bool) ratecontrol.Verdict {
	of, _ := s.offers.Get().(*offer)
	if of == nil {
		of = &offer{verdict: make(chan ratecontrol.Verdict, 1)}
	}
	of.frame = ratecontrol.Frame{At: s.now(), Kind: kind, Size: size, Key: key, Disposable: disposable}
	at := of.frame.At
	if !s.post(func(in *inbox) { in.offers = append(in.offers, of) }) {
		return ratecontrol.Verdict{At: at, Kind: kind}
	}
	// The owner answers what is in its inbox before it ends.
	v := <-of.verdict
	s.offers.Put(of)

	return v
}

// Stats returns a snapshot, after Close the last one.
func (s *Sender) Stats() Stats {
	c := make(chan Stats, 1)
	if s.post(func(in *inbox) {
		in.calls = append(in.calls, func(o *owner) { c <- o.snapshot() })
	}) {
		return <-c
	}
	<-s.done

	return s.owner.snapshot()
}

// SetConfig replaces the configuration while running; what was learnt of the path
// stays. It fails, changing nothing, where cfg is invalid, and with
// [io.ErrClosedPipe] after Close.
func (s *Sender) SetConfig(cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	c := make(chan error, 1)
	if !s.post(func(in *inbox) {
		in.calls = append(in.calls, func(o *owner) { c <- o.setConfig(cfg) })
	}) {
		return io.ErrClosedPipe
	}

	return <-c
}

// Close ends the Sender and drops what waits. It returns when nothing is written any
// more; a callback that is running may still be. Closing again is harmless.
func (s *Sender) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		<-s.done

		return nil
	}
	s.closed = true
	s.unlockAndWake()
	<-s.done
	if s.tap != nil {
		s.tap.remove(s)
	}

	return nil
}
