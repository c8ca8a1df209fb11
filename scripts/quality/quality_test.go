// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

// What ffmpeg 5.1 says in the end.
const said = `frame=  600 fps= 88 q=-0.0 Lsize=N/A time=00:00:20.00 bitrate=N/A speed=2.92x
[Parsed_psnr_4 @ 0x55d0] PSNR y:42.504133 u:43.859318 v:44.262741 average:43.004311 min:39.812313 max:48.061829
[Parsed_ssim_5 @ 0x55d1] SSIM Y:0.989004 (19.587649) U:0.990418 (20.185503) V:0.991131 (20.521123) All:0.989594 (19.827)
`

func TestWhatFFmpegSays(t *testing.T) {
	require.Equal(t, []float64{600}, found(framesPattern, said))
	require.Equal(t, []float64{43.004311}, found(psnrPattern, said))
	require.Equal(t, []float64{0.989594}, found(ssimPattern, said))
	require.Empty(t, found(psnrPattern, "[Parsed_psnr_4 @ 0x55d0] PSNR y:inf u:inf v:inf average:inf min:inf max:inf"))
}

func TestRowsTellTheDifference(t *testing.T) {
	first := &measured{name: "off", asked: 3 * bwe.Mbps, coded: 3 * bwe.Mbps, psnr: 40, ssim: 0.98, queue95: 12}
	require.Equal(t, "| off | 3000 | 3000 | 40.00 | 0.9800 | 12 | 0.00 |\n", row(first, first))
	second := &measured{name: "full", asked: 6 * bwe.Mbps, coded: 5400 * bwe.Kbps, psnr: 42, ssim: 0.99, queue95: 30, still: 0.015}
	require.Equal(t, "| full | 6000 (+100.0 %) | 5400 (+80.0 %) | 42.00 (+5.0 %) | 0.9900 | 30 | 1.50 |\n", row(second, first))
}

// Every set-up plays, and asks its encoder for something over the whole clip.
func TestSetUpsPlay(t *testing.T) {
	o := &options{length: 2 * time.Second, warmup: 3 * time.Second, seed: 1}
	names := map[string]bool{}
	for _, c := range cases() {
		require.False(t, names[c.title] || names[c.short], "%s is there twice", c.title)
		names[c.title], names[c.short] = true, true
		for i := range c.setups {
			r, err := simulate(t.Context(), o, &c, &c.setups[i])
			require.NoError(t, err)
			require.NotEmpty(t, r.ladder)
			require.Len(t, r.Series.Flows[0].Encoder, 50)
			for _, rate := range r.Series.Flows[0].Encoder[30:] {
				require.Positive(t, rate)
			}
		}
	}
}
