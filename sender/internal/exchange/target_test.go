// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package exchange_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/internal/exchange"
	"github.com/rtmcc/rtmcc/sender/signalling"
)

func TestParseTarget(t *testing.T) {
	for raw, want := range map[string]exchange.Target{
		"webrtc://h/live/s":               {Host: "h", Path: "/live/s"},
		"WEBRTC://h:1/live/s/?a=b&&c":     {Host: "h:1", Path: "/live/s", Query: "a=b&c"},
		"webrtc://h/l/s?schema=https&a=b": {Scheme: "https", Host: "h", Path: "/l/s", Query: "a=b"},
		"http://h/l/s?schema=https":       {Scheme: "http", Direct: true, Host: "h", Path: "/l/s"},
		"https://[::1]:8/l/%2Fs?x=%26":    {Scheme: "https", Direct: true, Host: "[::1]:8", Path: "/l/%2Fs", Query: "x=%26"},
	} {
		got, err := exchange.ParseTarget(raw)
		require.NoError(t, err, raw)
		require.Equal(t, want, *got, raw)
	}
}

func TestParseTargetRejects(t *testing.T) {
	for raw, says := range map[string]string{
		"":                             "webrtc://",
		"h/live/s":                     "webrtc://",
		"rtmp://h/live/s":              "webrtc://",
		"webrtc://h":                   "webrtc://host/app/stream",
		"webrtc://h/live":              "webrtc://host/app/stream",
		"webrtc://h/live/":             "webrtc://host/app/stream",
		"webrtc://h//s":                "webrtc://host/app/stream",
		"webrtc:///live/s":             "webrtc://host/app/stream",
		"webrtc://:80/live/s":          "webrtc://host/app/stream",
		"webrtc://user:secret@h/l/s":   "webrtc://host/app/stream",
		"webrtc://h/live/s?schema=ftp": "http or https",
		"webrtc://h/live/s?schema=":    "http or https",
		"webrtc://[::1":                "URL",
		"webrtc://h/%zz/s":             "URL",
	} {
		_, err := exchange.ParseTarget(raw)
		require.ErrorIs(t, err, signalling.ErrConfig, raw)
		require.ErrorContains(t, err, says, raw)
		require.NotContains(t, err.Error(), "secret")
	}
}

func FuzzParseTarget(f *testing.F) {
	f.Add("webrtc://h:1/live/s?schema=https&a=b")
	f.Add("http://[::1]/a/b/%2F/?x")
	f.Fuzz(func(t *testing.T, raw string) {
		target, err := exchange.ParseTarget(raw)
		if err != nil {
			return
		}
		_, err = url.Parse(target.Stream())
		require.NoError(t, err)
		again, err := exchange.ParseTarget(target.Stream())
		require.NoError(t, err)
		require.Equal(t, target.Stream(), again.Stream())
		require.False(t, strings.HasPrefix(again.Query, "schema=") || strings.Contains(again.Query, "&schema="))
	})
}
