// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package minisdp

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sdpext"
	"github.com/rtmcc/rtmcc/sdpext/aac"
)

func parse(t require.TestingT, text string) *sdp.SessionDescription {
	var d sdp.SessionDescription
	require.NoError(t, d.UnmarshalString(text))

	return &d
}

func text(t require.TestingT, d *sdp.SessionDescription) string {
	b, err := d.Marshal()
	require.NoError(t, err)

	return string(b)
}

// checkConversions makes sure that whatever SDP a message turns into holds one line
// for each that was meant, and turns back.
func checkConversions(t require.TestingT, m *Message) {
	d, err := m.SDP()
	if err != nil {
		return
	}
	parsed := parse(t, text(t, d))
	require.Len(t, parsed.MediaDescriptions, len(m.Media))
	for i, section := range parsed.MediaDescriptions {
		require.Len(t, section.Attributes, len(d.MediaDescriptions[i].Attributes))
	}
	back, err := FromSDP(parsed, m.Kind)
	require.NoError(t, err)
	require.Len(t, back.Media, len(m.Media))
	_, err = m.AnswerTo(parsed)
	if err != nil {
		require.ErrorIs(t, err, ErrUnsupported)
	}
}

func lines(section *sdp.MediaDescription) []string {
	var out []string
	for _, a := range section.Attributes {
		out = append(out, a.String())
	}

	return out
}

func TestGoldenMessageAsSDP(t *testing.T) {
	m := goldenMessage()
	m.Fingerprint = "sha-256 AA:BB"
	m.Candidate = netip.MustParseAddrPort("192.0.2.1:8000")
	d, err := m.SDP()
	require.NoError(t, err)
	group, _ := d.Attribute("group")
	require.Equal(t, "BUNDLE 0 1", group)
	require.Equal(t, []string{
		"mid:0", "ice-ufrag:abcd", "ice-pwd:0123456789abcdef", "fingerprint:sha-256 AA:BB", "setup:actpass", "rtcp-mux", "rtcp-rsize",
		"sendonly", "rtpmap:111 opus/48000/2", "fmtp:111 minptime=10;useinbandfec=1;stereo=1", "rtcp-fb:111 nack", "rtcp-fb:111 transport-cc",
		"extmap:3 " + sdp.TransportCCURI, "ssrc:287454020 cname:rtm", "candidate:1 1 udp 2130706431 192.0.2.1 8000 typ host",
	}, lines(d.MediaDescriptions[0]))
	require.Equal(t, []string{
		"mid:1", "ice-ufrag:abcd", "ice-pwd:0123456789abcdef", "fingerprint:sha-256 AA:BB", "setup:actpass", "rtcp-mux", "rtcp-rsize",
		"sendonly", "rtpmap:96 H264/90000",
		"fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f;BFrame-enabled=1",
		"rtcp-fb:96 nack", "rtcp-fb:96 nack pli", "rtcp-fb:96 transport-cc", "rtcp-fb:96 goog-remb",
		"extmap:3 " + sdp.TransportCCURI, "extmap:9 " + sdpext.CompositionTimeURI, "ssrc:1432778632 cname:rtm",
	}, lines(d.MediaDescriptions[1]))

	back, err := NewOffer(parse(t, text(t, d)), "webrtc://h/live/s", 0x0102)
	require.NoError(t, err)
	m.Encrypted = true
	require.Equal(t, &m, back)
	checkConversions(t, &m)
}

