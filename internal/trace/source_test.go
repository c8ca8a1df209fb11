// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

func sourceOf(t require.TestingT, text string) recording.Source {
	s, err := New(strings.NewReader(text))
	require.NoError(t, err)

	return s
}

// events returns the lines that the events of a source make, and what was damaged.
func events(t require.TestingT, text string) (lines []string, d recording.Damage) {
	s := sourceOf(t, text)
	for {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) {
			require.NoError(t, s.Close())

			return lines, s.Damage()
		}
		require.NoError(t, err)
		lines = append(lines, string(appendEvent(nil, ev)))
	}
}

func TestSourceGivesWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := record(t, func(observe bwe.Observer) { drive(t, observe) })
		s := sourceOf(t, text)
		r, err := NewReader(strings.NewReader(text))
		require.NoError(t, err)
		var d decoder
		lines := strings.Split(strings.TrimSpace(text), "\n")[1:]
		var shift time.Duration
		var last bwe.Time
		for i, line := range lines {
			ev, err := s.Next()
			require.NoError(t, err)
			require.Equal(t, line, string(s.(recording.Verbatim).Line()))
			l, err := r.Next()
			require.NoError(t, err)
			plain, err := d.event(&l)
			require.NoError(t, err)
			if i == 0 {
				shift, last = ev.Time().Sub(plain.Time()), ev.Time()
			}
			// The session's timers may run ahead of what comes after them.
			last = max(last, plain.Time().Add(shift))
			require.Equal(t, last, ev.Time())
			if ev.Time() == plain.Time() {
				require.Equal(t, string(appendEvent(nil, plain)), string(appendEvent(nil, ev)))
			}
		}
		_, err = s.Next()
		require.ErrorIs(t, err, io.EOF)
		require.False(t, s.Damage().Any(), "%+v", s.Damage())
	})
}

// TestSourceJoinsConnections has several connections, each with its own clock and numbers.
func TestSourceJoinsConnections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		connections := rapid.IntRange(1, 4).Draw(t, "connections")
		written := 0
		text := record(t, func(observe bwe.Observer) {
			for range connections {
				drive(t, func(ev bwe.Event) { written++; observe(ev) })
			}
		})
		s := sourceOf(t, text)
		last, started, read := bwe.Time(0), 0, 0
		sent := make(map[int64]int)
		for {
			ev, err := s.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			read++
			require.GreaterOrEqual(t, ev.Time(), last)
			last = ev.Time()
			switch e := ev.(type) {
			case *control.Started:
				started++
			case *bwe.SentPacket:
				require.Zero(t, sent[e.Seq], "no number comes twice")
				sent[e.Seq] = started
			case *bwe.Feedback:
				for _, r := range e.Results {
					require.Equal(t, started, sent[r.Seq], "feedback is about the packets of its own connection")
				}
			}
		}
		require.Equal(t, connections, started)
		require.Equal(t, written, read)
		require.False(t, s.Damage().Any(), "%+v", s.Damage())
	})
}

func TestSourceJoinsTimesAndNumbers(t *testing.T) {
	start := strings.TrimPrefix(string(appendEvent(nil, &control.Started{Config: control.Default()})), `{"e":"start","t":0`)
	lines, d := events(t, first+strings.Join([]string{
		`{"e":"start","t":0` + start,
		`{"e":"sent","t":1000,"seq":1,"size":100,"kind":"video"}`,
		`{"e":"feedback","t":2000,"results":[[1,7000]]}`,
		`{"x":"reconnect","t":5000,"attempt":1}`,
		`{"e":"start","t":0` + start,
		`{"e":"sent","t":10,"seq":1,"size":100,"kind":"video"}`,
		`{"e":"feedback","t":20,"results":[[1,90,null],[0,3]]}`,
		`{"e":"stall","t":30,"over":true,"since":10,"duration_ns":20}`,
		`{"x":"note","t":40,"a":1}`,
		`{"x":"note","a":2,"t":50}`,
	}, "\n"))
	require.False(t, d.Any(), "%+v", d)
	require.Equal(t, []string{
		`{"e":"sent","t":1000,"seq":1,"size":100,"kind":"video"}`,
		`{"e":"feedback","t":2000,"results":[[1,7000]]}`,
		`{"x":"reconnect","t":5000,"attempt":1}`,
	}, lines[1:4])
	require.Equal(t, []string{
		`{"e":"sent","t":5010,"seq":65537,"size":100,"kind":"video"}`,
		`{"e":"feedback","t":5020,"results":[[65537,5090,null],[65536,5003]]}`,
		`{"e":"stall","t":5030,"over":true,"since":5010,"duration_ns":20}`,
		`{"x":"note","t":5040,"a":1}`,
		`{"x":"note","a":2,"t":5050}`,
	}, lines[5:])
}

