// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package whip_test

import (
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/whip"
)

func TestParseLinks(t *testing.T) {
	stun := func(url string) webrtc.ICEServer { return webrtc.ICEServer{URLs: []string{url}} }
	turn := func(url, user, password string) webrtc.ICEServer {
		return webrtc.ICEServer{URLs: []string{url}, Username: user, Credential: password}
	}
	for name, c := range map[string]struct {
		values  []string
		servers []webrtc.ICEServer
		ignored int
	}{
		"none":                      {},
		"stun":                      {values: []string{`<stun:stun.example.net>; rel="ice-server"`}, servers: []webrtc.ICEServer{stun("stun:stun.example.net")}},
		"stun with a port":          {values: []string{`<stun:stun.example.net:3479>;rel=ice-server`}, servers: []webrtc.ICEServer{stun("stun:stun.example.net:3479")}},
		"turn with credentials":     {values: []string{`<turn:t.example.net?transport=udp>; rel="ice-server"; username="user"; credential="pass"; credential-type="password"`}, servers: []webrtc.ICEServer{turn("turn:t.example.net?transport=udp", "user", "pass")}},
		"case of names and values":  {values: []string{`<turns:t.example.net>; REL="ICE-Server"; UserName=user; Credential=pass`}, servers: []webrtc.ICEServer{turn("turns:t.example.net", "user", "pass")}},
		"two in one header":         {values: []string{`<stun:a.example>; rel="ice-server", <stun:b.example>; rel="ice-server"`}, servers: []webrtc.ICEServer{stun("stun:a.example"), stun("stun:b.example")}},
		"two headers":               {values: []string{`<stun:a.example>; rel="ice-server"`, `<stun:b.example>; rel="ice-server"`}, servers: []webrtc.ICEServer{stun("stun:a.example"), stun("stun:b.example")}},
		"separators in a string":    {values: []string{`<turn:t.example>; rel="ice-server"; username="a,b;<c>"; credential="q\"\\e"`}, servers: []webrtc.ICEServer{turn("turn:t.example", "a,b;<c>", `q"\e`)}},
		"several relations":         {values: []string{`<stun:a.example>; rel="next ice-server"`}, servers: []webrtc.ICEServer{stun("stun:a.example")}},
		"the first relation counts": {values: []string{`<stun:a.example>; rel="next"; rel="ice-server"`}},
		"another relation":          {values: []string{`<https://example.net/sse>; rel="urn:ietf:params:whip:ext:core:server-sent-events"; events="layers"`}},
		"another relation, then one": {
			values: []string{`<https://example.net/sse>; rel="x", <stun:a.example>; rel="ice-server"`}, servers: []webrtc.ICEServer{stun("stun:a.example")},
		},
		"turn without credentials": {values: []string{`<turn:t.example>; rel="ice-server"`}, ignored: 1},
		"turn without a password":  {values: []string{`<turn:t.example>; rel="ice-server"; username="u"`}, ignored: 1},
		"token credentials":        {values: []string{`<turn:t.example>; rel="ice-server"; username="u"; credential="c"; credential-type="oauth"`}, ignored: 1},
		"no ICE scheme":            {values: []string{`<https://example.net>; rel="ice-server"`}, ignored: 1},
		"no host":                  {values: []string{`<stun:>; rel="ice-server"`}, ignored: 1},
		"no port after brackets":   {values: []string{`<turn:[2001:db8::1]*3478>; rel="ice-server"; username="u"; credential="c"`}, ignored: 1},
		"unclosed target":          {values: []string{`<stun:a.example; rel="ice-server"`}},
		"unclosed string":          {values: []string{`<stun:a.example>; rel="ice-server`}, servers: []webrtc.ICEServer{stun("stun:a.example")}},
		"no brackets":              {values: []string{`stun:a.example; rel="ice-server"`}},
		"bare parameters":          {values: []string{`<stun:a.example>;;x; rel=ice-server ;`}, servers: []webrtc.ICEServer{stun("stun:a.example")}},
	} {
		t.Run(name, func(t *testing.T) {
			servers, ignored := whip.ParseLinks(c.values)
			require.Equal(t, c.servers, servers)
			require.Equal(t, c.ignored, ignored)
		})
	}
}

func TestParseLinksKeepsThirtyTwo(t *testing.T) {
	one := `<stun:a.example>; rel="ice-server"`
	servers, ignored := whip.ParseLinks([]string{strings.Repeat(one+",", 31) + one})
	require.Len(t, servers, 32)
	require.Zero(t, ignored)
	servers, ignored = whip.ParseLinks([]string{strings.Repeat(one+",", 34) + one})
	require.Len(t, servers, 32)
	require.Equal(t, 3, ignored)
}

func FuzzParseLinks(f *testing.F) {
	f.Add(`<stun:a.example>; rel="ice-server"`, `<turn:t.example?transport=tcp>; rel=ice-server; username="u\""; credential=c`)
	f.Add(`<turn:[2001:db8::1]:3478>;rel="ice-server";username=;credential=""`, `<`)
	f.Add(`<turn:[2001:db8::1]*3478>;rel="ice-server"`, "")
	f.Add(`<stun:%zz>; rel=" ice-server`, `;;;=,<>"\`)
	f.Fuzz(func(t *testing.T, first, second string) {
		servers, ignored := whip.ParseLinks([]string{first, second})
		require.LessOrEqual(t, len(servers), 32)
		require.LessOrEqual(t, len(servers)+ignored, strings.Count(first, "<")+strings.Count(second, "<"))
		for _, s := range servers {
			// pion accepts what was kept.
			_, err := webrtc.NewAPI().NewICEGatherer(webrtc.ICEGatherOptions{ICEServers: []webrtc.ICEServer{s}})
			require.NoError(t, err, "%v", s)
		}
	})
}
