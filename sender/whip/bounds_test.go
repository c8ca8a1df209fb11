// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package whip_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestErrorsAreBounded has servers choose addresses and words of a size that no log should carry.
func TestErrorsAreBounded(t *testing.T) {
	long := "/" + strings.Repeat("ä", 50_000)
	t.Run("redirect", func(t *testing.T) {
		at := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/whip" {
				w.Header().Set("Location", long)
				w.WriteHeader(http.StatusTemporaryRedirect)

				return
			}
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		_, err := publish(t, client(t, at+"/whip"))
		requireBrief(t, err, "503")
	})
	t.Run("endless redirects", func(t *testing.T) {
		_, err := publish(t, client(t, serve(t, respond(http.StatusTemporaryRedirect, "", "", "Location", long))))
		requireBrief(t, err, "redirect")
	})
	t.Run("resource", func(t *testing.T) {
		at := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				respond(http.StatusCreated, "application/sdp", answer, "Location", long)(w, r)

				return
			}
			w.WriteHeader(http.StatusInternalServerError)
		})
		res, err := publish(t, client(t, at))
		require.NoError(t, err)
		requireBrief(t, res.AddCandidates(t.Context(), ours), "PATCH", "500")
		requireBrief(t, res.Close(t.Context()), "DELETE", "500")
	})
	t.Run("no HTTP", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		served := make(chan struct{})
		go func() {
			defer close(served)
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1<<16))
			_, _ = fmt.Fprintf(conn, "%s\r\n\r\n", strings.Repeat("no\x01", 30_000))
			_ = conn.Close()
		}()
		_, err = publish(t, client(t, "http://"+listener.Addr().String()))
		requireBrief(t, err, "malformed HTTP")
		_ = listener.Close()
		<-served
	})
}

func requireBrief(t *testing.T, err error, says ...string) {
	t.Helper()
	require.Error(t, err)
	require.Less(t, len(err.Error()), 3000)
	for _, word := range says {
		require.Contains(t, err.Error(), word)
	}
}
