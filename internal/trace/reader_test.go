// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

const first = `{"rtmcc_trace":1,"start":"2026-11-21T14:00:00Z"}` + "\n"

func decodeText(t require.TestingT, text string) bwe.Event {
	r, err := NewReader(strings.NewReader(first + text + "\n"))
	require.NoError(t, err)
	l, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, Input, l.Class)
	ev, err := Decode(l)
	require.NoError(t, err)

	return ev
}

func TestHeader(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "the file is empty",
		"\n":                       "line 1 is no header",
		"hello\n":                  "line 1 is no header",
		"[]\n":                     "line 1 is no header",
		`{"e":"timer","t":1}`:      "line 1 is no header",
		`{"rtmcc_trace":2}` + "\n": "version 2, this program reads version 1",
		`{"rtmcc_trace":0}` + "\n": "version 0",
		`{"rtmcc_trace":1,"start":"yesterday"}` + "\n":     "line 1: header",
		`{"rtmcc_trace":1` + strings.Repeat(" ", mostLine): "line 1 is longer",
		"\x00\xff":             "the file is empty",
		`{"rtmcc_trace":1,"st`: "the file is empty",
	} {
		_, err := NewReader(strings.NewReader(text))
		require.ErrorIs(t, err, ErrFormat)
		require.ErrorContains(t, err, want)
	}
	r, err := NewReader(strings.NewReader(`{"rtmcc_trace":1,"tool":"rtmcc 1.0","start":"2026-11-21T14:00:00Z","later":true}`))
	require.NoError(t, err)
	require.Equal(t, "rtmcc 1.0", r.Header().Tool)
	_, err = r.Next()
	require.ErrorIs(t, err, io.EOF)
	require.False(t, r.Truncated())
}

func TestClasses(t *testing.T) {
	r, err := NewReader(strings.NewReader(first +
		`{"e":"timer","t":1}` + "\r\n\n" +
		`{"e":"estimate","t":1}` + "\n" +
		`{"e":"oscillation"}` + "\n" +
		`{"x":"timer","t":1}` + "\n"))
	require.NoError(t, err)
	for _, want := range []Line{
		{Number: 2, Name: "timer", Class: Input},
		{Number: 4, Name: "estimate", Class: Decision},
		{Number: 5, Name: "oscillation", Class: Decision},
		{Number: 6, Name: "timer", Class: Other},
	} {
		l, err := r.Next()
		require.NoError(t, err)
		require.Equal(t, want, Line{Number: l.Number, Name: l.Name, Class: l.Class})
	}
	_, err = r.Next()
	require.ErrorIs(t, err, io.EOF)
}

func TestBadLines(t *testing.T) {
	for text, want := range map[string]string{
		`hello`:                                                         `line 2 does not begin with {"e":"`,
		`{"t":1,"e":"timer"}`:                                           `line 2 does not begin with {"e":"`,
		`{"e":"timer`:                                                   "line 2: the event's name does not end",
		`{"e":"timer"`:                                                  "line 2: the event's name does not end",
		`{"e":"timer";}`:                                                "line 2: the event's name does not end",
		`{"e":"timer","t":"x"}`:                                         "line 2: timer: json",
		`{"e":"timer","t":1,"u":1}`:                                     `line 2: timer: json: unknown field "u"`,
		`{"e":"timer","t":1}{}`:                                         "line 2: timer: more than one JSON value",
		`{"e":"timer","t":1} 7`:                                         "line 2: timer: more than one JSON value",
		`{"e":"timer","t":9223372036854775}`:                            "",
		`{"e":"timer","t":9223372036854775807}`:                         "t 9223372036854775807 is out of range",
		`{"e":"timer","t":-9223372036854775807}`:                        "is out of range",
		`{"e":"timer","t":1e3}`:                                         "line 2: timer: json",
		`{"e":"sent","t":1,"kind":"video","size":-1}`:                   "size -1 is out of range",
		`{"e":"sent","t":1,"kind":"video","size":1073741825}`:           "size 1073741825 is out of range",
		`{"e":"sent","t":1,"kind":"video","size":1073741824}`:           "",
		`{"e":"sent","t":1,"kind":"unknown"}`:                           `kind "unknown" is unknown`,
		`{"e":"sent","t":1}`:                                            `kind "" is unknown`,
		`{"e":"frame","t":1,"kind":"text"}`:                             `kind "text" is unknown`,
		`{"e":"frame","t":1,"kind":"audio","size":-1}`:                  "size -1 is out of range",
		`{"e":"remb","t":1,"bps":-1}`:                                   "bps -1 is negative",
		`{"e":"remb","t":1,"bps":0}`:                                    "",
		`{"e":"feedback","t":1,"results":[[1]]}`:                        "a run of results is",
		`{"e":"feedback","t":1,"results":[[]]}`:                         "a run of results is",
		`{"e":"feedback","t":1,"results":[[null,1]]}`:                   "a run of results is",
		`{"e":"feedback","t":1,"results":[[1,2.5]]}`:                    "json",
		`{"e":"feedback","t":1,"results":[1,2]}`:                        "json",
		`{"e":"feedback","t":1,"results":[[9223372036854775807,null]]}`: "sequence number 9223372036854775807 is out of range",
		`{"e":"feedback","t":1,"results":[[1,9223372036854775807]]}`:    "receive time 9223372036854775807 is out of range",
		`{"e":"feedback","t":1,"results":null}`:                         "",
	} {
		t.Run(text, func(t *testing.T) {
			r, err := NewReader(strings.NewReader(first + text + "\n"))
			require.NoError(t, err)
			l, err := r.Next()
			if err == nil {
				_, err = Decode(l)
			}
			if want == "" {
				require.NoError(t, err)

				return
			}
			require.ErrorIs(t, err, ErrFormat)
			require.ErrorContains(t, err, want)
		})
	}
}