func timerLine(t time.Duration) string { return fmt.Sprintf(`{"e":"timer","t":%d}`, t) }

func TestSourceLeavesDamageOut(t *testing.T) {
	timer := timerLine
	for name, tc := range map[string]struct {
		lines   []string
		kept    []int
		records int
		first   string
	}{
		"gibberish":          {[]string{timer(0), "gibberish", timer(1)}, []int{0, 2}, 1, "line 3 does not begin"},
		"unknown field":      {[]string{timer(0), `{"e":"timer","t":1,"u":1}`, timer(1)}, []int{0, 2}, 1, "unknown field"},
		"zeros":              {[]string{timer(0), strings.Repeat("\x00", 5000), timer(1)}, []int{0, 2}, 1, "line 3"},
		"too long":           {[]string{timer(0), strings.Repeat("x", 3*mostLine), timer(1)}, []int{0, 2}, 1, "line 3 is longer"},
		"bad decision":       {[]string{timer(0), `{"e":"estimate","t":"x"}`, timer(1)}, []int{0, 2}, 1, "line 3: estimate"},
		"bad note":           {[]string{timer(0), `{"x":"n","t":"x"}`, `{"x":"n"`, timer(1)}, []int{0, 3}, 2, "line 3: n"},
		"negative rates":     {[]string{timer(0), `{"x":"capacity","t":0,"bps":-1}`, `{"e":"estimate","t":0,"acked_bps":-1}`, `{"x":"capacity","t":0,"bps":0}`}, []int{0, 3}, 2, "bitrate -1 is out of range"},
		"wild rates":         {[]string{timer(0), `{"e":"decision","t":0,"video_bps":1000000000000001}`, `{"e":"decision","t":0,"video_bps":1000000000000000}`}, []int{0, 2}, 1, "bitrate 1000000000000001"},
		"since later":        {[]string{timer(5), `{"x":"freeze","t":5,"since":6}`, `{"e":"stall","t":5,"since":6}`, `{"x":"freeze","t":5,"since":5}`}, []int{0, 3}, 2, "since 6 is out of range"},
		"forward once":       {[]string{timer(0), timer(suspicious + 1), timer(1)}, []int{0, 2}, 1, "t jumps from 0.000000s to 60.000000s"},
		"forward, not far":   {[]string{timer(0), timer(suspicious)}, []int{0, 1}, 0, ""},
		"backward once":      {[]string{timer(0), timer(50 * time.Second), timer(0), timer(51 * time.Second)}, []int{0, 1, 3}, 1, "t jumps from 50"},
		"backward, not far":  {[]string{timer(0), timer(50 * time.Second), timer(49 * time.Second)}, []int{0, 1, 2}, 0, ""},
		"here and there":     {[]string{timer(0), timer(2 * time.Hour), timer(time.Hour), timer(3 * time.Hour), timer(1)}, []int{0, 4}, 3, "t jumps"},
		"confirmed":          {[]string{timer(0), timer(10 * time.Minute), timer(11 * time.Minute), timer(12 * time.Minute)}, []int{0, 3}, 2, "t jumps"},
		"sequence number":    {[]string{timer(0), `{"e":"sent","t":1,"seq":2305843009213693953,"size":1,"kind":"video"}`, timer(1)}, []int{0, 2}, 1, "sequence number"},
		"number in feedback": {[]string{timer(0), `{"e":"feedback","t":1,"results":[[1,2],[-2305843009213693953,1]]}`, timer(1)}, []int{0, 2}, 1, "sequence number"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sourceOf(t, first+strings.Join(tc.lines, "\n")+"\n")
			left := 0
			for i, line := range tc.lines {
				if len(tc.kept) > 0 && tc.kept[0] == i {
					_, err := s.Next()
					require.NoError(t, err)
					require.Equal(t, line, string(s.(recording.Verbatim).Line()))
					tc.kept = tc.kept[1:]
				} else {
					left += len(line) + 1
				}
			}
			_, err := s.Next()
			require.ErrorIs(t, err, io.EOF)
			d := s.Damage()
			require.Equal(t, tc.records, d.Records)
			require.EqualValues(t, left, d.Bytes)
			require.False(t, d.Truncated)
			require.Contains(t, d.First, tc.first)
		})
	}
}