func TestConversionOfEverything(t *testing.T) {
	m := Message{
		Kind: Offer, StringBundle: true, Encrypted: true, Role: RoleActive, Direction: RecvOnly, Candidate: netip.MustParseAddrPort("[2001:db8::1]:9"),
		Ufrag: "u", Pwd: "p", Fingerprint: "sha-256 AA",
		Media: []Medium{
			{Kind: Video, SSRC: 5, FECSSRC: 6, Codecs: []Codec{
				{Kind: H265, PayloadType: 98, ClockRate: 90000, RRTR: true},
				{Kind: FlexFEC03, PayloadType: 99, ClockRate: 90000, FlexFEC: true},
			}, Extensions: []Extension{{1, 0}, {2, 1}, {3, 2}, {4, 3}, {5, 4}, {6, 5}, {7, 6}, {8, 7}, {9, 8}, {10, 9}}},
			{Kind: Audio, Codecs: []Codec{
				{Kind: ADTS, PayloadType: 123, ClockRate: 44100, Channels: 2, AAC: AACParameters{Object: 2, Stereo: true, Config: "40002420adca1fe0"}},
				{Kind: LATM, PayloadType: 117, ClockRate: 48000, Channels: 2, AAC: AACParameters{Object: 29, PS: true, SBR: true, Stereo: true, CPresent: true}},
				{Kind: Opus, PayloadType: 111, ClockRate: 48000, Channels: 1},
			}},
			{Kind: Data},
		},
	}
	d, err := m.SDP()
	require.NoError(t, err)
	parsed := parse(t, text(t, d))
	back, err := NewOffer(parsed, "webrtc://h/s", 0)
	require.NoError(t, err)
	want := m
	want.URL, want.Stream = "h/s", StreamPull
	require.Equal(t, &want, back)
	formats := aac.Formats(parsed.MediaDescriptions[1])
	require.Len(t, formats, 1)
	require.Equal(t, 44100, formats[0].Mux.Config.OutputRate())
}

