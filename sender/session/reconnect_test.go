// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/session"
)

// requireContinuation checks that what the second session got goes on from the
// first: at a key frame, on the same clock, after what was lost.
func requireContinuation(t *testing.T, first, second *received) {
	t.Helper()
	const stapA, rate = 24, 90000
	before, beforeAudio := first.packets()
	after, afterAudio := second.packets()
	origin, next := before[0], after[0]
	require.EqualValues(t, stapA, next.Payload[0]&0x1f, "parameter sets come first")
	since := next.Timestamp - origin.Timestamp
	require.InDelta(t, rate/2, (since+rate/2)%rate, 100, "key frames are a second apart")
	require.Greater(t, since, before[len(before)-1].Timestamp-origin.Timestamp)
	audio := afterAudio[0].Timestamp - beforeAudio[0].Timestamp
	require.InDelta(t, 0, audio%960, 1)
}

func TestServerClosesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, d, o := bench(t, newScript(6*time.Second, h264Track(), opusTrack()))
		time.AfterFunc(2500*time.Millisecond, func() { assert.NoError(t, server.session(0).pc.Close()) })
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.EqualValues(t, 1, summary.Reconnects)
		sessions, deletes := server.count()
		require.Equal(t, 2, sessions)
		require.Equal(t, 2, deletes)
		require.EqualValues(t, 480, summary.FramesSent+summary.FramesDropped, "every frame is accounted for")
		require.Positive(t, summary.Drops[session.DropWaitKey])
		require.NotEmpty(t, d.states)
		requireContinuation(t, server.session(0), server.session(1))
		video, _ := server.session(0).frames()
		again, _ := server.session(1).frames()
		require.InDelta(t, summary.VideoFramesSent, video+again, 5)
	})
}

func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, n, d, o := bench(t, newScript(60*time.Second, h264Track(), opusTrack()))
		time.AfterFunc(5*time.Second, func() { n.setCut(true) })
		time.AfterFunc(35*time.Second, func() { n.setCut(false) })
		var states []session.ConnectionState
		o.OnStatus = func(s session.Status) { states = append(states, s.State) }
		start := time.Now()
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.InDelta(t, 60, time.Since(start).Seconds(), 2, "the source goes on in real time")
		require.EqualValues(t, 1, summary.Reconnects)
		require.EqualValues(t, 1800+3000, summary.FramesSent+summary.FramesDropped)
		require.Positive(t, summary.Drops[session.DropOutage])
		require.NotEmpty(t, d.tries)
		sessions, _ := server.count()
		requireContinuation(t, server.session(0), server.session(sessions-1))
		for _, state := range []session.ConnectionState{session.StateConnected, session.StateDisconnected, session.StateConnecting} {
			require.Contains(t, states, state)
		}
		require.Equal(t, session.StateConnected, states[len(states)-1])
		require.True(t, slices.IsSortedFunc(d.tries, func(a, b session.Reconnect) int { return a.Attempt - b.Attempt }))
	})
}

func TestServerNeverComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, _, o := bench(t, newScript(10*time.Minute, h264Track()))
		time.AfterFunc(2*time.Second, func() {
			server.setIntercept(func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(http.StatusBadGateway)

				return true
			})
			assert.NoError(t, server.session(0).pc.Close())
		})
		start := time.Now()
		summary, err := session.Push(t.Context(), o)
		require.ErrorContains(t, err, "gave up after attempt 10")
		require.Less(t, time.Since(start), 3*time.Minute)
		require.Positive(t, summary.FramesSent)
		require.Positive(t, summary.Drops[session.DropOutage])
		require.Zero(t, summary.Reconnects)
	})
}

// TestConflictAfterLoss: the server holds on to the lost session for some seconds.
func TestConflictAfterLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, d, o := bench(t, newScript(20*time.Second, h264Track(), opusTrack()))
		conflicts := 0
		time.AfterFunc(2*time.Second, func() {
			server.setIntercept(func(w http.ResponseWriter, r *http.Request) bool {
				if conflicts++; r.Method == http.MethodDelete || conflicts > 3 {
					return false
				}
				w.WriteHeader(http.StatusConflict)

				return true
			})
			assert.NoError(t, server.session(0).pc.Close())
		})
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.EqualValues(t, 1, summary.Reconnects)
		require.NotEmpty(t, d.tries)
	})
}

func TestReconnectSwitchedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, _, o := bench(t, newScript(10*time.Second, h264Track()))
		o.Reconnect.Disabled = true
		time.AfterFunc(2*time.Second, func() { assert.NoError(t, server.session(0).pc.Close()) })
		summary, err := session.Push(t.Context(), o)
		require.ErrorContains(t, err, "the server closed it")
		require.Positive(t, summary.FramesSent)
	})
}

func TestSourceEndsDuringAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, n, _, o := bench(t, newScript(20*time.Second, h264Track()))
		time.AfterFunc(5*time.Second, func() { n.setCut(true) })
		start := time.Now()
		summary, err := session.Push(t.Context(), o)
		require.ErrorContains(t, err, "the source ended while there was no connection")
		require.InDelta(t, 20, time.Since(start).Seconds(), 1.5)
		require.EqualValues(t, 600, summary.FramesSent+summary.FramesDropped)
		n.setCut(false)
		_, deletes := server.count()
		require.Positive(t, deletes)
	})
}
