// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/sdp/v3"
	"github.com/pion/transport/v4/vnet"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sdpext"
	"github.com/rtmcc/rtmcc/sdpext/aac"
)

// network is a pair of hosts in virtual time: the server's and the pushers'.
type network struct {
	server, client *vnet.Net
	router         *vnet.Router
}

func newNetwork(t testing.TB, delay time.Duration) *network {
	t.Helper()
	router, err := vnet.NewRouter(&vnet.RouterConfig{
		CIDR: "10.0.0.0/24", MinDelay: delay, QueueSize: 1 << 14, LoggerFactory: quiet(),
	})
	require.NoError(t, err)
	n := &network{router: router}
	for i, p := range []**vnet.Net{&n.server, &n.client} {
		*p, err = vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{[]string{"10.0.0.1", "10.0.0.2"}[i]}})
		require.NoError(t, err)
		require.NoError(t, router.AddNet(*p))
	}
	require.NoError(t, router.Start())
	t.Cleanup(func() { require.NoError(t, router.Stop()) })

	return n
}

// newServer makes a server on the network.
func (n *network) newServer(t testing.TB, cfg Config) *Server {
	t.Helper()
	cfg.LoggerFactory = quiet()
	cfg.ConfigureSettingEngine = func(e *webrtc.SettingEngine) { e.SetNet(n.server) }
	s, err := New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })

	return s
}

// dropper is an interceptor that loses packets nearest to the network.
type dropper struct {
	interceptor.NoOp

	mu   sync.Mutex
	drop func(media bool, h *rtp.Header, payload []byte) bool
}

func (d *dropper) NewInterceptor(string) (interceptor.Interceptor, error) { return d, nil }

func (d *dropper) BindLocalStream(info *interceptor.StreamInfo, w interceptor.RTPWriter) interceptor.RTPWriter {
	return interceptor.RTPWriterFunc(func(h *rtp.Header, p []byte, a interceptor.Attributes) (int, error) {
		d.mu.Lock()
		lost := d.drop != nil && d.drop(h.SSRC == info.SSRC, h, p)
		d.mu.Unlock()
		if lost {
			return len(p), nil
		}

		return w.Write(h, p, a)
	})
}

// pusher is a plain WHIP client on pion.
type pusher struct {
	t            testing.TB
	server       http.Handler
	token        string
	pc           *webrtc.PeerConnection
	video, audio *webrtc.TrackLocalStaticRTP
	sequence     map[bool]*uint16
	timestamp    map[bool]uint32
	location     string
	answer       string
	connected    chan struct{}
	written      atomic.Int64
	payloader    rtp.Payloader // of the audio, nil for Opus
	composition  uint8         // the id of the accepted extension, zero for none

	mu   sync.Mutex
	rtcp []heard
}

// heard is an RTCP packet that came from the server.
type heard struct {
	at     time.Time
	packet rtcp.Packet
}

// onRTCP keeps what the server says; it answers reference times where asked to.
func (p *pusher) onRTCP(packets []rtcp.Packet, answer bool) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, packet := range packets {
		p.rtcp = append(p.rtcp, heard{now, packet})
		xr, ok := packet.(*rtcp.ExtendedReport)
		if !ok || !answer {
			continue
		}
		for _, b := range xr.Reports {
			if b, ok := b.(*rtcp.ReceiverReferenceTimeReportBlock); ok {
				// Ten milliseconds later, which DLRR accounts for.
				d := rtcp.DLRRReport{SSRC: xr.SenderSSRC, LastRR: uint32(b.NTPTimestamp >> 16), DLRR: 65536 / 100}
				time.AfterFunc(10*time.Millisecond, func() {
					_ = p.pc.WriteRTCP([]rtcp.Packet{&rtcp.ExtendedReport{
						SenderSSRC: 77, Reports: []rtcp.ReportBlock{&rtcp.DLRRReportBlock{Reports: []rtcp.DLRRReport{d}}},
					}})
				})
			}
		}
	}
}

