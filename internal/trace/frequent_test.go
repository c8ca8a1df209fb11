// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// lineOf returns the line of a text as the reader gives it.
func lineOf(t require.TestingT, text string) (Line, error) {
	r, err := NewReader(strings.NewReader(first + text + "\n"))
	require.NoError(t, err)

	return r.Next()
}

// requireAgreement holds the fast way of a line to the slow one: what it reads, it
// reads to the same event.
func requireAgreement(t require.TestingT, d *decoder, l *Line) (fast bool) {
	quick := d.frequent(l)
	if quick == nil {
		return false
	}
	var slow bwe.Event
	var err error
	if l.Class == Input {
		slow, err = decodeStrictly(*l)
	} else {
		slow, err = decodeDecision(l)
	}
	require.NoError(t, err, "%s", l.Text)
	require.IsType(t, slow, quick)
	if f, ok := slow.(*bwe.Feedback); ok {
		require.ElementsMatch(t, f.Results, quick.(*bwe.Feedback).Results)
	}
	require.Equal(t, string(appendEvent(nil, slow)), string(appendEvent(nil, quick)))

	return true
}

func TestFrequentLinesAreReadTheFastWay(t *testing.T) {
	numbers := []int64{0, 1, -1, 1_000_000, int64(timeLimit), -int64(timeLimit)}
	rapid.Check(t, func(t *rapid.T) {
		n := func() int64 {
			return rapid.OneOf(rapid.SampledFrom(numbers), rapid.Int64Range(-int64(timeLimit), int64(timeLimit))).Draw(t, "number")
		}
		fraction := func() float64 {
			return rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, 0.5, 1e-9, 1e300, math.NaN(), math.Inf(1)})).Draw(t, "fraction")
		}
		size := func() int { return rapid.IntRange(0, mostSize).Draw(t, "size") }
		yes := rapid.Bool()
		media := rapid.SampledFrom([]ratecontrol.MediaKind{ratecontrol.Video, ratecontrol.Audio})
		results := func() (out []bwe.PacketResult) {
			for range rapid.IntRange(0, 20).Draw(t, "results") {
				r := bwe.PacketResult{Seq: n(), Received: yes.Draw(t, "received")}
				if len(out) > 0 && yes.Draw(t, "next") {
					r.Seq = out[len(out)-1].Seq + 1
				}
				if r.Received {
					r.ReceivedAt = bwe.Time(n())
				}
				out = append(out, r)
			}

			return out
		}
		update := &bwe.Update{
			At: bwe.Time(n()), Estimate: bwe.Bitrate(n()), PacingRate: bwe.Bitrate(n()), CongestionWindow: n(), Unreported: n(),
			State: bwe.State(rapid.Byte().Draw(t, "state") % 6), RTT: time.Duration(n()), Loss: fraction(), Confidence: fraction(),
		}
		if yes.Draw(t, "swing") {
			update.Swing = bwe.Swing{Period: time.Duration(size() + 1), Depth: fraction(), Confidence: fraction()}
		}
		for range rapid.IntRange(0, 3).Draw(t, "probes") {
			update.Probes = append(update.Probes, bwe.Probe{ID: size(), Bitrate: bwe.Bitrate(n()), MinPackets: size(), MinDuration: time.Duration(n())})
		}
		var d decoder
		for _, ev := range []bwe.Event{
			&bwe.SentPacket{At: bwe.Time(n()), Seq: n(), Size: size(), Kind: bwe.PacketKind(rapid.Byte().Draw(t, "kind") % 5), ProbeCluster: size()},
			&bwe.Feedback{At: bwe.Time(n()), Results: results()},
			&bwe.Timer{At: bwe.Time(n())},
			update,
			&ratecontrol.Frame{At: bwe.Time(n()), Kind: media.Draw(t, "media"), Size: size(), Key: yes.Draw(t, "key"), Disposable: yes.Draw(t, "disposable")},
			&ratecontrol.PacerState{At: bwe.Time(n()), Delay: time.Duration(n()), Bytes: n()},
			&ratecontrol.Decision{
				At: bwe.Time(n()), Target: bwe.Bitrate(n()), Audio: bwe.Bitrate(n()), KeyFrame: yes.Draw(t, "key"), Tier: size(),
				Switching: yes.Draw(t, "switching"), Limit: ratecontrol.Limit(rapid.Byte().Draw(t, "limit") % 7),
				Ceiling:   ratecontrol.CeilingState(rapid.Byte().Draw(t, "ceiling") % 4),
				Smoothing: ratecontrol.SmoothingState(rapid.Byte().Draw(t, "smoothing") % 5), Probe: bwe.Bitrate(n()),
			},
			&ratecontrol.Verdict{
				At: bwe.Time(n()), Kind: media.Draw(t, "media"), Backlog: time.Duration(n()),
				Drop: rapid.SampledFrom([]ratecontrol.DropReason{ratecontrol.KeepFrame, ratecontrol.DropDisposable, ratecontrol.DropUntilKey}).Draw(t, "drop"),
			},
		} {
			text := string(appendEvent(nil, ev))
			l, err := lineOf(t, text)
			require.NoError(t, err)
			require.True(t, requireAgreement(t, &d, &l), text)
			require.Equal(t, strings.NewReplacer(`"depth":null`, `"depth":0`, `"loss":null`, `"loss":0`, `"confidence":null`, `"confidence":0`).Replace(text),
				string(appendEvent(nil, d.frequent(&l))))
		}
	})
}

