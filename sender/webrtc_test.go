// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/cc"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v4/vnet"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

// call is a PeerConnection with a Sender that pushes to a plain one, over a virtual
// network.
type call struct {
	t        *testing.T
	factory  *Factory
	senders  []*Sender
	from, to *webrtc.PeerConnection
	video    *webrtc.TrackLocalStaticRTP
	rtx      uint32

	mu       sync.Mutex
	received map[uint16]bool
	feedback []bwe.PacketResult
}

func engine(t *testing.T, router *vnet.Router, ip string) webrtc.SettingEngine {
	t.Helper()
	n, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{ip}})
	require.NoError(t, err)
	require.NoError(t, router.AddNet(n))
	var e webrtc.SettingEngine
	e.SetNet(n)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.LoggerFactory = quiet()

	return e
}

// configure sets up one side's codecs and interceptors.
type configure func(*webrtc.MediaEngine, *interceptor.Registry)

// newCall connects the two by way of a factory. answer configures the receiver.
func newCall(t *testing.T, loss func(vnet.Chunk) bool, answer configure) *call {
	t.Helper()
	c := &call{t: t, received: map[uint16]bool{}}
	var err error
	c.factory, err = NewFactory(WithLoggerFactory(quiet()), WithObserver(c.observe))
	require.NoError(t, err)
	c.factory.OnNewSender(func(_ string, s *Sender) { c.senders = append(c.senders, s) })
	c.open(loss, c.factory.ConfigureSettingEngine, func(m *webrtc.MediaEngine, r *interceptor.Registry) {
		require.NoError(t, c.factory.ConfigureMediaEngine(m))
		r.Add(c.factory)
	}, answer)

	return c
}

func (c *call) open(loss func(vnet.Chunk) bool, settings func(*webrtc.SettingEngine), offer, answer configure) {
	t := c.t
	t.Helper()
	router, err := vnet.NewRouter(&vnet.RouterConfig{
		CIDR: "10.0.0.0/24", LoggerFactory: logging.NewDefaultLoggerFactory(), MinDelay: 20 * time.Millisecond,
	})
	require.NoError(t, err)
	if loss != nil {
		router.AddChunkFilter(func(ch vnet.Chunk) bool { return !loss(ch) })
	}
	fromEngine, toEngine := engine(t, router, "10.0.0.1"), engine(t, router, "10.0.0.2")
	require.NoError(t, router.Start())
	t.Cleanup(func() { require.NoError(t, router.Stop()) })

	settings(&fromEngine)
	c.from, c.to = newPeer(t, fromEngine, offer), newPeer(t, toEngine, answer)
	c.connect()
}

func newPeer(t *testing.T, e webrtc.SettingEngine, set configure) *webrtc.PeerConnection {
	t.Helper()
	m, r := &webrtc.MediaEngine{}, &interceptor.Registry{}
	require.NoError(t, m.RegisterDefaultCodecs())
	set(m, r)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(r), webrtc.WithSettingEngine(e))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pc.GracefulClose()) })

	return pc
}

func (c *call) observe(e bwe.Event) {
	if f, ok := e.(*bwe.Feedback); ok {
		c.mu.Lock()
		c.feedback = append(c.feedback, f.Results...)
		c.mu.Unlock()
	}
}

func (c *call) connect() {
	t := c.t
	t.Helper()
	var err error
	c.video, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "v", "v")
	require.NoError(t, err)
	rtpSender, err := c.from.AddTrack(c.video)
	require.NoError(t, err)
	c.to.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			c.mu.Lock()
			c.received[p.SequenceNumber] = true
			c.mu.Unlock()
		}
	})
	connected := make(chan struct{})
	var once sync.Once
	c.from.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(connected) })
		}
	})
	negotiate(t, c.from, c.to)
	select {
	case <-connected:
	case <-time.After(time.Minute):
		require.Fail(t, "not connected")
	}
	c.rtx = uint32(rtpSender.GetParameters().Encodings[0].RTX.SSRC)
}

func negotiate(t *testing.T, from, to *webrtc.PeerConnection) {
	t.Helper()
	offer, err := from.CreateOffer(nil)
	require.NoError(t, err)
	gathered := webrtc.GatheringCompletePromise(from)
	require.NoError(t, from.SetLocalDescription(offer))
	<-gathered
	require.NoError(t, to.SetRemoteDescription(*from.LocalDescription()))
	answer, err := to.CreateAnswer(nil)
	require.NoError(t, err)
	gathered = webrtc.GatheringCompletePromise(to)
	require.NoError(t, to.SetLocalDescription(answer))
	<-gathered
	require.NoError(t, from.SetRemoteDescription(*to.LocalDescription()))
}

// push writes n packets of video, one every 10 ms.
func (c *call) push(first, n int) {
	for i := first; i < first+n; i++ {
		require.NoError(c.t, c.video.WriteRTP(&rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: uint16(i), Timestamp: uint32(i) * 900, Marker: true},
			Payload: make([]byte, 800),
		}))
		time.Sleep(10 * time.Millisecond)
	}
}

