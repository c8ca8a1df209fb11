// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package signalling_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

func TestParseICEURL(t *testing.T) {
	for raw, port := range map[string]int{
		"stun:a.example":                     3478,
		"stun:a.example:3479":                3479,
		"turns:a.example":                    5349,
		"turn:[2001:db8::1]":                 3478,
		"turn:[2001:db8::1]:1?transport=tcp": 1,
	} {
		uri, err := signalling.ParseICEURL(raw)
		require.NoError(t, err, raw)
		require.Equal(t, port, uri.Port, raw)
	}
	for _, raw := range []string{
		"", "stun:", "stun::3478", "stun://a.example", "https://a.example", "a.example", "%zz", "turn:2001:db8::1",
		"turn:[2001:db8::1]*3478", "turn:[::1]x", "stun:[::1]]", "turns:[::1][::1]", "turn:[::1", "turn:a.example?transport=sctp",
	} {
		_, err := signalling.ParseICEURL(raw)
		require.ErrorContains(t, err, "ICE server", raw)
	}
}

func FuzzParseICEURL(f *testing.F) {
	f.Add("turn:[2001:db8::1]*3478")
	f.Add("stuns:a.example:5349?transport=udp")
	f.Fuzz(func(t *testing.T, raw string) {
		uri, err := signalling.ParseICEURL(raw)
		if err != nil {
			return
		}
		require.NotEmpty(t, uri.Host)
	})
}