// TestSourceFollowsAnotherClock has a clock that is set for good: what is behind is not lost.
func TestSourceFollowsAnotherClock(t *testing.T) {
	for name, tc := range map[string]struct{ from, jump, want time.Duration }{
		"a pause":     {time.Second, 30 * time.Minute, time.Second + 30*time.Minute + 2*time.Millisecond},
		"a long one":  {time.Second, 2 * time.Hour, time.Second},
		"to the past": {time.Hour, -30 * time.Minute, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString(first)
			for i := range 10 {
				fmt.Fprintf(&b, `{"e":"timer","t":%d}`+"\n", tc.from+tc.jump*time.Duration(min(i, 1))+time.Duration(max(i-1, 0))*time.Millisecond)
			}
			lines, d := events(t, b.String())
			require.Len(t, lines, 8)
			require.Equal(t, 2, d.Records)
			require.Equal(t, timerLine(tc.want), lines[1])
			require.Equal(t, timerLine(tc.want+6*time.Millisecond), lines[7])
		})
	}
}

func TestSourceOfATruncatedTrace(t *testing.T) {
	for text, want := range map[string]recording.Damage{
		`{"e":"timer","t":0}` + "\n" + `{"e":"tim`:                         {Truncated: true},
		`{"e":"timer","t":0}`:                                              {},
		`{"e":"timer","t":0}` + "\n" + strings.Repeat("x", mostLine+1):     {Truncated: true, Records: 1, Bytes: mostLine + 1, First: "trace: line 3 is longer than 4194304 bytes"},
		`{"e":"timer","t":0}` + "\n" + strings.Repeat("\x00", mostLine-10): {Truncated: true},
	} {
		lines, d := events(t, first+text)
		require.Len(t, lines, 1)
		require.Equal(t, want, d)
	}
}

func TestInfo(t *testing.T) {
	s := sourceOf(t, `{"rtmcc_trace":1,"tool":"rtmcc 1","start":"2026-11-21T14:00:00Z"}`)
	require.Equal(t, recording.Info{Format: "rtmcc trace", Tool: "rtmcc 1", Start: time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC), Recorder: "rtmcc"}, s.Info())
	s = sourceOf(t, `{"rtmcc_trace":1,"tool":"Chrome","converted_from":"RTC event log V2","recorder":"GoogCC"}`)
	require.Equal(t, recording.Info{Format: "rtmcc trace", ConvertedFrom: "RTC event log V2", Tool: "Chrome", Recorder: "GoogCC"}, s.Info())
	s = sourceOf(t, `{"rtmcc_trace":1,"converted_from":"pcap"}`)
	require.Empty(t, s.Info().Recorder)
	_, err := New(strings.NewReader("hello"))
	require.ErrorIs(t, err, recording.ErrFormat)
	require.ErrorIs(t, err, ErrFormat)
}