func TestConversionLeavesOut(t *testing.T) {
	offer := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=fingerprint:sha-256 AA\r\na=setup:passive\r\na=sendonly\r\n" +
		"m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n" +
		"m=text 9 RTP/AVP 100\r\n" +
		"m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 bframe-enabled=1\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n" +
		"a=rtpmap:98 VP8/90000\r\na=rtpmap:99 H264/89999\r\na=extmap:1 urn:other\r\na=ssrc-group:FID 7 8\r\na=ssrc:7 cname:x\r\na=ssrc:8 cname:x\r\n" +
		"a=candidate:1 1 tcp 1 192.0.2.1 9 typ host\r\na=candidate:1 2 udp 1 192.0.2.1 9 typ host\r\na=candidate:1 1 udp 1 x.local 9 typ host\r\n" +
		"a=candidate:1 1 udp 1 fe80::1%eth0 9 typ host\r\na=candidate:1 1 udp 1 192.0.2.1 99999 typ host\r\na=candidate:1 1 udp\r\n" +
		"a=candidate:1 1 UDP 1 192.0.2.7 9 typ host\r\na=candidate:1 1 udp 1 192.0.2.8 9 typ host\r\n"
	m, err := FromSDP(parse(t, offer), Offer)
	require.NoError(t, err)
	require.Equal(t, &Message{
		Encrypted: true, Role: RolePassive, Direction: SendOnly, Candidate: netip.MustParseAddrPort("192.0.2.7:9"),
		Ufrag: "u", Pwd: "p", Fingerprint: "sha-256 AA",
		Media: []Medium{{Kind: Video, SSRC: 7, Codecs: []Codec{{Kind: H264, PayloadType: 96, ClockRate: 90000, BFrames: true}}}},
	}, m)

	for name, change := range map[string]func(string) string{
		"no media":       func(s string) string { s, _, _ = strings.Cut(s, "m=text"); return s },
		"two videos":     func(s string) string { return s + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" },
		"different ways": func(s string) string { return s + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=recvonly\r\n" },
	} {
		_, err := NewOffer(parse(t, change(offer)), "webrtc://h", 1)
		require.ErrorIs(t, err, ErrUnsupported, name)
	}
}

func TestMessagesThatAreNoSDP(t *testing.T) {
	good := goldenMessage()
	good.Fingerprint = "sha-256 AA"
	for name, tc := range map[string]struct {
		change func(*Message)
		want   error
	}{
		"in the clear":      {func(m *Message) { m.Fingerprint = "" }, ErrUnsupported},
		"no ufrag":          {func(m *Message) { m.Ufrag = "" }, ErrUnsupported},
		"no pwd":            {func(m *Message) { m.Pwd = "" }, ErrUnsupported},
		"no media":          {func(m *Message) { m.Media = nil }, ErrUnsupported},
		"unknown medium":    {func(m *Message) { m.Media[0].Kind = 3 }, ErrUnsupported},
		"lines in ufrag":    {func(m *Message) { m.Ufrag = "a\r\na=b" }, ErrMalformed},
		"blank in pwd":      {func(m *Message) { m.Pwd = "a b" }, ErrMalformed},
		"line in print":     {func(m *Message) { m.Fingerprint = "sha-256 AA\na=b" }, ErrMalformed},
		"more than letters": {func(m *Message) { m.Ufrag = "\u00e9" }, ErrMalformed},
		"parameter in AAC":  {func(m *Message) { m.Media[0].Codecs[0] = Codec{Kind: LATM, AAC: AACParameters{Config: "4;x=1"}} }, ErrMalformed},
	} {
		m := good
		m.Media = []Medium{{Kind: Audio, Codecs: []Codec{{Kind: Opus, ClockRate: 48000}}}}
		_, err := m.SDP()
		require.NoError(t, err)
		tc.change(&m)
		_, err = m.SDP()
		require.ErrorIs(t, err, tc.want, name)
		_, err = m.AnswerTo(&sdp.SessionDescription{})
		require.ErrorIs(t, err, tc.want, name)
	}
}

func TestAnswerInTheWordsOfTheOffer(t *testing.T) {
	offer := parse(t, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"+
		"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:d\r\n"+
		"m=video 9 UDP/TLS/RTP/SAVPF 96 97 98\r\na=mid:v\r\na=rtpmap:96 H264/90000\r\n"+
		"a=fmtp:96 packetization-mode=1;profile-level-id=64001f;x;BFrame-enabled=1\r\n"+
		"a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 rrtr\r\n"+
		"a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 H264/90000\r\na=fmtp:98 packetization-mode=0\r\n"+
		"a=extmap:3 "+sdp.TransportCCURI+"\r\na=extmap:9 "+sdpext.CompositionTimeURI+"\r\na=sendonly\r\n"+
		"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=20\r\na=sendonly\r\n")
	m := Message{
		Kind: Answer, Direction: RecvOnly, Ufrag: "u", Pwd: "p", Fingerprint: "sha-256 AA", Candidate: netip.MustParseAddrPort("192.0.2.1:8000"),
		Media: []Medium{
			{Kind: Audio, Codecs: []Codec{{Kind: Opus, PayloadType: 100, ClockRate: 48000, NACK: true}, {Kind: ADTS, PayloadType: 9, ClockRate: 48000}, {Kind: 9}}},
			{
				Kind: Video, Codecs: []Codec{{Kind: H264, PayloadType: 96, ClockRate: 90000, NACK: true, TransportCC: true}},
				Extensions: []Extension{{3, 2}, {9, 9}, {10, 7}, {11, 99}},
			},
		},
	}
	answer, err := m.AnswerTo(offer)
	require.NoError(t, err)
	group, _ := answer.Attribute("group")
	require.Equal(t, "BUNDLE v a", group)
	require.Len(t, answer.MediaDescriptions, 3)
	require.Zero(t, answer.MediaDescriptions[0].MediaName.Port.Value)
	require.Equal(t, "application 0 UDP/DTLS/SCTP webrtc-datachannel", answer.MediaDescriptions[0].MediaName.String())
	require.Equal(t, []string{
		"mid:v", "ice-ufrag:u", "ice-pwd:p", "fingerprint:sha-256 AA", "setup:passive", "rtcp-mux", "rtcp-rsize", "recvonly",
		"rtpmap:96 H264/90000", "fmtp:96 packetization-mode=1;profile-level-id=64001f;x;BFrame-enabled=0",
		"rtcp-fb:96 nack", "rtcp-fb:96 nack pli", "rtcp-fb:96 transport-cc",
		"extmap:3 " + sdp.TransportCCURI, "extmap:9 " + sdpext.CompositionTimeURI,
		"candidate:1 1 udp 2130706431 192.0.2.1 8000 typ host",
	}, lines(answer.MediaDescriptions[1]))
	require.Equal(t, []string{
		"mid:a", "ice-ufrag:u", "ice-pwd:p", "fingerprint:sha-256 AA", "setup:passive", "rtcp-mux", "rtcp-rsize", "recvonly",
		"rtpmap:100 opus/48000/2", "fmtp:100 minptime=20",
	}, lines(answer.MediaDescriptions[2]))

	m.Media = m.Media[:1]
	// A second audio section finds no medium left. Sections without mids stay so.
	again := *offer.MediaDescriptions[2]
	again.Attributes = again.Attributes[1:]
	offer.MediaDescriptions = append(offer.MediaDescriptions, &again)
	answer, err = m.AnswerTo(offer)
	require.NoError(t, err)
	for i, port := range []int{0, 0, 9, 0} {
		require.Equal(t, port, answer.MediaDescriptions[i].MediaName.Port.Value, i)
	}
	require.Equal(t, []string{"inactive"}, lines(answer.MediaDescriptions[3]))
	offer.MediaDescriptions = offer.MediaDescriptions[3:]
	answer, err = m.AnswerTo(offer)
	require.NoError(t, err)
	require.Empty(t, answer.Attributes)
	require.Equal(t, "ice-ufrag:u", lines(answer.MediaDescriptions[0])[0])
	m.Media[0].Codecs = m.Media[0].Codecs[1:]
	_, err = m.AnswerTo(offer)
	require.ErrorIs(t, err, ErrUnsupported)
}

// peer is a connection that knows what a pusher of live streams offers.
func peer(t *testing.T) *webrtc.PeerConnection {
	t.Helper()
	engine := &webrtc.MediaEngine{}
	register := func(kind webrtc.RTPCodecType, payload webrtc.PayloadType, c webrtc.RTPCodecCapability) {
		c.RTCPFeedback = []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "transport-cc"}, {Type: "rrtr"}}
		require.NoError(t, engine.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: payload}, kind))
	}
	register(webrtc.RTPCodecTypeVideo, 96, webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeH264, ClockRate: 90000,
		SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f;BFrame-enabled=1",
	})
	register(webrtc.RTPCodecTypeVideo, 98, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH265, ClockRate: 90000, SDPFmtpLine: "BFrame-enabled=1"})
	register(webrtc.RTPCodecTypeVideo, 97, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=96"})
	register(webrtc.RTPCodecTypeAudio, 111, webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
	})
	format, err := aac.NewFormat(aac.LATM, 117, stereo(t)).Codec()
	require.NoError(t, err)
	register(webrtc.RTPCodecTypeAudio, 117, webrtc.RTPCodecCapability{
		MimeType: "audio/MP4A-LATM", ClockRate: 44100, Channels: 2, SDPFmtpLine: format.Fmtp,
	})
	for _, uri := range []string{sdp.TransportCCURI, sdpext.CompositionTimeURI} {
		require.NoError(t, engine.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo))
	}
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(engine)).NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pc.Close()) })

	return pc
}

