// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

const sdpType = "application/sdp"

// do is one request to the bridge, without a network.
func do(ctx context.Context, b *bridge, method, path, kind, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)

	return w
}

// start makes a request that waits for another one.
func start(ctx context.Context, b *bridge, method, path, kind, body string) <-chan *httptest.ResponseRecorder {
	answered := make(chan *httptest.ResponseRecorder, 1)
	go func() { answered <- do(ctx, b, method, path, kind, body) }()

	return answered
}

func TestBridgeHandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b := newBridge(&log)
		push := start(t.Context(), b, "POST", "/whip/live/a", sdpType+"; charset=utf-8", "the offer")
		var offer struct{ ID, SDP string }
		require.NoError(t, json.Unmarshal(do(t.Context(), b, "GET", "/receiver/offer", "", "").Body.Bytes(), &offer))
		require.Equal(t, "the offer", offer.SDP)

		require.Equal(t, http.StatusNoContent, do(t.Context(), b, "POST", "/receiver/answer/"+offer.ID, "", "the answer").Code)
		answer := <-push
		require.Equal(t, http.StatusCreated, answer.Code)
		require.Equal(t, "the answer", answer.Body.String())
		require.Equal(t, sdpType, answer.Header().Get("Content-Type"))

		stats := "/receiver/stats/" + offer.ID
		require.Equal(t, http.StatusNoContent, do(t.Context(), b, "POST", stats, "", "{\"frames\":\n1}").Code)
		require.Equal(t, http.StatusBadRequest, do(t.Context(), b, "POST", stats, "", "frames").Code)
		require.Equal(t, http.StatusOK, do(t.Context(), b, "DELETE", answer.Header().Get("Location"), "", "").Code)
		require.Equal(t, http.StatusNotFound, do(t.Context(), b, "DELETE", answer.Header().Get("Location"), "", "").Code)
		require.Equal(t, http.StatusGone, do(t.Context(), b, "POST", stats, "", `{"frames":2}`).Code, "tells the receiver that it is over")
		require.Equal(t, "{\"frames\":1}\n{\"frames\":2}\n", log.String(), "one line each, the last one too")
	})
}

func TestBridgeRefusesPushes(t *testing.T) {
	for name, c := range map[string]struct {
		kind, body string
		receive    func(t *testing.T, b *bridge)
		want       int
	}{
		"no SDP":      {kind: "application/json", body: "v=0", want: http.StatusUnsupportedMediaType},
		"empty":       {kind: sdpType, want: http.StatusBadRequest},
		"large":       {kind: sdpType, body: strings.Repeat("x", bodyLimit+1), want: http.StatusBadRequest},
		"no receiver": {kind: sdpType, body: "v=0", want: http.StatusServiceUnavailable},
		"no answer": {kind: sdpType, body: "v=0", want: http.StatusGatewayTimeout, receive: func(t *testing.T, b *bridge) {
			require.Equal(t, http.StatusOK, do(t.Context(), b, "GET", "/receiver/offer", "", "").Code)
		}},
		"receiver failed": {kind: sdpType, body: "v=0", want: http.StatusBadGateway, receive: func(t *testing.T, b *bridge) {
			require.Equal(t, http.StatusOK, do(t.Context(), b, "GET", "/receiver/offer", "", "").Code)
			require.Equal(t, http.StatusNoContent, do(t.Context(), b, "POST", "/receiver/error/1", "", "no codec").Code)
		}},
		"displaced": {kind: sdpType, body: "v=0", want: http.StatusConflict, receive: func(t *testing.T, b *bridge) {
			synctest.Wait()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			do(ctx, b, "POST", "/whip/other", sdpType, "v=0")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBridge(&bytes.Buffer{})
				push := start(t.Context(), b, "POST", "/whip/live", c.kind, c.body)
				if c.receive != nil {
					c.receive(t, b)
				}
				require.Equal(t, c.want, (<-push).Code)
				require.Nil(t, b.current, "the session is over")
			})
		})
	}
}

func TestBridgeRefusesReceivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBridge(&bytes.Buffer{})
		require.Equal(t, http.StatusNoContent, do(t.Context(), b, "GET", "/receiver/offer", "", "").Code, "no offer yet")
		for _, path := range []string{"answer", "error", "stats"} {
			require.Equal(t, http.StatusGone, do(t.Context(), b, "POST", "/receiver/"+path+"/7", "", "{}").Code, path)
			require.Equal(t, http.StatusBadRequest, do(t.Context(), b, "POST", "/receiver/"+path+"/7", "", "").Code, path)
		}
		push := start(t.Context(), b, "POST", "/whip/live", sdpType, "v=0")
		synctest.Wait()
		require.Equal(t, http.StatusNoContent, do(t.Context(), b, "POST", "/receiver/answer/1", "", "first").Code)
		require.Equal(t, http.StatusConflict, do(t.Context(), b, "POST", "/receiver/answer/1", "", "second").Code)
		require.Equal(t, http.StatusOK, do(t.Context(), b, "GET", "/receiver/offer", "", "").Code)
		require.Equal(t, "first", (<-push).Body.String())
	})
}

func TestBridgePages(t *testing.T) {
	b := newBridge(&bytes.Buffer{})
	for _, page := range []string{"/watch.html", "/camera.html"} {
		w := do(t.Context(), b, "GET", page, "", "")
		require.Equal(t, http.StatusOK, w.Code)
		require.Contains(t, w.Header().Get("Content-Type"), "text/html")
	}
	require.Equal(t, http.StatusNotFound, do(t.Context(), b, "GET", "/bridge.go", "", "").Code)
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "127.0.0.1:0", t.TempDir()+"/stats.jsonl") }()
	cancel()
	require.NoError(t, <-ended)
	require.Error(t, run(t.Context(), "127.0.0.1:0", t.TempDir()+"/none/stats.jsonl"))
	require.Error(t, run(t.Context(), "nowhere:-1", ""))
}
