// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package outside

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// errAnswer is wrapped by errors about an answer of an outside controller.
var errAnswer = errors.New("want u TARGET PACING PADDING CWND N ID:BPS:PACKETS:MS…")

// Bounds of what one answer may ask for.
const (
	maxProbes        = 64
	maxProbePackets  = 10_000
	maxProbeDuration = 10 * time.Second
	maxWindow        = 1 << 40
	maxBitrate       = 100_000 * bwe.Mbps
)

// parseAnswer reads one answer of the driver protocol, whose probes it appends to
// the given slice.
func parseAnswer(line []byte, probes []bwe.Probe) (bwe.Update, error) {
	words := bytes.Fields(line)
	if len(words) < 6 || string(words[0]) != "u" {
		return bwe.Update{}, errAnswer
	}
	var v [5]int64
	for i := range v {
		bounds := [2]int64{0, int64(maxBitrate)}
		switch i {
		case 3:
			bounds = [2]int64{-1, maxWindow}
		case 4:
			bounds = [2]int64{0, maxProbes}
		}
		n, err := integer(words[i+1], bounds[0], bounds[1])
		if err != nil {
			return bwe.Update{}, err
		}
		v[i] = n
	}
	if int64(len(words)-6) != v[4] {
		return bwe.Update{}, fmt.Errorf("%w: %d probes announced, %d given", errAnswer, v[4], len(words)-6)
	}
	u := bwe.Update{Estimate: bwe.Bitrate(v[0]), PacingRate: bwe.Bitrate(v[1]), PaddingRate: bwe.Bitrate(v[2])}
	switch v[3] {
	case -1:
	case 0:
		// A window of nothing, which zero in an Update does not mean.
		u.CongestionWindow = 1
	default:
		u.CongestionWindow = v[3]
	}
	for _, w := range words[6:] {
		p, err := parseProbe(w)
		if err != nil {
			return bwe.Update{}, err
		}
		probes = append(probes, p)
	}
	u.Probes = probes

	return u, nil
}

func parseProbe(word []byte) (bwe.Probe, error) {
	parts := bytes.Split(word, []byte(":"))
	if len(parts) != 4 {
		return bwe.Probe{}, fmt.Errorf("%w: probe %.60q", errAnswer, word)
	}
	most := [4]int64{1<<31 - 1, int64(maxBitrate), maxProbePackets, int64(maxProbeDuration / time.Millisecond)}
	least := [4]int64{1, 1, 0, 0}
	var v [4]int64
	for i, part := range parts {
		n, err := integer(part, least[i], most[i])
		if err != nil {
			return bwe.Probe{}, fmt.Errorf("probe %.60q: %w", word, err)
		}
		v[i] = n
	}

	return bwe.Probe{ID: int(v[0]), Bitrate: bwe.Bitrate(v[1]), MinPackets: int(v[2]), MinDuration: time.Duration(v[3]) * time.Millisecond}, nil
}

func integer(word []byte, least, most int64) (int64, error) {
	n, err := strconv.ParseInt(string(word), 10, 64)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%w: %.60q, want an integer from %d to %d", errAnswer, word, least, most)
	}

	return n, nil
}
