// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package aac

import (
	"encoding/hex"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func unhexed(t require.TestingT, s string) []byte {
	b, err := hex.DecodeString(s)
	require.NoError(t, err)

	return b
}

func lc(rate int, channels uint8) Config {
	return Config{Core: mpeg4audio.AudioSpecificConfig{
		Type: mpeg4audio.ObjectTypeAACLC, SampleRate: rate, ChannelConfig: channels,
	}}
}

func extended(c Config, s Signalling, kind mpeg4audio.ObjectType, rate int) Config {
	c.Signalling, c.Core.ExtensionType, c.Core.ExtensionSampleRate = s, kind, rate

	return c
}

const (
	sbr = mpeg4audio.ObjectTypeSBR
	ps  = mpeg4audio.ObjectTypePS
)

func TestConfigBytes(t *testing.T) {
	for _, tc := range []struct {
		hex                              string
		config                           Config
		object, rate, channels, perFrame int
	}{
		{"1210", lc(44100, 2), 2, 44100, 2, 1024},
		{"1188", lc(48000, 1), 2, 48000, 1, 1024},
		{"1180", lc(48000, 0), 2, 48000, 0, 1024},
		{"11b8", lc(48000, 7), 2, 48000, 8, 1024},
		{"1780678410", lc(53000, 2), 2, 53000, 2, 1024},
		{"2b920800", extended(lc(22050, 2), Hierarchical, sbr, 44100), 5, 44100, 2, 2048},
		{"eb098800", extended(lc(24000, 1), Hierarchical, ps, 48000), 29, 48000, 2, 2048},
		{"139056e5a0", extended(lc(22050, 2), BackwardCompatible, sbr, 44100), 5, 44100, 2, 2048},
		{"130856e59d4880", extended(lc(24000, 1), BackwardCompatible, ps, 48000), 29, 48000, 2, 2048},
		{"121056e500", extended(lc(44100, 2), BackwardCompatible, 0, 0), 2, 44100, 2, 1024},
		{"2992080000"[:8], extended(lc(48000, 2), Hierarchical, sbr, 44100), 5, 44100, 2, 940},
	} {
		var c Config
		require.NoError(t, c.Unmarshal(unhexed(t, tc.hex)), tc.hex)
		require.Equal(t, tc.config, c, tc.hex)
		require.Equal(t, tc.object, int(c.ObjectType()), tc.hex)
		require.Equal(t, tc.rate, c.OutputRate(), tc.hex)
		require.Equal(t, tc.channels, c.Channels(), tc.hex)
		require.Equal(t, tc.perFrame, c.FrameSamples(), tc.hex)
		b, err := c.Marshal()
		require.NoError(t, err)
		require.Equal(t, tc.hex, hex.EncodeToString(b))
	}
	short := lc(48000, 2)
	short.Core.FrameLengthFlag = true
	require.Equal(t, 960, short.FrameSamples())
	require.Equal(t, 1024, Config{}.FrameSamples())
}

func TestConfigCutOff(t *testing.T) {
	const whole = "139056e5a0"
	for n, want := range map[int]error{0: ErrTruncated, 1: ErrTruncated, 2: nil, 3: nil, 4: nil, 5: nil} {
		var c Config
		require.ErrorIs(t, c.Unmarshal(unhexed(t, whole)[:n]), want, n)
		if want == nil {
			require.Equal(t, 22050, c.Core.SampleRate)
			require.Equal(t, n == 5, c.SBR())
		}
	}
	var c Config
	require.NoError(t, c.Unmarshal(unhexed(t, "1210ffffff")))
	require.Equal(t, lc(44100, 2), c)
}

func TestConfigRefused(t *testing.T) {
	for _, s := range []string{"0a10" /* main */, "1610" /* rate 12 escaped */, "1700000010" /* reserved rate */, "1250" /* channels */, "1211" /* extension flag */, "178000000010"} {
		var c Config
		if err := c.Unmarshal(unhexed(t, s)); err != nil {
			require.ErrorIs(t, err, ErrConfig, s)
		}
	}
	var c Config
	require.ErrorIs(t, c.Unmarshal(unhexed(t, "0a10")), ErrConfig)
	require.ErrorIs(t, c.Unmarshal(unhexed(t, "1250")), ErrConfig)
	require.ErrorIs(t, c.Unmarshal(unhexed(t, "178000000010")), ErrConfig)

	good := extended(lc(24000, 2), Hierarchical, sbr, 48000)
	for name, change := range map[string]func(*Config){
		"object": func(c *Config) { c.Core.Type = 1 }, "rate": func(c *Config) { c.Core.SampleRate = 0 },
		"rate above": func(c *Config) { c.Core.SampleRate = 1 << 24 }, "channels": func(c *Config) { c.Core.ChannelConfig = 8 },
		"delay": func(c *Config) { c.Core.CoreCoderDelay = 1 << 14 }, "signalling": func(c *Config) { c.Signalling = 3 },
		"unsaid extension": func(c *Config) { c.Signalling = Implicit }, "extension": func(c *Config) { c.Core.ExtensionType = 7 },
		"no extension":         func(c *Config) { c.Core.ExtensionType = 0 },
		"extension rate":       func(c *Config) { c.Core.ExtensionSampleRate = 0 },
		"extension rate above": func(c *Config) { c.Core.ExtensionSampleRate = 1 << 24 },
		"program config":       func(c *Config) { c.Core.ChannelConfig, c.Signalling = 0, BackwardCompatible },
	} {
		c := good
		change(&c)
		_, err := c.Marshal()
		require.ErrorIs(t, err, ErrConfig, name)
	}
}

// configs draws any configuration that can be written.
func configs() *rapid.Generator[Config] {
	rate := rapid.OneOf(rapid.SampledFrom(rates[:]), rapid.IntRange(1, maxRate))

	return rapid.Custom(func(t *rapid.T) Config {
		c := lc(rate.Draw(t, "rate"), uint8(rapid.IntRange(0, 7).Draw(t, "channels")))
		c.Core.FrameLengthFlag = rapid.Bool().Draw(t, "short")
		if rapid.Bool().Draw(t, "delayed") {
			c.Core.DependsOnCoreCoder, c.Core.CoreCoderDelay = true, uint16(rapid.IntRange(0, 1<<14-1).Draw(t, "delay"))
		}
		kinds := []mpeg4audio.ObjectType{sbr, ps}
		c.Signalling = Signalling(rapid.IntRange(0, 2).Draw(t, "signalling"))
		if c.Core.ChannelConfig == 0 && c.Signalling == BackwardCompatible {
			c.Signalling = Hierarchical
		}
		if c.Signalling == BackwardCompatible {
			kinds = append(kinds, 0)
		}
		if c.Signalling != Implicit {
			c.Core.ExtensionType = rapid.SampledFrom(kinds).Draw(t, "extension")
		}
		if c.Core.ExtensionType != 0 {
			c.Core.ExtensionSampleRate = rate.Draw(t, "extension rate")
		}

		return c
	})
}

func TestConfigRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := configs().Draw(t, "config")
		b, err := c.Marshal()
		require.NoError(t, err)
		var back Config
		require.NoError(t, back.Unmarshal(b))
		require.Equal(t, c, back)
		for n := range b {
			_ = back.Unmarshal(b[:n])
		}
	})
}

func FuzzConfig(f *testing.F) {
	for _, s := range []string{"", "1210", "2b920800", "eb098800", "139056e5a0", "130856e59d4880", "1780678410", "ffff"} {
		f.Add(unhexed(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var c, back Config
		if err := c.Unmarshal(b); err != nil {
			require.ErrorIs(t, err, ErrConfig)

			return
		}
		out, err := c.Marshal()
		require.NoError(t, err)
		require.NoError(t, back.Unmarshal(out))
		require.Equal(t, c, back)
		require.Positive(t, c.OutputRate())
	})
}
