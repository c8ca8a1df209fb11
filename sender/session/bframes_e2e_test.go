// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sdpext"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/session"
)

// prepared is a source of given access units.
type prepared struct {
	tracks []media.Track
	units  []media.AccessUnit
}

func (p *prepared) Tracks() []media.Track { return p.tracks }
func (p *prepared) Close() error          { return nil }

func (p *prepared) Next() (media.AccessUnit, error) {
	if len(p.units) == 0 {
		return media.AccessUnit{}, io.EOF
	}
	au := p.units[0]
	p.units = p.units[1:]

	return au, nil
}

const frameTime = 40 * time.Millisecond

// reordered is groups of I, P, B, b, each P after three B-pictures in output order, the
// middle one of which is a reference if pyramid is set.
func reordered(codec media.Codec, groups int, pyramid bool) *prepared {
	p := &prepared{tracks: []media.Track{{Codec: codec, ClockRate: 90000, BFrames: true}}}
	sets, key, reference, other := [][]byte{sps, pps}, byte(0x65), []byte{0x41, 1}, []byte{0x01, 1}
	if codec == media.H265 {
		sets = [][]byte{{32 << 1, 1, 7}, {33 << 1, 1, 7}, {34 << 1, 1, 7}}
		key, reference, other = 19<<1, []byte{1 << 1, 1}, []byte{0, 1}
	} else {
		p.tracks[0].ParameterSets = sets
	}
	at := 0
	add := func(shown int, head []byte, disposable bool) {
		au := media.AccessUnit{DTS: time.Duration(at) * frameTime, PTS: time.Duration(shown+2) * frameTime, Disposable: disposable}
		slice := append(append([]byte{}, head...), make([]byte, 2000)...)
		if au.Key = head[0] == key; au.Key {
			au.Units = append(au.Units, sets...)
		}
		au.Units = append(au.Units, slice)
		p.units = append(p.units, au)
		at++
	}
	for range groups {
		first := at
		add(first, []byte{key, 1}, false)
		add(first+4, reference, false)
		if pyramid {
			add(first+2, reference, false)
		} else {
			add(first+2, other, true)
		}
		add(first+1, other, true)
		add(first+3, other, true)
	}

	return p
}

// rewriting changes the answers of a receiver.
type rewriting struct {
	server http.Handler
	edit   func(string) string
}

func (r rewriting) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.Method != http.MethodPost {
		r.server.ServeHTTP(w, q)

		return
	}
	r.server.ServeHTTP(&rewriter{ResponseWriter: w, edit: r.edit}, q)
}

type rewriter struct {
	http.ResponseWriter

	edit func(string) string
}

func (r *rewriter) Write(b []byte) (int, error) {
	return io.WriteString(r.ResponseWriter, r.edit(string(b)))
}

func (r *rewriter) WriteString(s string) (int, error) {
	return io.WriteString(r.ResponseWriter, r.edit(s))
}

func answerBFrames(value string) func(string) string {
	return func(answer string) string {
		if value == "" {
			return strings.NewReplacer(";BFrame-enabled=1", "", ";BFrame-enabled=0", "").Replace(answer)
		}

		return strings.NewReplacer("BFrame-enabled=1", "bframe-enabled="+value, "BFrame-enabled=0", "bframe-enabled="+value).Replace(answer)
	}
}

// orderOf returns the timestamps of frames in the order of sending, in units of frames
// from the first.
func orderOf(packets []*rtp.Packet) (order []int) {
	for _, p := range packets {
		if p.Marker {
			order = append(order, int(int32(p.Timestamp-packets[0].Timestamp))/(90*40))
		}
	}

	return order
}

