// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/rtmcc/rtmcc/bwe"
)

// Bitrate is a bitrate on the command line: 800k, 2.5M, 1.2Mbps or plain bits per
// second. Zero stands for one that is not given.
type Bitrate bwe.Bitrate

// UnmarshalText implements [encoding.TextUnmarshaler].
func (b *Bitrate) UnmarshalText(text []byte) error {
	s := strings.ToLower(strings.TrimSpace(string(text)))
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(s, "bps"), "bit/s"))
	unit := bwe.Bps
	switch {
	case strings.HasSuffix(s, "k"):
		unit = bwe.Kbps
	case strings.HasSuffix(s, "m"):
		unit = bwe.Mbps
	case strings.HasSuffix(s, "g"):
		unit = 1000 * bwe.Mbps
	}
	if unit != bwe.Bps {
		s = strings.TrimSpace(s[:len(s)-1])
	}
	v, err := strconv.ParseFloat(s, 64)
	bps := math.Round(v * float64(unit))
	if err != nil || !(bps >= 1 && bps <= float64(mostBitrate)) {
		return fmt.Errorf("%q is no bitrate from 1 bps to 100 Gbps: write 800k, 2.5M or plain bits per second", text)
	}
	*b = Bitrate(bps)

	return nil
}

// mostBitrate is the highest that the rate controller takes.
const mostBitrate = 100_000 * bwe.Mbps

// short prints b in five columns at most: 64k, 1.02M, 15.0M.
func short(b bwe.Bitrate) string {
	switch {
	case b >= 1000*bwe.Mbps:
		return fmt.Sprintf("%.1fG", float64(b)/float64(1000*bwe.Mbps))
	case b >= 100*bwe.Mbps:
		return fmt.Sprintf("%.0fM", float64(b)/float64(bwe.Mbps))
	case b >= 10*bwe.Mbps:
		return fmt.Sprintf("%.1fM", float64(b)/float64(bwe.Mbps))
	case b >= bwe.Mbps:
		return fmt.Sprintf("%.2fM", float64(b)/float64(bwe.Mbps))
	default:
		return fmt.Sprintf("%dk", (b+bwe.Kbps/2)/bwe.Kbps)
	}
}
