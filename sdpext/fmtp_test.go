// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFmtpGet(t *testing.T) {
	for _, tc := range []struct {
		fmtp, name, value string
		ok                bool
	}{
		{"", "a", "", false},
		{"a=1", "a", "1", true},
		{"A=1", "a", "1", true},
		{" a = 1 ;b", "a", "1", true},
		{"a;b=2", "a", "", true},
		{"a=;b=2", "a", "", true},
		{"a=1;a=2", "a", "1", true},
		{"ab=1", "a", "", false},
		{"config=aa==;", "config", "aa==", true},
		{";;a=1;;", "a", "1", true},
	} {
		value, ok := Fmtp(tc.fmtp).Get(tc.name)
		require.Equal(t, tc.ok, ok, tc.fmtp)
		require.Equal(t, tc.value, value, tc.fmtp)
	}
}

func TestFmtpKeepsWhatItDoesNotChange(t *testing.T) {
	for _, tc := range []struct{ before, with, without Fmtp }{
		{"", "X=1", ""},
		{"a=1", "a=1;X=1", "a=1"},
		{"a=1;", "a=1;X=1;", "a=1;"},
		{"a=1; ", "a=1; X=1;", "a=1; "},
		{"a=1; b ;c=", "a=1; b ;c=;X=1", "a=1; b ;c="},
		{"x=0;a=1;", "X=1;a=1;", "a=1;"},
		{"a=1; x=0 ;b", "a=1; X=1 ;b", "a=1;b"},
		{"x;a=1;X=0;a=2", "X=1;a=1;a=2", "a=1;a=2"},
		{" x = 0", " X=1", ""},
		{"ax=1;xa=2", "ax=1;xa=2;X=1", "ax=1;xa=2"},
	} {
		require.Equal(t, tc.with, tc.before.With("X", "1"), "%q", tc.before)
		require.Equal(t, tc.without, tc.before.Without("X"), "%q", tc.before)
	}
	require.Equal(t, Fmtp("a;X"), Fmtp("a").With("X", ""))
}

// others are the parameters of f but for one, byte for byte.
func others(f Fmtp, name string) []string {
	var out []string
	for segment := range strings.SplitSeq(string(f), ";") {
		key, _, _ := strings.Cut(segment, "=")
		if !strings.EqualFold(strings.TrimSpace(key), name) && strings.TrimSpace(segment) != "" {
			out = append(out, segment)
		}
	}

	return out
}

func checkFmtp(t require.TestingT, f Fmtp) {
	for value, support := range map[string]BFrameSupport{"1": BFramesSupported, "0": BFramesUnsupported} {
		set := f.WithBFrames(value == "1")
		require.Equal(t, support, set.BFrames())
		require.Contains(t, string(set), BFrameParameter+"="+value)
		require.Equal(t, others(f, BFrameParameter), others(set, BFrameParameter))
		require.Equal(t, set, set.WithBFrames(value == "1"))
		gone := set.Without(BFrameParameter)
		require.Equal(t, BFramesUnsaid, gone.BFrames())
		require.Equal(t, others(f, BFrameParameter), others(gone, BFrameParameter))
	}
}

func TestFmtpOfAnyShape(t *testing.T) {
	segment := rapid.OneOf(
		rapid.SampledFrom([]string{"", " ", "bframe-enabled=1", " BFrame-enabled = 0 ", "BFRAME-ENABLED", "packetization-mode=1", "a=b=c"}),
		rapid.StringMatching(`[ a-zA-Z=-]{0,12}`),
	)
	rapid.Check(t, func(t *rapid.T) {
		checkFmtp(t, Fmtp(strings.Join(rapid.SliceOfN(segment, 0, 6).Draw(t, "segments"), ";")))
	})
}

func FuzzFmtp(f *testing.F) {
	for _, seed := range []string{"", ";", "BFrame-enabled=1;packetization-mode=1;", "bframe-enabled", "a=1; bframe-enabled=0 ;B", "\x00=\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) { checkFmtp(t, Fmtp(s)) })
}