func TestBFrameAnswers(t *testing.T) {
	all := []int{0, 4, 2, 1, 3, 5, 9, 7, 6, 8}
	none, some := []int{0, 4, 5, 9}, []int{0, 4, 2, 5, 9, 7}
	plain := []int{0, 1, 2, 3}
	for name, c := range map[string]struct {
		mode    session.BFrameMode
		answer  string
		plain   bool
		pyramid bool
		order   []int
		warns   string
		fails   string
	}{
		"taken":                        {answer: "1", order: all},
		"not taken":                    {answer: "0", order: none},
		"unsaid":                       {order: all, warns: "does not say whether it takes B-frames"},
		"none in the source":           {answer: "0", plain: true, order: plain},
		"none in the source, taken":    {answer: "1", plain: true, order: plain},
		"references":                   {answer: "0", pyramid: true, order: some, warns: "cannot be removed"},
		"stripped although taken":      {mode: session.BFramesStrip, answer: "1", order: none},
		"kept although not taken":      {mode: session.BFramesKeep, answer: "0", order: all},
		"kept, unsaid":                 {mode: session.BFramesKeep, order: all},
		"required and taken":           {mode: session.BFramesRequire, answer: "1", order: all},
		"required and not taken":       {mode: session.BFramesRequire, answer: "0", fails: "takes none"},
		"required, unsaid":             {mode: session.BFramesRequire, fails: "does not speak of them"},
		"required, none in the source": {mode: session.BFramesRequire, answer: "0", plain: true, order: plain},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := reordered(media.H264, 2, c.pyramid)
				if c.plain {
					source.tracks[0].BFrames = false
					source.units = source.units[:4]
					for i := range source.units {
						source.units[i].PTS, source.units[i].DTS = time.Duration(i)*frameTime, time.Duration(i)*frameTime
						source.units[i].Disposable = i > 0
					}
				}
				server, _, d, o := bench(t, source)
				o.BFrames = c.mode
				o.HTTPClient = &http.Client{Transport: inProcess{rewriting{server, answerBFrames(c.answer)}}}
				summary, err := session.Push(t.Context(), o)
				if c.fails != "" {
					rejected := (*session.RejectedError)(nil)
					require.ErrorAs(t, err, &rejected)
					require.ErrorContains(t, err, c.fails)
					require.Zero(t, summary.FramesSent)

					return
				}
				require.NoError(t, err)
				offered := strings.Contains(server.session(0).offer, "BFrame-enabled=1")
				require.Equal(t, !c.plain && c.mode != session.BFramesStrip, offered)
				video, _ := server.session(0).packets()
				require.Equal(t, c.order, orderOf(video))
				if c.warns == "" {
					require.Empty(t, d.texts)
				} else {
					require.Len(t, d.texts, 1)
					require.Contains(t, d.texts[0], c.warns)
				}
				dropped := 10 - len(c.order)
				if c.plain {
					dropped = 0
				}
				require.Equal(t, dropped, d.drops[session.DropBFrame])
			})
		})
	}
}

// taking registers header extensions of video.
func taking(uris ...string) func(*webrtc.MediaEngine) error {
	return func(m *webrtc.MediaEngine) error {
		for _, uri := range uris {
			if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo); err != nil {
				return err
			}
		}

		return m.RegisterDefaultCodecs()
	}
}

// extension returns the id of a URI in the offer, which answers keep.
func extension(t *testing.T, r *received, uri string) uint8 {
	t.Helper()
	for line := range strings.Lines(r.offer) {
		id, found, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "a=extmap:"), " ")
		if found == uri {
			require.Len(t, id, 1)

			return id[0] - '0'
		}
	}
	t.Fatalf("%s is not offered", uri)

	return 0
}

func TestDecodingTimes(t *testing.T) {
	for _, codec := range []media.Codec{media.H264, media.H265} {
		for _, uri := range sdpext.CompositionTimeURIs() {
			t.Run(string(codec)+" "+uri, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					source := reordered(codec, 2, true)
					units := source.units
					server, _, d, o := bench(t, source)
					server.codecs = taking(uri)
					_, err := session.Push(t.Context(), o)
					require.NoError(t, err)
					require.Empty(t, d.texts)
					video, _ := server.session(0).packets()
					id := extension(t, server.session(0), uri)
					begins, frame, sets := true, 0, 0
					var first uint32
					for _, p := range video {
						content := p.GetExtension(id)
						kind := p.Payload[0] & 0x1f
						isSet := kind == 24
						if codec == media.H265 {
							kind = p.Payload[0] >> 1 & 0x3f
							isSet = kind >= 32 && kind <= 34
						}
						require.Equal(t, begins || isSet, content != nil)
						if isSet {
							sets++
						}
						if content != nil {
							require.Len(t, content, 3)
							var cts sdpext.CompositionTime
							require.NoError(t, cts.Unmarshal(content))
							dts := cts.DTS(p.Timestamp)
							if begins && frame == 0 {
								first = dts
							}
							require.EqualValues(t, units[frame].DTS*90/time.Millisecond, dts-first)
						}
						if begins = p.Marker; begins {
							frame++
						}
					}
					require.Equal(t, len(units), frame)
					require.NotZero(t, sets)
				})
			})
		}
	}
}