// TestOddLinesGoTheSlowWay has lines that are JSON and mean something, but are not as the
// writer writes them, and lines that are refused.
func TestOddLinesGoTheSlowWay(t *testing.T) {
	var d decoder
	for text, good := range map[string]bool{
		`{"e":"timer", "t":1}`:                                                         true,
		`{"e":"timer","t":1} `:                                                         false,
		`{"e":"timer","t":01}`:                                                         false,
		`{"e":"timer","t":-}`:                                                          false,
		`{"e":"timer","t":9223372036854775808}`:                                        false,
		`{"e":"timer","t":4611686018427387904}`:                                        false,
		`{"e":"sent","t":1,"seq":2,"size":3,"kind":"v\u0069deo"}`:                      true,
		`{"e":"sent","t":1,"seq":2,"size":3,"kind":"video","probe":1,"probe":2}`:       true,
		`{"e":"sent","t":1,"seq":2,"size":3,"kind":"video"`:                            false,
		`{"e":"sent","t":1,"seq":2,"size":-3,"kind":"video"}`:                          false,
		`{"e":"sent","t":1,"size":3,"seq":2,"kind":"video"}`:                           true,
		`{"e":"feedback","t":1,"results":[[1]]}`:                                       false,
		`{"e":"feedback","t":1,"results":[[1,2],]}`:                                    false,
		`{"e":"feedback","t":1,"results":[[9223372036854775806,1]]}`:                   false,
		`{"e":"feedback","t":1,"results":[[1,4611686018427387904]]}`:                   false,
		`{"e":"feedback","t":1,"results":[[ 1,2]]}`:                                    true,
		`{"e":"frame","t":1,"kind":"audio","size":5,"key":false}`:                      true,
		`{"e":"pacer","t":1,"queue_bytes":1,"queue_ns":2}`:                             true,
		`{"e":"verdict","t":1,"kind":"video","drop":"boredom","backlog_ns":0}`:         true,
		`{"e":"verdict","t":1,"kind":"text","drop":"","backlog_ns":0}`:                 false,
		`{"e":"estimate","t":1,"loss":0.5}`:                                            true,
		`{"e":"estimate","t":1,"loss":.5}`:                                             false,
		`{"e":"decision","t":1,"target_bps":1,"audio_bps":0,"video_bps":1,"tier":"x"}`: false,
	} {
		l, err := lineOf(t, text)
		require.NoError(t, err)
		require.Nil(t, d.frequent(&l), text)
		_, err = d.event(&l)
		require.Equal(t, good, err == nil, "%s: %v", text, err)
	}
	l, err := lineOf(t, `{"e":"feedback","t":1,"results":[[9223372036854775805,1]]}`)
	require.NoError(t, err)
	require.True(t, requireAgreement(t, &d, &l))
}

func FuzzFrequentLines(f *testing.F) {
	for _, ev := range []bwe.Event{
		&bwe.SentPacket{At: 1, Seq: 70000, Size: 1200, ProbeCluster: 1}, &bwe.Feedback{At: 9, Results: []bwe.PacketResult{{Seq: 7, Received: true, ReceivedAt: 1}, {Seq: 8}, {Seq: 12}}},
		&bwe.Timer{At: -5}, &bwe.Update{Loss: 1e-7, Swing: bwe.Swing{Period: 1}, Probes: make([]bwe.Probe, 2)}, &ratecontrol.Frame{Key: true},
		&ratecontrol.PacerState{Bytes: 1}, &ratecontrol.Decision{KeyFrame: true, Switching: true, Probe: 1}, &ratecontrol.Verdict{Drop: ratecontrol.DropUntilKey},
	} {
		f.Add(string(appendEvent(nil, ev)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\r\n") {
			return
		}
		l, err := lineOf(t, text)
		if err == nil {
			requireAgreement(t, &decoder{}, &l)
		}
	})
}

// repeated is a trace of the same line again and again.
type repeated struct {
	line []byte
	left int
	rest []byte
}

func (r *repeated) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(r.rest) == 0 {
			if r.left == 0 {
				break
			}
			r.left--
			r.rest = r.line
		}
		k := copy(p[n:], r.rest)
		n, r.rest = n+k, r.rest[k:]
	}
	if n == 0 {
		return 0, io.EOF
	}

	return n, nil
}

func BenchmarkSource(b *testing.B) {
	var many bwe.Feedback
	for i := range int64(100) {
		many.Results = append(many.Results, bwe.PacketResult{Seq: 1_000_000 + i, Received: i%10 != 0, ReceivedAt: bwe.Time(600_000_000_000 + i*1_234_567)})
	}
	for _, ev := range []bwe.Event{
		&bwe.SentPacket{At: 600_000_000_000, Seq: 1_000_000, Size: 1200}, &many, &bwe.Timer{At: 600_000_000_000},
		&bwe.Update{At: 600_000_000_000, Estimate: 2_345_678, PacingRate: 3_456_789, RTT: 34_567_890, Loss: 0.0123456789, Confidence: 0.87654321},
		&ratecontrol.Decision{At: 600_000_000_000, Target: 2_345_678, Video: 2_345_678},
		&ratecontrol.Verdict{At: 600_000_000_000}, &ratecontrol.Frame{At: 600_000_000_000, Size: 12345}, &ratecontrol.PacerState{At: 600_000_000_000},
	} {
		b.Run(ev.EventName(), func(b *testing.B) {
			line := append(appendEvent(nil, ev), '\n')
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			r, err := NewReader(io.MultiReader(bytes.NewReader([]byte(first)), &repeated{line: line, left: b.N}))
			require.NoError(b, err)
			s := NewSource(r, nil)
			events := 0
			b.ResetTimer()
			for {
				if _, err := s.Next(); err != nil {
					break
				}
				events++
			}
			b.StopTimer()
			require.Equal(b, b.N, events)
			if f, ok := ev.(*bwe.Feedback); ok {
				b.ReportMetric(float64(len(f.Results))*float64(b.N)/b.Elapsed().Seconds(), "results/s")
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}