func stereo(t *testing.T) aac.Config {
	var c aac.Config
	require.NoError(t, c.Unmarshal(unhexed(t, "121056e500")))

	return c
}

// over sends a message through its bytes.
func over(t *testing.T, m *Message) *Message {
	t.Helper()
	b, err := m.Marshal()
	require.NoError(t, err)
	var back Message
	require.NoError(t, back.Unmarshal(b))
	require.Equal(t, m, &back)

	return &back
}

func TestPeerConnectionsAgreeOverMessages(t *testing.T) {
	pusher, server := peer(t), peer(t)
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		_, err := pusher.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		require.NoError(t, err)
	}
	offer, err := pusher.CreateOffer(nil)
	require.NoError(t, err)
	require.NoError(t, pusher.SetLocalDescription(offer))
	message, err := NewOffer(parse(t, offer.SDP), "webrtc://h/live/s", 7)
	require.NoError(t, err)
	require.Equal(t, SendOnly, message.Direction)
	require.NotZero(t, message.Media[0].SSRC)

	received, err := over(t, message).SDP()
	require.NoError(t, err)
	require.NoError(t, server.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: text(t, received)}))
	gathered := webrtc.GatheringCompletePromise(server)
	answer, err := server.CreateAnswer(nil)
	require.NoError(t, err)
	require.NoError(t, server.SetLocalDescription(answer))
	<-gathered

	reply, err := FromSDP(parse(t, server.LocalDescription().SDP), Answer)
	require.NoError(t, err)
	reply.Seq = message.Seq
	require.Equal(t, RecvOnly, reply.Direction)
	require.True(t, reply.Candidate.IsValid())
	require.Len(t, reply.Media[0].Codecs, 2)
	reply.Media[0].Codecs[1].BFrames = false

	final, err := over(t, reply).AnswerTo(parse(t, offer.SDP))
	require.NoError(t, err)
	require.NoError(t, pusher.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: text(t, final)}))

	video := final.MediaDescriptions[0]
	require.Equal(t, sdpext.BFramesSupported, sdpext.BFrames(video, 96))
	require.Equal(t, sdpext.BFramesUnsupported, sdpext.BFrames(video, 98))
	require.True(t, sdpext.HasRRTR(video, 96))
	cts, ok := sdpext.AcceptedCompositionTime(video)
	require.True(t, ok)
	require.Equal(t, sdpext.CompositionTimeURI, cts.URI)
	require.Len(t, aac.Formats(final.MediaDescriptions[1]), 1)
	for _, transceiver := range pusher.GetTransceivers() {
		require.Equal(t, webrtc.RTPTransceiverDirectionSendonly, transceiver.Direction())
		codecs := transceiver.Sender().GetParameters().Codecs
		require.NotEmpty(t, codecs)
	}
}

