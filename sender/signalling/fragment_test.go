// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package signalling_test

import (
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

func lines(text ...string) string { return strings.Join(text, "\r\n") + "\r\n" }

// Of the form of RFC 9725 section 4.3.2.
var fragmentText = lines(
	"a=group:BUNDLE 0 1",
	"m=audio 9 UDP/TLS/RTP/SAVPF 111",
	"a=mid:0",
	"a=ice-ufrag:EsAw",
	"a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
	"a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1",
	"a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active",
	"a=end-of-candidates",
)

var fragment = signalling.Fragment{
	Ufrag: "EsAw", Pwd: "P2uYro0UCOQ4zxjKXaWCBui1", Group: "BUNDLE 0 1", Media: "audio 9 UDP/TLS/RTP/SAVPF 111", Mid: "0",
	Candidates: []string{
		"1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1",
		"473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active",
	},
	Complete: true,
}

func TestFragment(t *testing.T) {
	require.Equal(t, fragmentText, fragment.String())
	got, err := signalling.ParseFragment(fragmentText)
	require.NoError(t, err)
	require.Equal(t, fragment, got)

	open := fragment
	open.Complete, open.Candidates = false, nil
	got, err = signalling.ParseFragment(open.String())
	require.NoError(t, err)
	require.Equal(t, open, got)
}

func TestParseFragment(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want signalling.Fragment
		says string
	}{
		"credentials of the session": {
			text: lines("a=ice-ufrag:u", "a=ice-pwd:p", "m=audio 9 RTP/AVP 0", "a=mid:a", "a=candidate:c"),
			want: signalling.Fragment{Ufrag: "u", Pwd: "p", Media: "audio 9 RTP/AVP 0", Mid: "a", Candidates: []string{"c"}},
		},
		"no section": {text: lines("a=ice-ufrag:u", "a=ice-pwd:p", "a=candidate:c"), want: signalling.Fragment{Ufrag: "u", Pwd: "p", Candidates: []string{"c"}}},
		"the first section rules": {
			text: lines("m=audio 9 RTP/AVP 0", "a=mid:a", "a=ice-ufrag:u", "a=ice-pwd:p", "a=candidate:c", "m=video 9 RTP/AVP 0", "a=mid:b", "a=ice-ufrag:v", "a=ice-pwd:q", "a=candidate:d"),
			want: signalling.Fragment{Ufrag: "u", Pwd: "p", Media: "audio 9 RTP/AVP 0", Mid: "a", Candidates: []string{"c"}},
		},
		"bare line feeds": {text: "a=ice-ufrag:u\na=ice-pwd:p\n", want: signalling.Fragment{Ufrag: "u", Pwd: "p"}},
		"no password":     {text: lines("a=ice-ufrag:u"), says: "no ICE credentials"},
		"no ufrag":        {text: lines("a=ice-pwd:p"), says: "no ICE credentials"},
		"empty":           {text: "", says: "no ICE credentials"},
		"HTML":            {text: "<html>", says: "no valid SDP"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := signalling.ParseFragment(c.text)
			if c.says != "" {
				require.ErrorContains(t, err, c.says)

				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestApply(t *testing.T) {
	head := "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
	before := head + lines("a=group:BUNDLE 0 1", "a=ice-lite",
		"m=audio 0 UDP/TLS/RTP/SAVPF 111", "a=mid:0",
		"m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:1", "a=ice-ufrag:old", "a=ice-pwd:older", "a=fingerprint:sha-256 00",
		"a=candidate:old", "a=end-of-candidates", "a=rtpmap:96 H264/90000")
	after, err := fragment.Apply(before)
	require.NoError(t, err)
	require.Equal(t, head+lines("a=group:BUNDLE 0 1", "a=ice-lite",
		"m=audio 0 UDP/TLS/RTP/SAVPF 111", "a=mid:0",
		"m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:1", "a=ice-ufrag:"+fragment.Ufrag, "a=ice-pwd:"+fragment.Pwd, "a=fingerprint:sha-256 00",
		"a=rtpmap:96 H264/90000", "a=candidate:"+fragment.Candidates[0], "a=candidate:"+fragment.Candidates[1], "a=end-of-candidates"), after)
	_, err = fragment.Apply("nonsense")
	require.ErrorContains(t, err, "no valid SDP")
}

func TestFragmentWithAReturnWithinALine(t *testing.T) {
	_, err := signalling.ParseFragment("a=ice-ufrag:u\r]]]]\na=ice-pwd:p\r\n")
	require.ErrorContains(t, err, "carriage return")
	got, err := signalling.ParseFragment("a=ice-ufrag:u\na=ice-pwd:p\r\n")
	require.NoError(t, err)
	require.Equal(t, signalling.Fragment{Ufrag: "u", Pwd: "p"}, got)
}

func TestFragmentWithAnEmptyCandidate(t *testing.T) {
	got, err := signalling.ParseFragment("a=ice-ufrag:u\r\na=ice-pwd:p\r\na=candidate:one\r\na=candidate:\r\na=candidate\r\n")
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, got.Candidates)
}

func FuzzFragment(f *testing.F) {
	f.Add(fragmentText, lines("m=audio 9 RTP/AVP 0", "a=ice-ufrag:u"))
	f.Add("a=ice-ufrag:u\r\na=ice-pwd:p\r\n", "")
	f.Add("a=ice-ufrag:u\r]]]]\na=ice-pwd:p\r\n", "")
	f.Add("a=ice-ufrag:u\r\na=ice-pwd:p\r\na=candidate:1\r\na=candidate:\n", "")
	f.Add("m=\r\na=candidate:\r\na=ice-pwd: \r\n", "m=audio 0 RTP/AVP 0")
	f.Fuzz(func(t *testing.T, text, media string) {
		got, err := signalling.ParseFragment(text)
		if err != nil {
			return
		}
		again, err := signalling.ParseFragment(got.String())
		require.NoError(t, err)
		require.Equal(t, got, again)
		applied, err := got.Apply("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + media)
		if err != nil {
			return
		}
		var d sdp.SessionDescription
		require.NoError(t, d.UnmarshalString(applied))
	})
}
