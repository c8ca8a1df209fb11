// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// playTest is a live session that is fed by hand, at a server over HTTP.
type playTest struct {
	*recorderTest

	t       testing.TB
	session *session
	http    *httptest.Server
	client  *http.Client
}

func newPlayTest(t testing.TB) *playTest {
	t.Helper()
	s, err := New(Config{LoggerFactory: quiet()})
	require.NoError(t, err)
	p := &playTest{t: t, recorderTest: newRecorderTest(codecH264), session: &session{stream: "live", state: StateLive}}
	p.recorder.players = newBroadcast(p.tracks)
	p.audio.retype(codecAAC, 48000, heAAC())
	p.session.recorder = p.recorder
	s.live["x"] = p.session
	p.http = httptest.NewServer(s.Handler())
	p.client = &http.Client{Transport: &http.Transport{}}

	return p
}

// feed plays frames to the session, at once.
func (p *playTest) feed(frames []clipFrame) {
	p.session.mu.Lock()
	defer p.session.mu.Unlock()
	p.play(frames, 0, noDelay)
}

// end ends the session.
func (p *playTest) end() {
	p.session.mu.Lock()
	defer p.session.mu.Unlock()
	require.NoError(p.t, p.recorder.close())
}

func (p *playTest) players() (now int, dropped uint64) {
	p.session.mu.Lock()
	defer p.session.mu.Unlock()

	return len(p.recorder.players.players), p.recorder.players.dropped
}

func (p *playTest) get(ctx context.Context, path string) *http.Response {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.http.URL+path, nil)
	require.NoError(p.t, err)
	resp, err := p.client.Do(r)
	require.NoError(p.t, err)

	return resp
}

func (p *playTest) close() {
	p.client.CloseIdleConnections()
	p.http.Close()
}

// Players join when they like; each begins with a key frame and loses nothing after it.
func TestPlayersGetTheStream(t *testing.T) {
	p := newPlayTest(t)
	defer p.close()
	frames := clip(t, 8)
	var keys []int
	for i, f := range frames {
		if isKey(f) {
			keys = append(keys, i)
		}
	}
	early := p.get(t.Context(), "/live.flv")
	require.Equal(t, "video/x-flv", early.Header.Get("Content-Type"))
	p.feed(frames[:keys[1]+1])
	late := p.get(t.Context(), "/live.flv")
	p.start = p.start.Add(time.Duration(frames[keys[1]+1].dts-frames[0].dts) * 100000 / 9)
	p.feed(frames[keys[1]+1:])
	p.end()
	video := count(frames, true)
	for resp, want := range map[*http.Response]int{early: video, late: video} {
		data, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		_, tags := readFLV(t, data)
		require.EqualValues(t, flvScript, tags[0].kind)
		require.Zero(t, tags[0].dts, "players take a later script for captions")
		require.True(t, tags[1].config && tags[2].config)
		pictures := slices.DeleteFunc(tags, func(g flvTag) bool { return g.kind != flvVideo || g.config })
		require.True(t, pictures[0].key)
		if resp == late {
			require.Less(t, len(pictures), want)
			require.GreaterOrEqual(t, len(pictures), want-keys[2])
		} else {
			require.Len(t, pictures, want)
		}
	}
	now, dropped := p.players()
	require.Zero(t, now)
	require.Zero(t, dropped)
	resp := p.get(t.Context(), "/live.flv")
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode, "it has ended")
	require.NoError(t, resp.Body.Close())
}

func TestNothingToPlay(t *testing.T) {
	p := newPlayTest(t)
	defer p.close()
	for path, status := range map[string]int{"/other.flv": 404, "/live": 404, "/live.flv/": 404} {
		resp := p.get(t.Context(), path)
		require.Equal(t, status, resp.StatusCode, path)
		require.NoError(t, resp.Body.Close())
	}
	p.session.recorder = nil
	resp := p.get(t.Context(), "/live.flv")
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode, "connected, no media yet")
	require.NoError(t, resp.Body.Close())
}

// A player that reads nothing is let go; the others and the session do not wait for it.
func TestSlowPlayerIsLetGo(t *testing.T) {
	p := newPlayTest(t)
	defer p.close()
	slow, good := p.get(t.Context(), "/live.flv"), p.get(t.Context(), "/live.flv")
	read := make(chan int64)
	go func() {
		n, _ := io.Copy(io.Discard, good.Body)
		read <- n
	}()
	key := clip(t, 1)[0]
	require.True(t, isKey(key))
	big := recordedFrame{units: append(slices.Clone(key.units), append([]byte{0x41}, make([]byte, 1<<18)...)), key: true}
	reader := p.recorder.players.players[1]
	sent := int64(0)
	for i := range int64(2000) {
		p.session.mu.Lock()
		big.timestamp, big.arrival = i*3000, p.start.Add(time.Duration(i)*time.Second/30)
		p.frame(p.video, big)
		sent += 1 << 18
		now, dropped := len(p.recorder.players.players), p.recorder.players.dropped
		var held int64
		for _, other := range p.recorder.players.players {
			held = max(held, other.held.Load())
		}
		p.session.mu.Unlock()
		require.LessOrEqual(t, held, int64(playerBytes))
		if dropped > 0 {
			require.Equal(t, 1, now)

			break
		}
		// The good one shares the processor.
		require.Eventually(t, func() bool { return reader.held.Load() < 1<<22 }, 10*time.Second, time.Millisecond)
	}
	_, dropped := p.players()
	require.EqualValues(t, 1, dropped)
	p.end()
	require.Greater(t, <-read, sent/2)
	require.NoError(t, good.Body.Close())
	require.NoError(t, slow.Body.Close())
}

// A player that goes is forgotten.
func TestPlayerLeaves(t *testing.T) {
	p := newPlayTest(t)
	defer p.close()
	ctx, cancel := context.WithCancel(t.Context())
	resp := p.get(ctx, "/live.flv")
	now, _ := p.players()
	require.Equal(t, 1, now)
	cancel()
	require.Eventually(t, func() bool {
		now, _ := p.players()

		return now == 0
	}, 5*time.Second, time.Millisecond)
	_ = resp.Body.Close()
	p.feed(clip(t, 1))
	_, dropped := p.players()
	require.Zero(t, dropped)
	p.end()
}

func TestPlayersAreBounded(t *testing.T) {
	b := newBroadcast([]*recordTrack{newRecordTrack(codecH264, tsClock)})
	for range maxPlayers {
		require.NotNil(t, b.join())
	}
	require.Nil(t, b.join())
	b.leave(b.players[3])
	require.NotNil(t, b.join())
	b.close()
	require.Nil(t, b.join())
}
