// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sdpext/aac"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/session"
)

// AudioSpecificConfigs: AAC-LC at 48 kHz; HE-AAC from 24 to 48 kHz; HE-AACv2 of 22.05 to
// 44.1 kHz, all stereo.
var (
	lowComplexity = []byte{0x11, 0x90}
	highEfficient = []byte{0x2b, 0x11, 0x88, 0x00}
	parametric    = []byte{0xeb, 0x8a, 0x08, 0x00}
)

func aacSource(t *testing.T, config []byte, frames int, others ...media.Track) (*prepared, aac.Config) {
	t.Helper()
	var c aac.Config
	require.NoError(t, c.Unmarshal(config))
	core := c.Core.SampleRate
	p := &prepared{tracks: append([]media.Track{{Codec: media.AAC, ClockRate: uint32(core), Channels: 2, Config: config}}, others...)}
	for i := range frames {
		at := time.Duration(i) * 1024 * time.Second / time.Duration(core)
		// One that is longer than a packet.
		unit := bytes.Repeat([]byte{byte(i) | 1}, 300)
		if i%10 == 3 {
			unit = bytes.Repeat([]byte{byte(i) | 1}, 3000)
		}
		p.units = append(p.units, media.AccessUnit{PTS: at, DTS: at, Key: true, Units: [][]byte{unit}})
	}

	return p, c
}

// accepting registers audio codecs by their names, in that order.
func accepting(offered aac.Config, names ...string) func(*webrtc.MediaEngine) error {
	return func(m *webrtc.MediaEngine) error {
		for i, name := range names {
			c := webrtc.RTPCodecCapability{MimeType: "audio/" + name, ClockRate: uint32(offered.OutputRate()), Channels: 2}
			if name == "opus" {
				c.ClockRate = 48000
			}
			p := webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: webrtc.PayloadType(120 + i)}
			if err := m.RegisterCodec(p, webrtc.RTPCodecTypeAudio); err != nil {
				return err
			}
		}
		h264 := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: 90000, SDPFmtpLine: "packetization-mode=1"}

		return m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: h264, PayloadType: 110}, webrtc.RTPCodecTypeVideo)
	}
}

// received AAC, access unit by access unit.
func accessUnits(t *testing.T, r *received, f aac.Format) (units [][]byte) {
	t.Helper()
	d, err := aac.NewDepacketizer(f)
	require.NoError(t, err)
	_, audio := r.packets()
	for _, p := range audio {
		_, err := d.Unmarshal(p.Payload)
		require.NoError(t, err)
		done := d.AccessUnits()
		require.Equal(t, p.Marker, len(done) == 1, "the marker bit ends an access unit")
		for _, u := range done {
			units = append(units, bytes.Clone(u))
		}
	}

	return units
}

func TestAACAsItIs(t *testing.T) {
	for config, asc := range map[string][]byte{"AAC-LC": lowComplexity, "HE-AAC": highEfficient, "HE-AACv2": parametric} {
		for _, form := range []aac.Form{aac.ADTS, aac.LATM, aac.Generic} {
			t.Run(config+" "+form.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					source, cfg := aacSource(t, asc, 30)
					units := source.units
					server, _, d, o := bench(t, source)
					server.codecs = accepting(cfg, form.String())
					summary, err := session.Push(t.Context(), o)
					require.NoError(t, err)
					require.Empty(t, d.texts)
					require.EqualValues(t, 30, summary.AudioFramesSent)
					got := accessUnits(t, server.session(0), aac.NewFormat(form, 0, cfg))
					require.Len(t, got, 30)
					for i, u := range units {
						require.Equal(t, u.Units[0], got[i])
					}
					_, audio := server.session(0).packets()
					frame := 0
					for _, p := range audio {
						require.EqualValues(t, frame*cfg.FrameSamples(), p.Timestamp-audio[0].Timestamp, "counts at the output rate")
						require.LessOrEqual(t, len(p.Payload), 1180)
						if p.Marker {
							frame++
						}
					}
				})
			})
		}
	}
}

// contradicting is how peers answer AAC: with a configuration of their own.
func contradicting(answer string) string {
	var lines []string
	for line := range strings.Lines(answer) {
		if at := strings.Index(line, "config="); at >= 0 {
			line = line[:at] + "config=4000242000;object=5;SBR-enabled=1;stereo=0\r\n"
		}
		lines = append(lines, line)
	}

	return strings.Join(lines, "")
}

