// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// appendEvent appends the line of ev, without its end, to b. Nothing is allocated
// for the events that come with every packet, frame, feedback or timer.
func appendEvent(b []byte, ev bwe.Event) []byte {
	switch e := ev.(type) {
	case *bwe.SentPacket:
		return appendSent(b, e)
	case *bwe.Feedback:
		return appendFeedback(b, e)
	case *bwe.Timer:
		return end(begin(b, e))
	case *bwe.REMB:
		return end(appendInt(begin(b, e), "bps", int64(e.Bitrate)))
	case *bwe.Update:
		return appendUpdate(b, e)
	case *ratecontrol.Frame:
		return appendFrame(b, e)
	case *ratecontrol.PacerState:
		b = appendInt(begin(b, e), "queue_ns", int64(e.Delay))

		return end(appendInt(b, "queue_bytes", e.Bytes))
	case *ratecontrol.Share:
		return end(appendInt(begin(b, e), "bps", int64(e.Bitrate)))
	case *ratecontrol.Overhead:
		return end(appendFloat(begin(b, e), "share", e.Share))
	case *ratecontrol.Decision:
		return appendDecision(b, e)
	case *ratecontrol.Verdict:
		b = appendString(begin(b, e), "kind", e.Kind.String())
		b = appendString(b, "drop", string(e.Drop))

		return end(appendInt(b, "backlog_ns", int64(e.Backlog)))
	default:
		return appendOther(b, ev)
	}
}

func appendSent(b []byte, p *bwe.SentPacket) []byte {
	b = appendInt(begin(b, p), "seq", p.Seq)
	b = appendInt(b, "size", int64(p.Size))
	b = appendString(b, "kind", p.Kind.String())
	if p.ProbeCluster != 0 {
		b = appendInt(b, "probe", int64(p.ProbeCluster))
	}

	return end(b)
}

// appendFeedback writes the results as runs of consecutive sequence numbers: the
// first number, then one receive time a packet, null for a lost one.
func appendFeedback(b []byte, f *bwe.Feedback) []byte {
	b = append(begin(b, f), `,"results":[`...)
	for i := range f.Results {
		r := &f.Results[i]
		if i == 0 || r.Seq != f.Results[i-1].Seq+1 {
			if i > 0 {
				b = append(b, "],"...)
			}
			b = strconv.AppendInt(append(b, '['), r.Seq, 10)
		}
		if r.Received {
			b = strconv.AppendInt(append(b, ','), int64(r.ReceivedAt), 10)
		} else {
			b = append(b, ",null"...)
		}
	}
	if len(f.Results) > 0 {
		b = append(b, ']')
	}

	return append(b, "]}"...)
}

func appendFrame(b []byte, f *ratecontrol.Frame) []byte {
	b = appendString(begin(b, f), "kind", f.Kind.String())
	b = appendInt(b, "size", int64(f.Size))
	if f.Key {
		b = append(b, `,"key":true`...)
	}
	if f.Disposable {
		b = append(b, `,"disposable":true`...)
	}

	return end(b)
}

func appendUpdate(b []byte, u *bwe.Update) []byte {
	b = appendInt(begin(b, u), "estimate_bps", int64(u.Estimate))
	b = appendInt(b, "pacing_bps", int64(u.PacingRate))
	b = appendInt(b, "padding_bps", int64(u.PaddingRate))
	b = appendInt(b, "cwnd_bytes", u.CongestionWindow)
	b = appendInt(b, "unreported_bytes", u.Unreported)
	b = appendString(b, "state", u.State.String())
	b = appendInt(b, "rtt_ns", int64(u.RTT))
	b = appendFloat(b, "loss", u.Loss)
	b = appendInt(b, "queue_delay_ns", int64(u.QueueDelay))
	b = appendInt(b, "acked_bps", int64(u.Acked))
	b = appendFloat(b, "confidence", u.Confidence)
	if u.Swing != (bwe.Swing{}) {
		b = strconv.AppendInt(append(b, `,"swing":{"period_ns":`...), int64(u.Swing.Period), 10)
		b = appendFloat(b, "depth", u.Swing.Depth)
		b = append(appendFloat(b, "confidence", u.Swing.Confidence), '}')
	}
	if len(u.Probes) > 0 {
		b = append(b, `,"probes":[`...)
		for i, p := range u.Probes {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(append(b, `{"id":`...), int64(p.ID), 10)
			b = appendInt(b, "bps", int64(p.Bitrate))
			b = appendInt(b, "min_packets", int64(p.MinPackets))
			b = appendInt(b, "min_duration_ns", int64(p.MinDuration))
			b = append(b, '}')
		}
		b = append(b, ']')
	}

	return end(b)
}

