// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
)

func TestParseRendition(t *testing.T) {
	for text, want := range map[string]struct {
		path string
		rate bwe.Bitrate
	}{
		"a.ts":         {"a.ts", 0},
		"a.ts@900k":    {"a.ts", 900_000},
		"a@b.ts":       {"a@b.ts", 0},
		"a@b.ts@1.2M":  {"a@b.ts", 1_200_000},
		"a.ts@":        {"a.ts@", 0},
		"a.ts@0":       {"a.ts@0", 0},
		"@900k":        {"@900k", 0},
		"x/a.ts@fast":  {"x/a.ts@fast", 0},
		"x/a.ts@64000": {"x/a.ts", 64_000},
	} {
		path, rate := parseRendition(text)
		require.Equal(t, want.path, path)
		require.Equal(t, want.rate, rate)
	}
}

func TestNamesAreShortenedWhereTheyStayApart(t *testing.T) {
	names := func(paths ...string) []string {
		var rs []media.Rendition
		for _, p := range paths {
			rs = append(rs, media.Rendition{Name: p})
		}
		shorten(rs)
		var out []string
		for _, r := range rs {
			out = append(out, r.Name)
		}

		return out
	}
	require.Equal(t, []string{"400k.ts", "900k.ts"}, names("x/400k.ts", "/y/900k.ts"))
	require.Equal(t, []string{"400k/a.ts", "900k/a.ts"}, names("400k/a.ts", "900k/a.ts"))
}

func TestLadderEndsAtTheSource(t *testing.T) {
	heights := func(height int) []int {
		var out []int
		for _, tier := range ladder(media.Format{Width: height * 16 / 9, Height: height, FrameRate: 50}) {
			require.Zero(t, tier.FrameRate)
			out = append(out, tier.Height)
		}

		return out
	}
	require.Equal(t, []int{360}, heights(180))
	require.Equal(t, []int{360}, heights(360))
	require.Equal(t, []int{360, 480}, heights(400))
	require.Equal(t, []int{360, 480, 720}, heights(720))
	require.Equal(t, []int{360, 480, 720, 1080}, heights(2160))
}