func TestDecodeRefusesOtherClasses(t *testing.T) {
	r, err := NewReader(strings.NewReader(first + `{"e":"estimate","t":1}`))
	require.NoError(t, err)
	l, err := r.Next()
	require.NoError(t, err)
	_, err = Decode(l)
	require.ErrorContains(t, err, "line 2: estimate: is no input of the control loop")
}

func TestCutOffTrace(t *testing.T) {
	whole := `{"e":"timer","t":1}`
	for _, tc := range []struct {
		tail      string
		lines     int
		truncated bool
	}{
		{"", 1, false},
		{whole, 2, false},
		{whole + "\n", 2, false},
		{whole[:len(whole)-1], 1, true},
		{"{", 1, true},
		{strings.Repeat("x", 1000), 1, true},
	} {
		r, err := NewReader(strings.NewReader(first + whole + "\n" + tc.tail))
		require.NoError(t, err)
		lines := 0
		for {
			if _, err = r.Next(); err != nil {
				break
			}
			lines++
		}
		require.ErrorIs(t, err, io.EOF)
		require.Equal(t, tc.lines, lines)
		require.Equal(t, tc.truncated, r.Truncated())
		_, err = r.Next()
		require.ErrorIs(t, err, io.EOF)
	}
}

func TestLongLines(t *testing.T) {
	read := func(length int) error {
		line := `{"x":"n","v":"` + strings.Repeat("v", length-len(`{"x":"n","v":""}`+"\n")) + `"}` + "\n"
		r, err := NewReader(strings.NewReader(first + line))
		require.NoError(t, err)
		_, err = r.Next()

		return err
	}
	require.NoError(t, read(mostLine))
	require.ErrorContains(t, read(mostLine+1), "line 2 is longer than 4194304 bytes")
}

func TestReadError(t *testing.T) {
	failure := errors.New("disk gone")
	r, err := NewReader(io.MultiReader(strings.NewReader(first), iotest.ErrReader(failure)))
	require.NoError(t, err)
	_, err = r.Next()
	require.ErrorIs(t, err, failure)
	require.ErrorContains(t, err, "line 2")
}

func FuzzReader(f *testing.F) {
	f.Add(first + `{"e":"timer","t":1}` + "\n" + `{"x":"a"}`)
	f.Add(first + `{"e":"feedback","t":1,"results":[[1,null,2]]}` + "\n" + `{"e":"sent","t":1,"kind":"video"`)
	f.Add(first + string(appendEvent(nil, &bwe.Feedback{Results: make([]bwe.PacketResult, 3)})))
	f.Fuzz(func(t *testing.T, text string) {
		r, err := NewReader(strings.NewReader(text))
		if err != nil {
			return
		}
		number := 1
		for {
			l, err := r.Next()
			if err != nil {
				return
			}
			require.Greater(t, l.Number, number)
			number = l.Number
			if l.Class != Input {
				continue
			}
			ev, err := Decode(l)
			if err != nil {
				require.ErrorIs(t, err, ErrFormat)

				continue
			}
			// What was read is written and read again to the same event.
			require.Equal(t, appendEvent(nil, ev), appendEvent(nil, decodeText(t, string(appendEvent(nil, ev)))))
		}
	})
}