func FuzzFromSDP(f *testing.F) {
	head := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	f.Add(head + "a=ice-ufrag:u\r\na=ice-pwd:p\r\na=fingerprint:sha-256 AA\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 H264/90000\r\n" +
		"a=fmtp:96 bframe-enabled=1;\r\na=extmap:9 " + sdpext.CompositionTimeURI + "\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n")
	f.Add(head + "m=audio 9 RTP/AVP 117\r\na=rtpmap:117 MP4A-LATM/44100/2\r\na=fmtp:117 config=4000242000;cpresent=0;object=2;stereo=0\r\na=ssrc:1 cname:x\r\n")
	f.Add(head + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=setup:active\r\na=ssrc-group:FEC-FR 1 2\r\n")
	f.Fuzz(func(t *testing.T, description string) {
		var d sdp.SessionDescription
		if d.UnmarshalString(description) != nil {
			return
		}
		m, err := NewOffer(&d, "webrtc://h/s", 1)
		if err != nil {
			require.ErrorIs(t, err, ErrUnsupported)

			return
		}
		b, err := m.Marshal()
		if err != nil {
			require.ErrorIs(t, err, ErrTooLarge)

			return
		}
		var back Message
		require.NoError(t, back.Unmarshal(b))
		require.Equal(t, m, &back)
		checkConversions(t, m)
		_, _ = m.AnswerTo(&d)
	})
}
