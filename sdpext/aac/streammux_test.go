// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package aac

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestStreamMuxBytes(t *testing.T) {
	crc := uint8(0x40)
	withOther := NewStreamMuxConfig(lc(44100, 1))
	withOther.OtherData, withOther.OtherDataBits, withOther.CRC = true, 880, &crc
	subFrames := NewStreamMuxConfig(lc(48000, 2))
	subFrames.SubFrames, subFrames.BufferFullness = 3, 7
	for _, tc := range []struct {
		hex string
		mux StreamMuxConfig
	}{
		{"40002620" + "3fc0", NewStreamMuxConfig(lc(24000, 2))},
		// What servers write: no SBR, said at the end.
		{"40002420adca1fe0", NewStreamMuxConfig(extended(lc(44100, 2), BackwardCompatible, 0, 0))},
		{"40005724101fe0", NewStreamMuxConfig(extended(lc(22050, 2), Hierarchical, sbr, 44100))},
		{"4001d61310" + "1fe0", NewStreamMuxConfig(extended(lc(24000, 1), Hierarchical, ps, 48000))},
		{"42002320" + "01c0", subFrames},
		{"40002410" + "3ff01b8a00"[:10], withOther},
	} {
		b, err := tc.mux.Marshal()
		require.NoError(t, err)
		var back StreamMuxConfig
		require.NoError(t, back.Unmarshal(b))
		require.Equal(t, tc.mux, back)
		if tc.mux.OtherData {
			continue
		}
		require.Equal(t, tc.hex, hex.EncodeToString(b))
	}
}

func TestStreamMuxCutOff(t *testing.T) {
	whole := "40002420adca1fe0"
	for n := range len(whole) / 2 {
		var s StreamMuxConfig
		err := s.Unmarshal(unhexed(t, whole[:2*n]))
		if n < 4 {
			require.ErrorIs(t, err, ErrTruncated, n)

			continue
		}
		require.NoError(t, err, n)
		require.True(t, s.Truncated, n)
		require.Equal(t, lc(44100, 2).Core, s.Config.Core, n)
		require.Equal(t, 1, s.SubFrames)
		require.Equal(t, uint8(255), s.BufferFullness)
	}
	// As it stands in answers.
	var s StreamMuxConfig
	require.NoError(t, s.Unmarshal(unhexed(t, "4000242000")))
	require.True(t, s.Truncated)
	require.Equal(t, lc(44100, 2), s.Config)
	require.NoError(t, s.Unmarshal(unhexed(t, "4000572410")))
	require.True(t, s.Truncated)
	require.Equal(t, extended(lc(22050, 2), Hierarchical, sbr, 44100), s.Config)
	require.NoError(t, s.Unmarshal(unhexed(t, "40005724101fe0"+"00ff")))
	require.False(t, s.Truncated)
}

func TestStreamMuxRefused(t *testing.T) {
	for name, s := range map[string]string{
		"version 1":   "c0002420adca1fe0",
		"framing":     "00002420adca1fe0",
		"programs":    "40102420adca1fe0",
		"layers":      "40022420adca1fe0",
		"object":      "400024203fc0"[:4] + "14203fc0",
		"length type": "400024207fc0",
		"other data":  "400024203ff" + "fffffffffffffffffff",
	} {
		var m StreamMuxConfig
		if len(s)%2 == 1 {
			s += "0"
		}
		require.ErrorIs(t, m.Unmarshal(unhexed(t, s)), ErrConfig, name)
	}
	for _, n := range []int{-1, 65} {
		m := NewStreamMuxConfig(lc(48000, 2))
		m.SubFrames = n
		_, err := m.Marshal()
		require.ErrorIs(t, err, ErrConfig)
	}
	_, err := StreamMuxConfig{}.Marshal()
	require.ErrorIs(t, err, ErrConfig)
}

func TestStreamMuxRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewStreamMuxConfig(configs().Draw(t, "config"))
		s.SubFrames = rapid.IntRange(1, 64).Draw(t, "sub-frames")
		s.BufferFullness = rapid.Byte().Draw(t, "fullness")
		if s.OtherData = rapid.Bool().Draw(t, "other"); s.OtherData {
			s.OtherDataBits = rapid.Uint32().Draw(t, "bits")
		}
		if rapid.Bool().Draw(t, "checked") {
			crc := rapid.Byte().Draw(t, "crc")
			s.CRC = &crc
		}
		b, err := s.Marshal()
		require.NoError(t, err)
		var back StreamMuxConfig
		require.NoError(t, back.Unmarshal(b))
		require.Equal(t, s, back)
		cut := rapid.IntRange(0, len(b)).Draw(t, "cut")
		if back.Unmarshal(b[:cut]) == nil {
			require.Equal(t, s.Config.Core.SampleRate, back.Config.Core.SampleRate)
			require.Equal(t, s.Config.Core.ChannelConfig, back.Config.Core.ChannelConfig)
		}
	})
}

func FuzzStreamMux(f *testing.F) {
	for _, s := range []string{
		"", "40002420adca1fe0", "4000242000", "40005724101fe0", "40002420ad", "400026203fc0", "4001d613101fe0", "4000243fffffffffff", "c0002420",
	} {
		f.Add(unhexed(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var s, back StreamMuxConfig
		if err := s.Unmarshal(b); err != nil {
			require.ErrorIs(t, err, ErrConfig)

			return
		}
		out, err := s.Marshal()
		require.NoError(t, err)
		require.NoError(t, back.Unmarshal(out))
		s.Truncated = false
		require.Equal(t, s, back)
	})
}
