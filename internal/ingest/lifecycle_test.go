// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

func TestTwoPushersAtOnce(t *testing.T) {
	dir := t.TempDir()
	frames := clip(t, 5)
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 20*time.Millisecond)
		s := n.newServer(t, Config{Record: filepath.Join(dir, "out.ts")})
		done := make(chan struct{}, 2)
		for _, setup := range []pushSetup{{}, {mime: webrtc.MimeTypeH264, noRTX: true}} {
			setup.net = n.client
			p := newPusher(t, setup)
			go func() {
				p.publish(s.Handler(), "/whip/live")
				p.play(frames)
				p.stop()
				done <- struct{}{}
			}()
		}
		time.Sleep(3 * time.Second)
		live := s.Sessions()
		require.Len(t, live, 2)
		for _, l := range live {
			require.Equal(t, StateLive, l.State)
			require.Positive(t, l.VideoFrames)
		}
		require.NotEqual(t, live[0].ID, live[1].ID)
		<-done
		<-done
		for _, l := range s.Sessions() {
			require.Equal(t, StateEnded, l.State)
			require.EqualValues(t, len(frames), l.FramesReceived)
		}
		require.NoError(t, s.Close())
	})
	for _, name := range []string{"out.ts", "out-2.ts"} {
		checkRecording(t, frames, readTS(t, readFile(t, filepath.Join(dir, name))))
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2)
}

// Whatever arrived is in the file when the server closes under a push.
func TestCloseUnderPush(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.ts")
	var stats SessionStats
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 20*time.Millisecond)
		s := n.newServer(t, Config{Record: path})
		p := newPusher(t, pushSetup{net: n.client})
		p.publish(s.Handler(), "/whip/live")
		p.play(clip(t, 3))
		begun := time.Now()
		require.NoError(t, s.Close())
		require.Less(t, time.Since(begun), 3*time.Second)
		stats = s.Sessions()[0]
		require.Equal(t, "server closed", stats.EndReason)
		require.Equal(t, http.StatusServiceUnavailable, do(s.Handler(), http.MethodPost, "/whip/live", "", newPusherOffer(t, n)).Code)
		p.close()
	})
	require.Positive(t, stats.VideoFrames)
	require.Equal(t, stats.FramesReceived, stats.RecordedFrames)
	require.Len(t, readTS(t, readFile(t, path)), int(stats.RecordedFrames))
}

func newPusherOffer(t *testing.T, n *network) string {
	p := newPusher(t, pushSetup{net: n.client})
	defer p.close()

	return p.offer()
}

// Sessions end, too, when the pusher goes without a word.
func TestSessionsEndWithTheirConnection(t *testing.T) {
	for _, c := range []struct {
		name   string
		leave  func(*pusher, *network)
		reason string
		within time.Duration
	}{
		{"closed by DTLS", func(p *pusher, _ *network) { p.close() }, "closed by the pusher", 3 * time.Second},
		{"cut off", func(p *pusher, n *network) {
			n.router.AddChunkFilter(func(vnetChunk) bool { return false })
		}, "connection lost", 20 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, 20*time.Millisecond)
				s := n.newServer(t, Config{})
				p := newPusher(t, pushSetup{net: n.client})
				p.publish(s.Handler(), "/whip/live")
				frames := clip(t, 2)
				p.play(frames)
				time.Sleep(100 * time.Millisecond)
				c.leave(p, n)
				time.Sleep(c.within)
				stats := s.Sessions()
				require.Len(t, stats, 1)
				require.Equal(t, StateEnded, stats[0].State)
				require.Equal(t, c.reason, stats[0].EndReason)
				require.EqualValues(t, len(frames), stats[0].FramesReceived)
				require.Zero(t, stats[0].Freezes, "what follows the last packet is no freeze")
				require.Equal(t, http.StatusNotFound, do(s.Handler(), http.MethodDelete, p.location, "", "").Code)
				require.NoError(t, s.Close())
			})
		})
	}
}

func TestConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 20*time.Millisecond)
		s := n.newServer(t, Config{ConnectTimeout: 4 * time.Second})
		w := do(s.Handler(), http.MethodPost, "/whip/live", "", newPusherOffer(t, n))
		require.Equal(t, http.StatusCreated, w.Code)
		time.Sleep(3 * time.Second)
		require.Equal(t, StateConnecting, s.Sessions()[0].State)
		time.Sleep(2 * time.Second)
		require.Equal(t, StateEnded, s.Sessions()[0].State)
		require.Contains(t, s.Sessions()[0].EndReason, "no connection within 4s")
		require.NoError(t, s.Close())
	})
}

func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 20*time.Millisecond)
		s := n.newServer(t, Config{MaxSessions: 1, History: 2})
		for range 3 {
			p := newPusher(t, pushSetup{net: n.client})
			p.publish(s.Handler(), "/whip/live")
			w := do(s.Handler(), http.MethodPost, "/whip/live", "", newPusherOffer(t, n))
			require.Equal(t, http.StatusServiceUnavailable, w.Code)
			require.Contains(t, w.Body.String(), "too many sessions")
			p.stop()
		}
		require.Len(t, s.Sessions(), 2, "the oldest is forgotten")
		var listed []SessionStats
		w := do(s.Handler(), http.MethodGet, "/sessions", "", "")
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &listed))
		require.Equal(t, s.Sessions()[0].ID, listed[0].ID)
		require.NoError(t, s.Close())
	})
}
