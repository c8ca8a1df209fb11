// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

const (
	oldICE = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef0123456789abcdef\r\n"
	newICE = "a=ice-ufrag:efgh\r\na=ice-pwd:fedcba9876543210fedcba9876543210\r\n"
	media  = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
)

func TestPatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, time.Millisecond)
		s := n.newServer(t, Config{})
		send := func(method, path, kind, match, body string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(method, path, strings.NewReader(body))
			r.Header.Set("Content-Type", kind)
			if match != "" {
				r.Header.Set("If-Match", match)
			}
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)

			return w
		}
		posted := send(http.MethodPost, "/whip/live", "application/sdp", "", minimalOffer)
		require.Equal(t, http.StatusCreated, posted.Code)
		at, tag := posted.Header().Get("Location"), posted.Header().Get("ETag")
		first, err := signalling.ReadFragment(posted.Body.String())
		require.NoError(t, err)
		candidate := oldICE + media + "a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\na=end-of-candidates\r\n"
		for _, c := range []struct {
			name, path, kind, match, body string
			status                        int
		}{
			{"candidates", at, signalling.FragmentType, tag, candidate, 204},
			{"of any ICE session", at, signalling.FragmentType, "*", candidate, 204},
			{"no more of them", at, signalling.FragmentType, tag, oldICE + "a=end-of-candidates\r\n", 204},
			{"no condition", at, signalling.FragmentType, "", candidate, 428},
			{"another ICE session", at, signalling.FragmentType, `"x"`, candidate, 412},
			{"another type", at, "application/sdp", tag, candidate, 415},
			{"no type", at, "", tag, candidate, 415},
			{"no credentials", at, signalling.FragmentType, tag, media, 400},
			{"short credentials", at, signalling.FragmentType, tag, "a=ice-ufrag:x\r\na=ice-pwd:y\r\n", 400},
			{"no fragment", at, signalling.FragmentType, tag, "<html>", 400},
			{"no candidate", at, signalling.FragmentType, tag, oldICE + media + "a=candidate:nonsense\r\n", 400},
			{"too much", at, signalling.FragmentType, tag, strings.Repeat("a=x\r\n", maxOfferSize/5+1), 413},
			{"another stream", strings.Replace(at, "live", "else", 1), signalling.FragmentType, tag, candidate, 404},
		} {
			w := send(http.MethodPatch, c.path, c.kind, c.match, c.body)
			require.Equal(t, c.status, w.Code, "%s: %s", c.name, w.Body)
		}

		restarted := send(http.MethodPatch, at, signalling.FragmentType, "*", newICE+media)
		require.Equal(t, http.StatusOK, restarted.Code, restarted.Body)
		second, err := signalling.ParseFragment(restarted.Body.String())
		require.NoError(t, err)
		require.NotEqual(t, first.Ufrag, second.Ufrag)
		require.NotEqual(t, tag, restarted.Header().Get("ETag"))
		require.Equal(t, http.StatusPreconditionFailed, send(http.MethodPatch, at, signalling.FragmentType, tag, candidate).Code)
		require.Equal(t, http.StatusNoContent,
			send(http.MethodPatch, at, signalling.FragmentType, restarted.Header().Get("ETag"), newICE+media).Code)
		require.Equal(t, http.StatusOK, send(http.MethodDelete, at, "", "", "").Code)
		require.Equal(t, http.StatusNotFound, send(http.MethodPatch, at, signalling.FragmentType, "*", candidate).Code)
	})
}