// heardOf returns the RTCP packets of one type, each once.
func heardOf[T rtcp.Packet](p *pusher) (out []T, at []time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range p.rtcp {
		if packet, ok := h.packet.(T); ok {
			out, at = append(out, packet), append(at, h.at)
		}
	}

	return out, at
}

// pushSetup says what a pusher is like.
type pushSetup struct {
	net       *vnet.Net // real sockets where nil
	mime      string    // H.264 where empty
	noRTX     bool
	token     string
	drop      func(media bool, h *rtp.Header, payload []byte) bool
	sequence  uint16
	timestamp uint32
	answerXR  bool
	// aac is what the audio is sent as where it is not Opus.
	aac *aac.Format
	// composition is the name under which composition times are offered and, where
	// they are taken, sent.
	composition string
}

func newPusher(t testing.TB, setup pushSetup) *pusher {
	t.Helper()
	media := &webrtc.MediaEngine{}
	feedback := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "transport-cc"}, {Type: "rrtr"}}
	mime := orDefault(setup.mime, webrtc.MimeTypeH264)
	capability := webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000, RTCPFeedback: feedback}
	if mime == webrtc.MimeTypeH264 {
		capability.SDPFmtpLine = "packetization-mode=1;profile-level-id=64001f;BFrame-enabled=1"
	}
	opus := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, RTCPFeedback: feedback}
	if setup.aac != nil {
		c, err := setup.aac.Codec()
		require.NoError(t, err)
		channels, _ := strconv.ParseUint(c.EncodingParameters, 10, 8)
		opus = webrtc.RTPCodecCapability{
			MimeType: "audio/" + c.Name, ClockRate: c.ClockRate, Channels: uint16(channels), SDPFmtpLine: c.Fmtp, RTCPFeedback: feedback,
		}
	}
	register := func(kind webrtc.RTPCodecType, pt webrtc.PayloadType, c webrtc.RTPCodecCapability) {
		require.NoError(t, media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: pt}, kind))
	}
	register(webrtc.RTPCodecTypeVideo, 96, capability)
	register(webrtc.RTPCodecTypeAudio, 111, opus)
	if !setup.noRTX {
		register(webrtc.RTPCodecTypeVideo, 97, webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=96",
		})
	}
	registry := &interceptor.Registry{}
	registry.Add(&dropper{drop: setup.drop})
	responder, err := nack.NewResponderInterceptor(nack.WithResponderLoggerFactory(quiet()))
	require.NoError(t, err)
	registry.Add(responder)
	reports, err := report.NewSenderInterceptor(report.WithSenderLoggerFactory(quiet()))
	require.NoError(t, err)
	registry.Add(reports)
	var settings webrtc.SettingEngine
	settings.LoggerFactory = quiet()
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(1)
	if setup.net != nil {
		settings.SetNet(setup.net)
	}
	p := &pusher{
		t: t, token: setup.token, connected: make(chan struct{}),
		sequence:  map[bool]*uint16{true: new(uint16), false: new(uint16)},
		timestamp: map[bool]uint32{true: setup.timestamp, false: setup.timestamp},
	}
	settings.BufferFactory = bufferFactory(func(packets []rtcp.Packet) { p.onRTCP(packets, setup.answerXR) }, nil)
	require.NoError(t, webrtc.ConfigureTWCCHeaderExtensionSender(media, registry))
	if setup.composition != "" {
		require.NoError(t, media.RegisterHeaderExtension(
			webrtc.RTPHeaderExtensionCapability{URI: setup.composition}, webrtc.RTPCodecTypeVideo))
	}
	pc, err := webrtc.NewAPI(
		webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings),
	).NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	p.pc = pc
	t.Cleanup(p.close)
	if setup.aac != nil {
		p.payloader, err = aac.NewPayloader(*setup.aac)
		require.NoError(t, err)
	}
	*p.sequence[true], *p.sequence[false] = setup.sequence, setup.sequence
	p.video, err = webrtc.NewTrackLocalStaticRTP(capability, "video", "stream")
	require.NoError(t, err)
	p.audio, err = webrtc.NewTrackLocalStaticRTP(opus, "audio", "stream")
	require.NoError(t, err)
	for _, track := range []webrtc.TrackLocal{p.video, p.audio} {
		sender, err := pc.AddTrack(track)
		require.NoError(t, err)
		go func() {
			buf := make([]byte, 1500)
			for {
				if _, _, err := sender.Read(buf); err != nil {
					return
				}
			}
		}()
	}
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(p.connected)
		}
	})

	return p
}