func TestHeaderExtensions(t *testing.T) {
	const size = 1180 + 12 + 8
	run := func(t *testing.T, change func(*session.Options), uris ...string) *received {
		source := reordered(media.H264, 20, false)
		server, _, _, o := bench(t, source)
		server.codecs = taking(uris...)
		if change != nil {
			change(&o)
		}
		_, err := session.Push(t.Context(), o)
		require.NoError(t, err)

		return server.session(0)
	}
	count := func(r *received, id uint8) (n int) {
		video, _ := r.packets()
		for _, p := range video {
			if p.GetExtension(id) != nil {
				n++
			}
			require.LessOrEqual(t, p.MarshalSize(), size)
		}

		return n
	}
	t.Run("capture time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			got := run(t, nil, sdpext.AbsCaptureTimeURI)
			id := extension(t, got, sdpext.AbsCaptureTimeURI)
			video, _ := got.packets()
			var first *rtp.Packet
			var began time.Time
			for _, p := range video {
				content := p.GetExtension(id)
				if content == nil {
					continue
				}
				var e rtp.AbsCaptureTimeExtension
				require.NoError(t, e.Unmarshal(content))
				if first == nil {
					first, began = p, e.CaptureTime()
				}
				require.InDelta(t, float64(p.Timestamp-first.Timestamp)/90e3, e.CaptureTime().Sub(began).Seconds(), 0.001)
			}
			// Each of the key frames, of which there are 5 a second.
			require.Equal(t, 20, count(got, id))
		})
	})
	t.Run("playout delay", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			got := run(t, func(o *session.Options) {
				o.PlayoutDelay = &session.PlayoutDelay{Min: 100 * time.Millisecond, Max: 40950 * time.Millisecond}
			}, sdpext.PlayoutDelayURI)
			id := extension(t, got, sdpext.PlayoutDelayURI)
			require.Equal(t, 100, count(got, id))
			video, _ := got.packets()
			require.Equal(t, []byte{0x00, 0xaf, 0xff}, video[0].GetExtension(id))
		})
	})
	t.Run("video timing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			got := run(t, func(o *session.Options) { o.VideoTiming = true }, sdpext.VideoTimingURI)
			id := extension(t, got, sdpext.VideoTimingURI)
			require.InDelta(t, 20, count(got, id), 1)
			video, _ := got.packets()
			for _, p := range video {
				require.True(t, p.GetExtension(id) == nil || p.Marker)
			}
		})
	})
	t.Run("not asked for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			got := run(t, nil, sdpext.VideoTimingURI, sdpext.PlayoutDelayURI)
			require.NotContains(t, got.offer, sdpext.VideoTimingURI)
			require.NotContains(t, got.offer, sdpext.PlayoutDelayURI)
		})
	})
	t.Run("not taken", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			got := run(t, func(o *session.Options) { o.VideoTiming, o.PlayoutDelay = true, &session.PlayoutDelay{} })
			video, _ := got.packets()
			for _, p := range video {
				require.LessOrEqual(t, len(p.GetExtensionIDs()), 1)
			}
		})
	})
	for _, delay := range []session.PlayoutDelay{{Min: -1}, {Min: 2, Max: 1}, {Max: 40951 * time.Millisecond}} {
		_, err := session.Push(t.Context(), session.Options{PlayoutDelay: &delay, Open: again(nil)})
		require.ErrorIs(t, err, session.ErrOptions)
	}
	_, err := session.Push(context.Background(), session.Options{BFrames: "some", Open: again(nil)})
	require.ErrorIs(t, err, session.ErrOptions)
}
