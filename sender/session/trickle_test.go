// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/session"
)

// serveSTUN answers binding requests after a delay.
func serveSTUN(t *testing.T, n *network, delay time.Duration) []webrtc.ICEServer {
	t.Helper()
	conn, err := n.server.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(serverAddress), Port: 3478})
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			request := &stun.Message{Raw: append([]byte(nil), buf[:size]...)}
			if request.Decode() != nil {
				continue
			}
			at := from.(*net.UDPAddr)
			reply, err := stun.Build(request, stun.BindingSuccess, &stun.XORMappedAddress{IP: at.IP, Port: at.Port}, stun.Fingerprint)
			assert.NoError(t, err)
			time.AfterFunc(delay, func() { _, _ = conn.WriteTo(reply.Raw, from) })
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		<-done
	})

	return []webrtc.ICEServer{{URLs: []string{"stun:" + serverAddress + ":3478"}}}
}

const reflexive = "typ srflx"

func TestTrickle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, n, d, o := bench(t, newScript(3*time.Second, h264Track(), opusTrack()))
		server.patchable = true
		o.ICEServers = serveSTUN(t, n, time.Second)
		start := time.Now()
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.EqualValues(t, 240, summary.FramesSent)
		require.Empty(t, d.texts)

		offer := server.session(0).offer
		require.Contains(t, offer, "typ host")
		require.NotContains(t, offer, reflexive, "the offer did not wait")
		patches := server.patched()
		require.NotEmpty(t, patches)
		var late []string
		for _, p := range patches {
			require.Equal(t, firstTag, p.match)
			require.Equal(t, "application/trickle-ice-sdpfrag", p.kind)
			require.Contains(t, offer, "a=ice-ufrag:"+p.fragment.Ufrag)
			require.Equal(t, "0", p.fragment.Mid)
			late = append(late, p.fragment.Candidates...)
		}
		require.Contains(t, strings.Join(late, "\n"), reflexive)
		require.NotContains(t, strings.Join(late, "\n"), "typ host", "which the offer had")
		require.True(t, patches[len(patches)-1].fragment.Complete)
		require.GreaterOrEqual(t, patches[0].at.Sub(start), time.Second)
	})
}

// TestNoTrickle: the offer has all candidates and nothing follows it.
func TestNoTrickle(t *testing.T) {
	for name, c := range map[string]struct {
		delay time.Duration
		mode  session.TrickleMode
	}{
		"answered in time": {delay: 100 * time.Millisecond},
		"switched off":     {delay: time.Second, mode: session.TrickleOff},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, n, d, o := bench(t, newScript(3*time.Second, h264Track()))
				server.patchable = true
				o.Trickle, o.ICEServers = c.mode, serveSTUN(t, n, c.delay)
				_, err := session.Push(t.Context(), o)
				require.NoError(t, err)
				require.Empty(t, d.texts)
				require.Contains(t, server.session(0).offer, reflexive)
				require.Contains(t, server.session(0).offer, "a=end-of-candidates")
				require.Empty(t, server.patched())
			})
		})
	}
}

// TestTrickleRefused: the push goes on with what the offer had, says so once, and later
// offers wait.
func TestTrickleRefused(t *testing.T) {
	for _, status := range []int{400, 404, 405, 412, 422, 501, 503} {
		synctest.Test(t, func(t *testing.T) {
			server, n, d, o := bench(t, newScript(6*time.Second, h264Track()))
			o.ICEServers = serveSTUN(t, n, time.Second)
			patches := 0
			server.intercept = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPatch {
					patches++
					w.WriteHeader(status)
				}

				return r.Method == http.MethodPatch
			}
			time.AfterFunc(3*time.Second, func() { assert.NoError(t, server.session(0).pc.Close()) })
			summary, err := session.Push(t.Context(), o)
			require.NoError(t, err)
			require.EqualValues(t, 1, summary.Reconnects)
			require.Equal(t, 1, patches)
			require.Len(t, d.texts, 1)
			require.Contains(t, d.texts[0], "candidates that were found after the offer")
			require.NotContains(t, server.session(0).offer, reflexive)
			require.Contains(t, server.session(1).offer, reflexive)
		})
	}
}

// TestEndDuringTrickle: a server that hangs does not hold the push.
func TestEndDuringTrickle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, n, d, o := bench(t, newScript(2*time.Second, h264Track()))
		o.ICEServers = serveSTUN(t, n, time.Second)
		hang(http.MethodPatch)(server, n)
		start := time.Now()
		_, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.Less(t, time.Since(start), 4*time.Second)
		require.Empty(t, d.texts)
		_, deletes := server.count()
		require.Equal(t, 1, deletes)
	})
}