// offer makes a complete offer.
func (p *pusher) offer() string {
	offer, err := p.pc.CreateOffer(nil)
	require.NoError(p.t, err)
	gathered := webrtc.GatheringCompletePromise(p.pc)
	require.NoError(p.t, p.pc.SetLocalDescription(offer))
	<-gathered

	return p.pc.LocalDescription().SDP
}

// do sends a request to a server in the process.
func do(server http.Handler, method, path, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/sdp")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)

	return w
}

// publish posts the offer and waits for the connection.
func (p *pusher) publish(server http.Handler, path string) {
	p.server = server
	w := do(server, http.MethodPost, path, p.token, p.offer())
	require.Equal(p.t, http.StatusCreated, w.Code, w.Body.String())
	p.location = w.Header().Get("Location")
	p.answer = w.Body.String()
	require.NoError(p.t, p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: p.answer}))
	var d sdp.SessionDescription
	require.NoError(p.t, d.UnmarshalString(p.answer))
	for _, m := range d.MediaDescriptions {
		if x, ok := sdpext.AcceptedCompositionTime(m); ok {
			p.composition = x.ID
		}
	}
	select {
	case <-p.connected:
	case <-time.After(10 * time.Second):
		require.Fail(p.t, "no connection")
	}
}

// play sends frames in real time by DTS.
func (p *pusher) play(frames []clipFrame) {
	begun := time.Now()
	for _, f := range frames {
		at := time.Duration(f.dts-frames[0].dts) * time.Second / 90000
		time.Sleep(time.Until(begun.Add(at)))
		p.send(f, f.pts-frames[0].dts)
	}
}

// payloads packetizes a frame.
func (p *pusher) payloads(f clipFrame, mime string) [][]byte {
	switch {
	case !f.video && p.payloader != nil:
		return p.payloader.Payload(1200, f.units[0])
	case !f.video:
		return f.units
	}
	annexB, err := h264.AnnexB(f.units).Marshal()
	require.NoError(p.t, err)
	var payloader rtp.Payloader = &codecs.H264Payloader{}
	if mime == webrtc.MimeTypeH265 {
		payloader = &codecs.H265Payloader{}
	}

	return payloader.Payload(1200, annexB)
}

// send sends one frame at a time of the media clock.
func (p *pusher) send(f clipFrame, pts int64) {
	track, ts := p.audio, p.timestamp[false]+uint32(pts*int64(p.audio.Codec().ClockRate)/90000)
	if f.video {
		track, ts = p.video, p.timestamp[true]+uint32(pts)
	}
	payloads := p.payloads(f, track.Codec().MimeType)
	for i, payload := range payloads {
		seq := p.sequence[f.video]
		packet := rtp.Packet{
			Header: rtp.Header{
				Version: 2, SequenceNumber: *seq, Timestamp: ts, Marker: (f.video || p.payloader != nil) && i == len(payloads)-1,
			},
			Payload: payload,
		}
		if f.video && i == 0 && p.composition != 0 {
			cts, err := sdpext.CompositionTime(time.Duration(f.pts-f.dts) * time.Second / 90000).Marshal()
			require.NoError(p.t, err)
			require.NoError(p.t, packet.SetExtension(p.composition, cts))
		}
		require.NoError(p.t, track.WriteRTP(&packet))
		*seq++
		p.written.Add(1)
	}
}

// stop ends the session by DELETE and closes the connection.
func (p *pusher) stop() {
	w := do(p.server, http.MethodDelete, p.location, p.token, "")
	require.Equal(p.t, http.StatusOK, w.Code, w.Body.String())
	p.close()
}

func (p *pusher) close() {
	require.NoError(p.t, p.pc.GracefulClose())
}

// vnetChunk is a datagram on the network.
type vnetChunk = vnet.Chunk