// Feedback is heard whatever it names, though nobody reads RTCP from the RTPSender
// and pion hands it to nobody.
func TestFeedbackIsHeardWhateverSSRCItNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCall(t, nil, func(*webrtc.MediaEngine, *interceptor.Registry) {})
		c.push(0, 20)
		require.Len(t, c.senders, 1)
		s := c.senders[0]
		require.NotZero(t, c.rtx)
		for i, ssrc := range []uint32{0, c.rtx, 0xffffffff, s.owner.declared} {
			fb := &rtcp.TransportLayerCC{}
			require.NoError(t, fb.Unmarshal(buildTWCC(uint16(1+2*i), 10, uint8(i), 0, ms)))
			fb.MediaSSRC = ssrc
			fb.Header.Padding = false
			require.NoError(t, c.to.WriteRTCP([]rtcp.Packet{fb}))
			time.Sleep(100 * time.Millisecond)
			require.EqualValues(t, i+1, s.Stats().Feedbacks, "media SSRC %x", ssrc)
		}
		// A reference time alone, from an SSRC of which pion knows nothing.
		require.NoError(t, c.to.WriteRTCP([]rtcp.Packet{&rtcp.ExtendedReport{
			SenderSSRC: 4711, Reports: []rtcp.ReportBlock{&rtcp.ReceiverReferenceTimeReportBlock{NTPTimestamp: 1 << 33}},
		}}))
		time.Sleep(100 * time.Millisecond)
		require.EqualValues(t, 1, s.Stats().DLRRs)
	})
}

// An RFC 8888 report and a NACK that pion hands out several times count once.
func TestHandedOutTwiceCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCall(t, nil, func(*webrtc.MediaEngine, *interceptor.Registry) {})
		s := c.senders[0]
		go func() {
			for _, r := range c.from.GetSenders() {
				for {
					if _, _, err := r.ReadRTCP(); err != nil {
						return
					}
				}
			}
		}()
		c.push(0, 5)
		twice := &rtcp.CCFeedbackReport{ReportTimestamp: 1, ReportBlocks: []rtcp.CCFeedbackReportBlock{
			{MediaSSRC: s.owner.declared, MetricBlocks: []rtcp.CCFeedbackMetricBlock{{Received: true}}},
			{MediaSSRC: c.rtx, MetricBlocks: []rtcp.CCFeedbackMetricBlock{{Received: true}}},
		}}
		require.NoError(t, c.to.WriteRTCP([]rtcp.Packet{twice}))
		require.NoError(t, c.to.WriteRTCP([]rtcp.Packet{&rtcp.TransportLayerNack{
			MediaSSRC: s.owner.declared, Nacks: []rtcp.NackPair{{PacketID: 3}},
		}}))
		time.Sleep(100 * time.Millisecond)
		st := s.Stats()
		require.EqualValues(t, 1, st.Ignored.Duplicate)
		require.EqualValues(t, 1, st.NACKs)
		// A probe's padding may have repeated the packet a moment ago.
		require.EqualValues(t, 1, st.PacketsRetransmitted+st.NACKsTooSoon)
	})
}

// everyTwentieth loses one packet of media or its repeat in twenty.
func everyTwentieth() func(vnet.Chunk) bool {
	n := 0

	return func(ch vnet.Chunk) bool {
		b := ch.UserData()
		if len(b) < 800 || b[0]>>6 != 2 {
			return false
		}
		n++

		return n%20 == 0
	}
}

func pionDefaults(t *testing.T) configure {
	return func(m *webrtc.MediaEngine, r *interceptor.Registry) {
		require.NoError(t, webrtc.RegisterDefaultInterceptorsWithOptions(m, r))
	}
}

// In the slot of pion's GCC, with pion's own NACK responder, TWCC numbering and
// reports around it: repeats leave, and feedback is that of our numbers.
func TestInPlaceOfGCC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &call{t: t, received: map[uint16]bool{}}
		ours, err := NewFactory(WithLoggerFactory(quiet()), WithObserver(c.observe))
		require.NoError(t, err)
		factory, err := cc.NewInterceptor(ours.NewBandwidthEstimator)
		require.NoError(t, err)
		factory.OnNewPeerConnection(func(_ string, e cc.BandwidthEstimator) {
			s, ok := e.(*Sender)
			require.True(t, ok)
			c.senders = append(c.senders, s)
		})
		c.open(everyTwentieth(), ours.ConfigureSettingEngine, func(m *webrtc.MediaEngine, r *interceptor.Registry) {
			r.Add(factory)
			require.NoError(t, webrtc.ConfigureTWCCHeaderExtensionSender(m, r))
			pionDefaults(t)(m, r)
		}, pionDefaults(t))
		go func() {
			for {
				if _, _, err := c.from.GetSenders()[0].ReadRTCP(); err != nil {
					return
				}
			}
		}()
		c.push(0, 320)
		time.Sleep(time.Second)
		st := c.senders[0].Stats()
		require.Equal(t, FeedbackTransportCC, st.FeedbackKind)
		require.NotZero(t, st.PacketsRetransmitted)
		require.Zero(t, st.Ignored.StampsLost)
		require.Zero(t, st.Ignored.UnknownPackets)
		c.mu.Lock()
		defer c.mu.Unlock()
		for i := range 300 {
			require.True(t, c.received[uint16(i)], "packet %d", i)
		}
	})
}

// Every twentieth packet is lost; pion's receiver asks for it and gets it.
func TestLossIsRepaired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCall(t, everyTwentieth(), pionDefaults(t))
		// The last packets have none behind them that would show that they are missing.
		c.push(0, 320)
		time.Sleep(time.Second)
		c.mu.Lock()
		defer c.mu.Unlock()
		for i := range 300 {
			require.True(t, c.received[uint16(i)], "packet %d", i)
		}
		st := c.senders[0].Stats()
		require.Equal(t, FeedbackTransportCC, st.FeedbackKind)
		require.NotZero(t, st.PacketsRetransmitted)
		require.Zero(t, st.Ignored.Malformed)
		lostPackets := 0
		for _, r := range c.feedback {
			if !r.Received {
				lostPackets++
			}
		}
		require.NotZero(t, lostPackets)
		require.InDelta(t, int(st.PacketsSent), len(c.feedback), float64(st.PacketsSent)/10)
	})
}
