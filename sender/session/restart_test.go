// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/ingest"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/session"
)

// roaming is a bench whose pusher has a second address.
func roaming(t *testing.T, source media.Source) (*receiver, *network, *diary, session.Options) {
	t.Helper()

	return benchOn(t, newNetwork(t, firstAddress, secondAddress), source)
}

// TestAddressChanges: the pusher's address goes away and another one works. The session
// lives on over the new path.
func TestAddressChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, n, d, o := roaming(t, newScript(30*time.Second, h264Track(), opusTrack()))
		server.patchable = true
		time.AfterFunc(5*time.Second, n.move)
		var before int
		time.AfterFunc(15*time.Second, func() { before, _ = server.session(0).frames() })
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		sessions, deletes := server.count()
		require.Equal(t, 1, sessions, "no second offer")
		require.Equal(t, 1, deletes)
		require.Zero(t, summary.Reconnects)
		require.Equal(t, []session.ConnectionState{
			session.StateConnecting, session.StateConnected, session.StateDisconnected, session.StateRestarting,
			session.StateConnected, session.StateClosed,
		}, d.states)
		patches := server.patched()
		require.Len(t, patches, 1)
		require.Equal(t, "*", patches[0].match)
		video, _ := server.session(0).frames()
		require.Greater(t, video, before+13*30, "what was sent over the new path arrives")
	})
}

// TestAddressChangesAtIngest: the reference receiver restarts too, and misses only what
// was sent into the void.
func TestAddressChangesAtIngest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, n, d, o := roaming(t, newScript(30*time.Second, h264Track(), opusTrack()))
		server, err := ingest.New(ingest.Config{LoggerFactory: quiet(), ConfigureSettingEngine: on(n.server)})
		require.NoError(t, err)
		defer func() { require.NoError(t, server.Close()) }()
		o.URL, o.HTTPClient = "http://ingest.example/whip/live", &http.Client{Transport: inProcess{server.Handler()}}
		o.ICEServers = serveSTUN(t, n, time.Second)
		time.AfterFunc(5*time.Second, n.move)
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.Zero(t, summary.Reconnects)
		require.Empty(t, d.texts, "late candidates are taken")
		sessions := server.Sessions()
		require.Len(t, sessions, 1)
		require.Contains(t, d.states, session.StateRestarting)
		require.Greater(t, sessions[0].VideoFrames, uint64(15*30))
		require.Equal(t, "deleted by the pusher", sessions[0].EndReason)
	})
}

// TestAddressChangesTwice: entity tags and credentials move on.
func TestAddressChangesTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, n, d, o := roaming(t, newScript(50*time.Second, h264Track()))
		server.patchable = true
		time.AfterFunc(5*time.Second, n.move)
		time.AfterFunc(25*time.Second, n.moveBack)
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.Zero(t, summary.Reconnects)
		patches := server.patched()
		require.Len(t, patches, 2)
		require.NotEqual(t, patches[0].fragment.Ufrag, patches[1].fragment.Ufrag)
		connected := 0
		for _, s := range d.states {
			if s == session.StateConnected {
				connected++
			}
		}
		require.Equal(t, 3, connected)
	})
}

// TestRestartFails: the push connects anew, soon.
func TestRestartFails(t *testing.T) {
	text := func(status int, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, c := range map[string]struct {
		reply func(http.ResponseWriter, *http.Request)
		// asked is how often, over two address changes.
		asked int
	}{
		"no such method":    {reply: text(405, ""), asked: 1},
		"taken for trickle": {reply: text(204, ""), asked: 1},
		"another session":   {reply: text(412, ""), asked: 2},
		"an HTML page":      {reply: text(200, "<html>"), asked: 2},
		"another's":         {reply: text(200, "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"), asked: 2},
		"never any reply":   {reply: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, asked: 2},
		"broken candidates": {reply: text(200, "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 RTP/AVP 0\r\na=candidate:x\r\n"), asked: 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, n, d, o := roaming(t, newScript(45*time.Second, h264Track()))
				server.patchable = true
				asked := 0
				server.intercept = func(w http.ResponseWriter, r *http.Request) bool {
					if r.Method == http.MethodPatch {
						asked++
						c.reply(w, r)
					}

					return r.Method == http.MethodPatch
				}
				time.AfterFunc(5*time.Second, n.move)
				time.AfterFunc(24*time.Second, n.moveBack)
				summary, err := session.Push(t.Context(), o)
				require.NoError(t, err)
				require.Equal(t, c.asked, asked)
				require.EqualValues(t, 2, summary.Reconnects)
				require.Empty(t, d.tries, "the first new connection holds")
				require.Contains(t, d.states, session.StateRestarting)
				video, _ := server.session(2).frames()
				require.Greater(t, video, 5*30)
			})
		})
	}
}

// TestNoRestartWithoutETag: a server that names no ICE session is not asked.
func TestNoRestartWithoutETag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, n, d, o := roaming(t, newScript(30*time.Second, h264Track()))
		methods := []string{}
		server.intercept = func(_ http.ResponseWriter, r *http.Request) bool {
			methods = append(methods, r.Method)

			return false
		}
		time.AfterFunc(5*time.Second, n.move)
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.EqualValues(t, 1, summary.Reconnects)
		require.False(t, slices.Contains(methods, http.MethodPatch))
		require.NotContains(t, d.states, session.StateRestarting)
	})
}
