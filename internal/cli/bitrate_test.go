// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestBitrates(t *testing.T) {
	for text, want := range map[string]bwe.Bitrate{
		"800k":         800_000,
		"800K":         800_000,
		"800 kbps":     800_000,
		"2.5M":         2_500_000,
		"1.2Mbps":      1_200_000,
		"1.2 mbit/s":   1_200_000,
		"1g":           1_000_000_000,
		"100G":         100_000_000_000,
		"64000":        64_000,
		"64000bps":     64_000,
		" 1 ":          1,
		"1e6":          1_000_000,
		"0.4":          0,
		"0":            0,
		"100.1G":       0,
		"-5k":          0,
		"":             0,
		"k":            0,
		"800x":         0,
		"800kk":        0,
		"NaN":          0,
		"Inf":          0,
		"1 0 0":        0,
		"800kB":        0,
		"99999999999M": 0,
	} {
		var b Bitrate
		err := b.UnmarshalText([]byte(text))
		if want == 0 {
			require.ErrorContains(t, err, "write 800k, 2.5M or plain bits per second", text)

			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, want, bwe.Bitrate(b), text)
	}
}

func TestShortBitrates(t *testing.T) {
	for b, want := range map[bwe.Bitrate]string{
		0: "0k", 499: "0k", 500: "1k", 64_000: "64k", 999_499: "999k", 1_000_000: "1.00M", 1_024_000: "1.02M",
		15_000_000: "15.0M", 150_000_000: "150M", 2_500_000_000: "2.5G",
	} {
		require.Equal(t, want, short(b))
	}
}
