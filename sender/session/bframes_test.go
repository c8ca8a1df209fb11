// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/sender/media"
)

// TestStrippedPictures: whatever the groups look like, what is removed was disposable
// and out of order; what stays is in order unless something may refer to it.
func TestStrippedPictures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bFrameStripper
		newest, first := time.Duration(0), true
		inOrder := time.Duration(-1)
		for i := range rapid.IntRange(1, 100).Draw(t, "pictures") {
			au := media.AccessUnit{
				Key:        i == 0 || rapid.IntRange(0, 15).Draw(t, "key") == 0,
				Disposable: rapid.Bool().Draw(t, "disposable"),
				PTS:        time.Duration(i)*frame40 + time.Duration(rapid.IntRange(0, 5).Draw(t, "delay"))*frame40,
			}
			au.Disposable = au.Disposable && !au.Key
			if au.Key || first {
				newest, inOrder, first = au.PTS, -1, false
			}
			late := au.PTS < newest
			newest = max(newest, au.PTS)
			remove, left := b.strip(&au)
			require.Equal(t, late && au.Disposable, remove)
			require.Equal(t, late && !au.Disposable, left)
			if !remove && !left {
				require.GreaterOrEqual(t, au.PTS, inOrder)
				inOrder = au.PTS
			}
		}
	})
}

const frame40 = 40 * time.Millisecond

// TestSettled: what the first answer asked the source for holds for later offers.
func TestSettled(t *testing.T) {
	aac := media.Track{Codec: media.AAC, Config: []byte{0x11, 0x90}}
	o := &Options{ConvertAudio: media.ConvertAudio}
	for _, chosen := range []int{0, 1, 2, 3} {
		tr := offeredTrack(aac, o)
		require.Equal(t, "MP4A-ADTS, MP4A-LATM, mpeg4-generic, opus", tr.offered())
		former := tr.formats
		tr.settle(nil)
		require.Len(t, tr.formats, 4)
		tr.settle(&tr.formats[chosen])
		require.Len(t, former, 4)
		require.Equal(t, "opus", former[3].name(), "verdicts point into the former formats")
		if chosen < 3 {
			require.Equal(t, "MP4A-ADTS, MP4A-LATM, mpeg4-generic", tr.offered())
			require.False(t, tr.converted())
		} else {
			require.Equal(t, "opus", tr.offered())
			require.True(t, tr.converted())
		}
	}
	require.Len(t, offeredTrack(aac, &Options{}).formats, 3)
}