func TestIs(t *testing.T) {
	for text, want := range map[string]bool{
		first: true, `{"tool":"x","rtmcc_trace":1}`: true, `{"rtmcc_trace":2}`: true,
		"": false, "{": false, `"rtmcc_trace"`: false, "{}\n" + first: false,
	} {
		require.Equal(t, want, Is([]byte(text)), text)
	}
}

// TestEveryEventIsReadAndMoved fills an event of every type, writes it, reads it back and
// moves it in time.
func TestEveryEventIsReadAndMoved(t *testing.T) {
	all := []bwe.Event{
		&control.Started{Config: control.Default()}, &control.ConfigChanged{Config: control.Default()}, &bwe.SentPacket{}, &bwe.Feedback{},
		&bwe.REMB{}, &bwe.Timer{}, &ratecontrol.Frame{}, &ratecontrol.PacerState{}, &ratecontrol.Share{}, &ratecontrol.Overhead{},
	}
	require.Len(t, inputs, len(all))
	for _, open := range decisions {
		all = append(all, open())
	}
	for _, ev := range all {
		t.Run(ev.EventName(), func(t *testing.T) {
			switch e := ev.(type) {
			case *control.Started:
			case *control.ConfigChanged:
			case *bwe.Feedback:
				e.Results = []bwe.PacketResult{{Seq: 5, Received: true, ReceivedAt: 3}, {Seq: 6}}
			case *ratecontrol.Verdict:
				e.Drop = ratecontrol.DropUntilKey
			default:
				var n int64
				fill(reflect.ValueOf(ev).Elem(), &n)
			}
			text := string(appendEvent(nil, ev))
			l, err := lineOf(t, text)
			require.NoError(t, err)
			again, err := new(decoder).event(&l)
			require.NoError(t, err)
			require.Equal(t, ev, again)

			moveTo(again, ev.Time()+1000, 1000)
			require.Equal(t, ev.Time()+1000, again.Time())
			moved := times(reflect.ValueOf(again).Elem())
			for i, was := range times(reflect.ValueOf(ev).Elem()) {
				require.Equal(t, was+1000, moved[i])
			}
		})
	}
}

// times returns every time in v but those of a configuration.
func times(v reflect.Value) (out []bwe.Time) {
	switch {
	case v.Type() == reflect.TypeFor[bwe.Time]():
		return []bwe.Time{bwe.Time(v.Int())}
	case v.Type() == reflect.TypeFor[bwe.PacketResult]() && !v.FieldByName("Received").Bool():
		return nil
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[control.Config]():
		for i := range v.NumField() {
			out = append(out, times(v.Field(i))...)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			out = append(out, times(v.Index(i))...)
		}
	}

	return out
}

func FuzzSource(f *testing.F) {
	f.Add(first + `{"e":"timer","t":1}` + "\n" + `{"x":"a","t":99999999999999}` + "\n" + `{"e":"timer","t":-5}`)
	f.Add(first + `{"e":"sent","t":1,"seq":70000,"size":1,"kind":"rtx"}` + "\n" + `{"e":"feedback","t":2,"results":[[-7,1,null],[70000,5]]}`)
	// Short seeds, for the fuzzer spends a minute on minimising long ones.
	start := `{"e":"start","t":4611686018427387903}` + "\n"
	sent := `{"e":"sent","t":1,"seq":2305843009213693952,"size":1,"kind":"video"}` + "\n"
	f.Add(first + start + sent + start + sent + `{"e":"feedback","t":2,"results":[[-7,1]]}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := New(strings.NewReader(text))
		if err != nil {
			return
		}
		last := bwe.Time(0)
		for {
			ev, err := s.Next()
			if err != nil {
				require.ErrorIs(t, err, io.EOF)

				return
			}
			require.GreaterOrEqual(t, ev.Time(), last)
			last = ev.Time()
		}
	})
}
