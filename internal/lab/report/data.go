// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report

import (
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
)

// pointsMost is how many points a signal is drawn by at most: half an hour of bins.
const pointsMost = 18000

// writeData writes what the script draws: a JSON object, and below it the signals in its
// order, as little-endian 32-bit floats, deflated, in base64. Neither can hold an angle
// bracket, so that nothing ends the element that it stands in.
func writeData(w io.Writer, s *Session) error {
	g := newGrid(s.Timeline.Bins(), pointsMost)
	if _, err := io.WriteString(w, `<script type="application/json" class="data">`); err != nil {
		return err
	}
	if err := json.NewEncoder(w).Encode(newPayload(s, g)); err != nil {
		return err
	}
	if _, err := io.WriteString(w, `</script><script type="text/plain" class="signals">`); err != nil {
		return err
	}
	if err := writeSignals(w, s, g); err != nil {
		return err
	}
	_, err := io.WriteString(w, "</script>\n")

	return err
}

func writeSignals(w io.Writer, s *Session, g grid) error {
	text := base64.NewEncoder(base64.StdEncoding, w)
	packed, err := flate.NewWriter(text, flate.DefaultCompression)
	if err != nil {
		return err
	}
	all := pathSignals(s.Timeline)
	for _, t := range tracks(s.Timeline) {
		all = append(all, trackSignals(t)...)
	}
	points := make([]float64, 0, g.points)
	raw := make([]byte, 0, 4*g.points)
	for _, n := range all {
		points, raw = g.reduce(points[:0], n.signal), raw[:0]
		for _, v := range points {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(rounded(v)))
		}
		if _, err := packed.Write(raw); err != nil {
			return err
		}
	}

	return errors.Join(packed.Close(), text.Close())
}

// roundedBits is how much of a float's fraction is dropped; 14 bits with the leading one,
// a ten-thousandth, are more than any screen shows.
const roundedBits = 23 - 13

// rounded drops the digits that nobody can see, for they do not compress.
func rounded(v float64) float32 {
	f := float32(v)
	if math.IsNaN(v) || math.IsInf(float64(f), 0) {
		return float32(math.NaN())
	}
	const half, mask = 1 << (roundedBits - 1), 1<<roundedBits - 1
	if r := math.Float32frombits((math.Float32bits(f) + half) &^ mask); !math.IsInf(float64(r), 0) {
		return r
	}

	return f
}
