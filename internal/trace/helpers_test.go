// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var header = Header{Tool: "rtmcc test", Start: time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)}

// drive draws a session: a sequence of calls on a control loop, most of them
// sane, some not.
func drive(t *rapid.T, observe bwe.Observer) {
	cfg := control.Default()
	cfg.EstimatorAlone = rapid.Bool().Draw(t, "estimator alone")
	now := bwe.Time(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "start"))
	loop, err := control.NewLoop(cfg, now, observe)
	require.NoError(t, err)
	var seq, acked int64
	delay := time.Duration(rapid.IntRange(1, 300).Draw(t, "delay")) * time.Millisecond
	for range rapid.IntRange(1, 200).Draw(t, "calls") {
		now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "step")) * time.Millisecond)
		switch rapid.IntRange(0, 9).Draw(t, "call") {
		case 0, 1, 2, 3:
			for range rapid.IntRange(1, 12).Draw(t, "burst") {
				seq++
				loop.OnSent(bwe.SentPacket{
					At: now, Seq: seq, Size: rapid.IntRange(0, 1500).Draw(t, "size"),
					Kind:         rapid.SampledFrom([]bwe.PacketKind{bwe.PacketVideo, bwe.PacketAudio, bwe.PacketRetransmission, bwe.PacketPadding, bwe.PacketFEC}).Draw(t, "kind"),
					ProbeCluster: rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "probe"),
				})
			}
		case 4, 5:
			var results []bwe.PacketResult
			for s := acked + 1; s <= seq; s++ {
				received := rapid.IntRange(0, 9).Draw(t, "received") > 0
				r := bwe.PacketResult{Seq: s, Received: received}
				if received {
					r.ReceivedAt = now.Add(-delay)
				}
				if rapid.IntRange(0, 19).Draw(t, "left out") > 0 {
					results = append(results, r)
				}
			}
			acked = seq
			loop.OnFeedback(bwe.Feedback{At: now, Results: results})
		case 6:
			loop.OnTimer(max(now, min(loop.NextTimer(), now.Add(time.Second))))
		case 7:
			for range rapid.IntRange(1, 5).Draw(t, "frames") {
				loop.OnFrame(ratecontrol.Frame{
					At: now, Size: rapid.IntRange(0, 60000).Draw(t, "frame size"),
					Kind: rapid.SampledFrom([]ratecontrol.MediaKind{ratecontrol.Video, ratecontrol.Audio}).Draw(t, "media"),
					Key:  rapid.Bool().Draw(t, "key"), Disposable: rapid.Bool().Draw(t, "disposable"),
				})
			}
		case 8:
			loop.OnPacer(ratecontrol.PacerState{At: now, Delay: delay, Bytes: rapid.Int64Range(0, 1<<20).Draw(t, "queue")})
			if rapid.Bool().Draw(t, "shared") {
				loop.OnShare(ratecontrol.Share{At: now, Bitrate: bwe.Bitrate(rapid.Int64Range(0, 5_000_000).Draw(t, "share"))})
			}
		default:
			if rapid.Bool().Draw(t, "remb") {
				loop.OnREMB(bwe.REMB{At: now, Bitrate: bwe.Bitrate(rapid.Int64Range(0, 1<<40).Draw(t, "bps"))})

				continue
			}
			cfg.RateControl.MaxBitrate = bwe.Bitrate(rapid.Int64Range(int64(cfg.RateControl.MinBitrate), 20_000_000).Draw(t, "max"))
			if rapid.Bool().Draw(t, "ladder") {
				cfg.RateControl.Tiers = ratecontrol.DefaultTiers()
			}
			require.NoError(t, loop.SetConfig(cfg, now))
		}
	}
}

// record returns the trace that fill's events make.
func record(t require.TestingT, fill func(observe bwe.Observer)) string {
	var out bytes.Buffer
	w := NewWriter(&out, header)
	fill(w.Observe)
	require.NoError(t, w.Close())

	return out.String()
}

// steady is a short deterministic session.
func steady(observe bwe.Observer) {
	loop, err := control.NewLoop(control.Default(), 0, observe)
	if err != nil {
		panic(err)
	}
	for i := range int64(20) {
		now := bwe.Time(i * int64(10*time.Millisecond))
		loop.OnFrame(ratecontrol.Frame{At: now, Size: 1200, Key: i == 0})
		loop.OnSent(bwe.SentPacket{At: now, Seq: i, Size: 1200})
		if i%5 == 4 {
			var results []bwe.PacketResult
			for s := i - 4; s <= i; s++ {
				results = append(results, bwe.PacketResult{Seq: s, Received: true, ReceivedAt: bwe.Time(s * int64(10*time.Millisecond)).Add(time.Second)})
			}
			loop.OnFeedback(bwe.Feedback{At: now.Add(5 * time.Millisecond), Results: results})
		}
	}
}

func replayText(t require.TestingT, text string) Result {
	r, err := NewReader(strings.NewReader(text))
	require.NoError(t, err)
	result, err := Replay(r, nil)
	require.NoError(t, err)

	return result
}

// fill sets every field that it can reach to a value that is not zero.
func fill(v reflect.Value, n *int64) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("x")
	case reflect.Float64:
		v.SetFloat(float64(*n) / 7)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Int, reflect.Int64:
		v.SetInt(*n * 1001)
	default:
		panic("cannot fill " + v.Type().String())
	}
}
