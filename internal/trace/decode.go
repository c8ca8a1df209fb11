// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// mostSize bounds the bytes of a packet and of a frame in a trace.
const mostSize = 1 << 30

// timeLimit bounds the times in a trace, so that differences stay in range.
const timeLimit = bwe.Time(math.MaxInt64 / 2)

// Decode parses an input line into its event: the pointer types of bwe,
// ratecontrol and internal/control. Lines of other classes are an error.
func Decode(l Line) (bwe.Event, error) { return new(decoder).input(&l) }

// input is [Decode] into an event that is valid until the next call.
func (d *decoder) input(l *Line) (bwe.Event, error) {
	if l.Class == Input {
		if ev := d.frequent(l); ev != nil {
			return ev, nil
		}
	}

	return decodeStrictly(*l)
}

// decodeStrictly is [Decode] by encoding/json, for lines of any form.
func decodeStrictly(l Line) (bwe.Event, error) {
	ev, err := decode(l)
	if err == nil {
		err = checkTime(ev.Time())
	}
	if err != nil {
		return nil, fmt.Errorf("%w: line %d: %s: %w", ErrFormat, l.Number, l.Name, err)
	}

	return ev, nil
}

func decode(l Line) (bwe.Event, error) {
	switch l.Name {
	case "start":
		e := &control.Started{Config: control.Default()}

		return e, strict(l, e)
	case "config":
		e := &control.ConfigChanged{Config: control.Default()}

		return e, strict(l, e)
	case "sent":
		return decodeSent(l)
	case "feedback":
		return decodeFeedback(l)
	case "remb":
		return decodeREMB(l)
	case "timer":
		e := &bwe.Timer{}

		return e, strict(l, e)
	case "frame":
		return decodeFrame(l)
	case "pacer":
		e := &ratecontrol.PacerState{}

		return e, strict(l, e)
	case "share":
		e := &ratecontrol.Share{}

		return e, strict(l, e)
	case "overhead":
		e := &ratecontrol.Overhead{}

		return e, strict(l, e)
	default:
		return nil, errors.New("is no input of the control loop")
	}
}

// strict parses what follows the name of a line into v. It refuses fields that it
// does not know: a reader that skips part of an input computes other decisions.
func strict(l Line, v any) error {
	fields := l.fields()
	d := json.NewDecoder(bytes.NewReader(fields))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.InputOffset() != int64(len(fields)) {
		return errors.New("more than one JSON value")
	}

	return nil
}

func decodeSent(l Line) (bwe.Event, error) {
	var v struct {
		At    bwe.Time `json:"t"`
		Seq   int64    `json:"seq"`
		Size  int      `json:"size"`
		Kind  string   `json:"kind"`
		Probe int      `json:"probe"`
	}
	if err := strict(l, &v); err != nil {
		return nil, err
	}
	for k := bwe.PacketVideo; k <= bwe.PacketFEC; k++ {
		if k.String() == v.Kind {
			p := &bwe.SentPacket{At: v.At, Seq: v.Seq, Size: v.Size, Kind: k, ProbeCluster: v.Probe}

			return p, checkSize(v.Size)
		}
	}

	return nil, fmt.Errorf("kind %q is unknown", v.Kind)
}

func decodeFrame(l Line) (bwe.Event, error) {
	var v struct {
		At         bwe.Time `json:"t"`
		Kind       string   `json:"kind"`
		Size       int      `json:"size"`
		Key        bool     `json:"key"`
		Disposable bool     `json:"disposable"`
	}
	if err := strict(l, &v); err != nil {
		return nil, err
	}
	f := &ratecontrol.Frame{At: v.At, Size: v.Size, Key: v.Key, Disposable: v.Disposable}
	switch v.Kind {
	case ratecontrol.Video.String():
		f.Kind = ratecontrol.Video
	case ratecontrol.Audio.String():
		f.Kind = ratecontrol.Audio
	default:
		return nil, fmt.Errorf("kind %q is unknown", v.Kind)
	}

	return f, checkSize(v.Size)
}

func decodeREMB(l Line) (bwe.Event, error) {
	e := &bwe.REMB{}
	if err := strict(l, e); err != nil {
		return nil, err
	}
	if e.Bitrate < 0 {
		return nil, fmt.Errorf("bps %d is negative", e.Bitrate)
	}

	return e, nil
}

func checkTime(t bwe.Time) error {
	if t < -timeLimit || t > timeLimit {
		return fmt.Errorf("t %d is out of range", int64(t))
	}

	return nil
}

func checkSize(size int) error {
	if size < 0 || size > mostSize {
		return fmt.Errorf("size %d is out of range", size)
	}

	return nil
}

func decodeFeedback(l Line) (bwe.Event, error) {
	var v struct {
		At      bwe.Time `json:"t"`
		Results runs     `json:"results"`
	}
	if err := strict(l, &v); err != nil {
		return nil, err
	}

	return &bwe.Feedback{At: v.At, Results: v.Results}, nil
}

// runs are packet results in the form that appendFeedback writes.
type runs []bwe.PacketResult

// UnmarshalJSON implements [json.Unmarshaler].
func (r *runs) UnmarshalJSON(text []byte) error {
	var lists [][]optionalInt
	if err := json.Unmarshal(text, &lists); err != nil {
		return err
	}
	*r = (*r)[:0]
	for _, list := range lists {
		if len(list) < 2 || !list[0].present {
			return errors.New("a run of results is a sequence number and at least one receive time or null")
		}
		seq := list[0].value
		if seq > math.MaxInt64-int64(len(list)) {
			return fmt.Errorf("sequence number %d is out of range", seq)
		}
		for i, at := range list[1:] {
			if t := bwe.Time(at.value); t < -timeLimit || t > timeLimit {
				return fmt.Errorf("receive time %d is out of range", at.value)
			}
			*r = append(*r, bwe.PacketResult{Seq: seq + int64(i), Received: at.present, ReceivedAt: bwe.Time(at.value)})
		}
	}

	return nil
}

// optionalInt is an integer or null.
type optionalInt struct {
	value   int64
	present bool
}

// UnmarshalJSON implements [json.Unmarshaler].
func (o *optionalInt) UnmarshalJSON(text []byte) error {
	*o = optionalInt{}
	if string(text) == "null" {
		return nil
	}
	o.present = true

	return json.Unmarshal(text, &o.value)
}