func TestAnswersChooseTheAudio(t *testing.T) {
	for name, c := range map[string]struct {
		// names are what the server takes, in its order; edit changes its answer.
		names []string
		edit  func(string) string
		// form is what is sent, opus where it is converted.
		form  string
		fails string
	}{
		"all of them":           {names: []string{"MP4A-ADTS", "MP4A-LATM", "mpeg4-generic", "opus"}, form: "MP4A-ADTS"},
		"LATM before Opus":      {names: []string{"MP4A-LATM", "opus"}, form: "MP4A-LATM"},
		"Opus alone":            {names: []string{"opus"}, form: "opus"},
		"another configuration": {names: []string{"MP4A-LATM"}, edit: contradicting, form: "MP4A-LATM"},
		"another layout": {
			names: []string{"mpeg4-generic", "opus"}, form: "opus",
			edit: func(s string) string { return strings.Replace(s, "sizelength=13", "sizelength=6", 1) },
		},
		"another rate": {
			names: []string{"MP4A-LATM"}, fails: "does not take MP4A-ADTS, MP4A-LATM, mpeg4-generic, opus, it lists MP4A-LATM",
			edit: func(s string) string { return strings.Replace(s, "MP4A-LATM/48000", "MP4A-LATM/44100", 1) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source, cfg := aacSource(t, lowComplexity, 30)
				server, _, d, o := bench(t, source)
				server.codecs = accepting(cfg, c.names...)
				if c.edit != nil {
					o.HTTPClient = &http.Client{Transport: inProcess{rewriting{server, c.edit}}}
				}
				converted := 0
				o.ConvertAudio = func(_ context.Context, given media.Source, track int) (media.Source, error) {
					require.Same(t, source, given)
					require.Zero(t, track)
					converted++

					return newScript(time.Second, opusTrack()), nil
				}
				_, err := session.Push(t.Context(), o)
				if c.fails != "" {
					require.ErrorContains(t, err, c.fails)

					return
				}
				require.NoError(t, err)
				require.Empty(t, d.texts)
				if c.form == "opus" {
					require.Equal(t, 1, converted)
					_, audio := server.session(0).frames()
					require.Equal(t, 50, audio)

					return
				}
				require.Zero(t, converted)
				for _, form := range []aac.Form{aac.ADTS, aac.LATM, aac.Generic} {
					if form.String() == c.form {
						require.Len(t, accessUnits(t, server.session(0), aac.NewFormat(form, 0, cfg)), 30)
					}
				}
			})
		})
	}
}

func TestAACIsNotTaken(t *testing.T) {
	t.Run("alone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			source, cfg := aacSource(t, lowComplexity, 30)
			server, _, _, o := bench(t, source)
			server.codecs = accepting(cfg, "opus")
			_, err := session.Push(t.Context(), o)
			require.ErrorContains(t, err, "does not take the AAC track")
			require.ErrorContains(t, err, "install ffmpeg")
		})
	})
	t.Run("beside video", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			source, cfg := aacSource(t, lowComplexity, 30, h264Track())
			source.units = append(source.units, media.AccessUnit{Track: 1, Key: true, Units: [][]byte{sps, pps, {0x65, 1}}})
			server, _, d, o := bench(t, source)
			server.codecs = accepting(cfg, "opus")
			_, err := session.Push(t.Context(), o)
			require.NoError(t, err)
			require.Len(t, d.texts, 1)
			require.Contains(t, d.texts[0], "pushing video only")
			require.Contains(t, d.texts[0], "install ffmpeg")
			video, audio := server.session(0).frames()
			require.Equal(t, []int{1, 0}, []int{video, audio})
		})
	})
	t.Run("nor converted", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			source, cfg := aacSource(t, lowComplexity, 30)
			server, _, _, o := bench(t, source)
			server.codecs = accepting(cfg, "opus")
			broken := errors.New("no encoder")
			o.ConvertAudio = func(context.Context, media.Source, int) (media.Source, error) { return nil, broken }
			_, err := session.Push(t.Context(), o)
			require.ErrorIs(t, err, broken)
			_, deletes := server.count()
			require.Equal(t, 1, deletes)
		})
	})
}
