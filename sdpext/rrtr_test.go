// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import (
	"testing"

	"github.com/pion/sdp/v3"
	"github.com/stretchr/testify/require"
)

func TestRRTR(t *testing.T) {
	m := video(t, "")
	require.False(t, HasRRTR(m, 96))
	require.False(t, HasRRTR(m, 99))
	SetRRTR(m, 99, 96, 120)
	require.Equal(t, []string{
		"rtpmap:96 H264/90000", "fmtp:96 packetization-mode=1; profile-level-id=42e01f;", "rtcp-fb:96 rrtr",
		"rtpmap:97 rtx/90000", "fmtp:97 apt=96", "rtpmap:98 h264/90000", "fmtp:98 packetization-mode=0",
		"rtpmap:99 H265/90000", "rtcp-fb:99 nack", "rtcp-fb:99 rrtr", "rtpmap:100 VP8/90000", "rtcp-fb:120 rrtr",
	}, lines(m))
	SetRRTR(m, 96, 99)
	require.Len(t, m.Attributes, 12)
	require.True(t, HasRRTR(m, 96))
	require.False(t, HasRRTR(m, 98))

	all := parse(t, "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=rtcp-fb:* rrtr")
	require.True(t, HasRRTR(all, 96))
	SetRRTR(all, 96)
	require.Len(t, all.Attributes, 1)
	require.False(t, HasRRTR(parse(t, "m=video 9 RTP/AVP 96", "a=rtcp-fb:96 rrtr2", "a=rtcp-fb:96"), 96))
}

func TestReceiverRTT(t *testing.T) {
	for value, want := range map[string]ReceiverRTT{
		"rcvr-rtt=all": ReceiverRTTAll, "rcvr-rtt=sender": ReceiverRTTSender, "RCVR-RTT=All": ReceiverRTTAll,
		"rcvr-rtt=all:10": ReceiverRTTAll, "voip-metrics rcvr-rtt=sender:8": ReceiverRTTSender,
		"rcvr-rtt=some": ReceiverRTTUnsaid, "rcvr-rtt": ReceiverRTTUnsaid, "": ReceiverRTTUnsaid, "xrcvr-rtt=all": ReceiverRTTUnsaid,
	} {
		require.Equal(t, want, ReadReceiverRTT([]sdp.Attribute{sdp.NewAttribute("rtcp-xr", value)}), value)
	}
	require.Equal(t, ReceiverRTTUnsaid, ReadReceiverRTT([]sdp.Attribute{sdp.NewAttribute("other", "rcvr-rtt=all")}))

	attributes := []sdp.Attribute{
		sdp.NewAttribute("mid", "0"), sdp.NewAttribute("rtcp-xr", "pkt-loss-rle=9 rcvr-rtt=all:10"), sdp.NewPropertyAttribute("rtcp-mux"),
	}
	texts := func(as []sdp.Attribute) (out []string) {
		for _, a := range as {
			out = append(out, a.String())
		}

		return out
	}
	require.Equal(t, []string{"mid:0", "rtcp-xr:rcvr-rtt=sender", "rtcp-xr:pkt-loss-rle=9", "rtcp-mux"},
		texts(SetReceiverRTT(attributes, ReceiverRTTSender)))
	require.Equal(t, []string{"mid:0", "rtcp-xr:pkt-loss-rle=9", "rtcp-mux"}, texts(SetReceiverRTT(attributes, ReceiverRTTUnsaid)))
	require.Equal(t, []string{"rtcp-xr:rcvr-rtt=all"}, texts(SetReceiverRTT(nil, ReceiverRTTAll)))
	require.Equal(t, "rtcp-xr:pkt-loss-rle=9 rcvr-rtt=all:10", attributes[1].String())
}
