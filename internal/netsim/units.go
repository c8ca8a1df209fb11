// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// Duration is a time.Duration that scenario files write as text: "50ms", "1.5s".
type Duration time.Duration

// Std returns d as a time.Duration.
func (d Duration) Std() time.Duration { return time.Duration(d) }

func (d Duration) time() bwe.Time { return bwe.Time(d) }

// String prints d as scenario files write it.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText implements [encoding.TextMarshaler].
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%w: %q is no duration, want for example \"50ms\" or \"1.5s\"", ErrScenario, text)
	}
	*d = Duration(v)

	return nil
}

// Rate is a bitrate that scenario files write as text with its unit: "2.5Mbps",
// "300kbps", "64000bps".
type Rate bwe.Bitrate

// Bitrate returns r as a bwe.Bitrate.
func (r Rate) Bitrate() bwe.Bitrate { return bwe.Bitrate(r) }

// rateUnits begins with the largest.
var rateUnits = []struct {
	suffix string
	factor float64
}{{"Gbps", 1e9}, {"Mbps", 1e6}, {"kbps", 1e3}, {"bps", 1}}

// String prints r exactly, in the largest unit that suits.
func (r Rate) String() string {
	for _, u := range rateUnits {
		if float64(r) >= u.factor && r != 0 {
			return strconv.FormatFloat(float64(r)/u.factor, 'f', -1, 64) + u.suffix
		}
	}

	return strconv.FormatInt(int64(r), 10) + "bps"
}

// MarshalText implements [encoding.TextMarshaler].
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. The unit may be shortened, as
// in "2.5M", or left out for bits per second.
func (r *Rate) UnmarshalText(text []byte) error {
	word := strings.ToLower(strings.TrimSpace(string(text)))
	word = strings.TrimSpace(strings.TrimSuffix(word, "bps"))
	factor := 1.0
	for _, u := range rateUnits[:len(rateUnits)-1] {
		if number, found := strings.CutSuffix(word, strings.ToLower(u.suffix[:1])); found {
			word, factor = strings.TrimSpace(number), u.factor

			break
		}
	}
	v, err := strconv.ParseFloat(word, 64)
	if err != nil || !(v >= 0 && v*factor <= maxRate) {
		return fmt.Errorf("%w: %q is no bitrate from 0 to 100Gbps, want for example \"2.5Mbps\" or \"300kbps\"", ErrScenario, text)
	}
	*r = Rate(math.Round(v * factor))

	return nil
}

// maxRate bounds every bitrate of a scenario, in bits per second.
const maxRate = 100e9

const (
	millisecond = Duration(time.Millisecond)
	second      = Duration(time.Second)
	kbps        = Rate(bwe.Kbps)
	mbps        = Rate(bwe.Mbps)
)