func appendDecision(b []byte, d *ratecontrol.Decision) []byte {
	b = appendInt(begin(b, d), "target_bps", int64(d.Target))
	b = appendInt(b, "audio_bps", int64(d.Audio))
	b = appendInt(b, "video_bps", int64(d.Video))
	if d.KeyFrame {
		b = append(b, `,"key_frame":true`...)
	}
	b = appendInt(b, "tier", int64(d.Tier))
	if d.Switching {
		b = append(b, `,"switching":true`...)
	}
	b = appendString(b, "limit", d.Limit.String())
	b = appendString(b, "ceiling", d.Ceiling.String())
	b = appendString(b, "smoothing", d.Smoothing.String())
	if d.Probe != 0 {
		b = appendInt(b, "probe_bps", int64(d.Probe))
	}

	return end(b)
}

// loopPackages are the packages whose events come from the control loop.
var loopPackages = map[string]bool{
	reflect.TypeFor[bwe.Update]().PkgPath():           true,
	reflect.TypeFor[ratecontrol.Decision]().PkgPath(): true,
	reflect.TypeFor[control.Started]().PkgPath():      true,
}

func fromLoop(ev bwe.Event) bool {
	t := reflect.TypeOf(ev)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}

	return loopPackages[t.PkgPath()]
}

// appendOther writes an event that is not frequent by its JSON tags.
func appendOther(b []byte, ev bwe.Event) []byte {
	key := "x"
	if fromLoop(ev) {
		key = "e"
	}
	b = append(b, `{"`...)
	b = append(b, key...)
	b = append(b, `":`...)
	b = appendQuoted(b, ev.EventName())
	fields, err := json.Marshal(ev)
	if err != nil || len(fields) < 2 || fields[0] != '{' {
		b = appendInt(b, "t", int64(ev.Time()))

		return end(append(b, `,"error":"cannot be written as JSON"`...))
	}
	if fields = fields[1:]; fields[0] != '}' {
		b = append(b, ',')
	}

	return append(b, fields...)
}

func begin(b []byte, ev bwe.Event) []byte {
	b = append(append(b, `{"e":"`...), ev.EventName()...)
	b = append(b, `","t":`...)

	return strconv.AppendInt(b, int64(ev.Time()), 10)
}

func end(b []byte) []byte { return append(b, '}') }

func appendKey(b []byte, key string) []byte {
	b = append(append(b, `,"`...), key...)

	return append(b, `":`...)
}

func appendInt(b []byte, key string, v int64) []byte {
	return strconv.AppendInt(appendKey(b, key), v, 10)
}

// appendFloat writes null for what JSON cannot hold.
func appendFloat(b []byte, key string, v float64) []byte {
	b = appendKey(b, key)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(b, "null"...)
	}

	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

func appendString(b []byte, key, v string) []byte {
	return appendQuoted(appendKey(b, key), v)
}

// appendQuoted quotes v, which is one of the project's own plain names; anything
// else goes through encoding/json.
func appendQuoted(b []byte, v string) []byte {
	for i := range len(v) {
		if c := v[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(v) // a string never fails

			return append(b, quoted...)
		}
	}

	return append(append(append(b, '"'), v...), '"')
}
