// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

func TestReplayIsIdentical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := make(map[Class]int)
		text := record(t, func(observe bwe.Observer) {
			// Two connections in a row make one trace.
			for range 2 {
				drive(t, func(ev bwe.Event) {
					observe(ev)
					if inputs[ev.EventName()] {
						events[Input]++
					} else {
						events[Decision]++
					}
				})
				observe(&outside{Name: "disconnected"})
			}
		})
		result := replayText(t, text)
		require.Nil(t, result.First)
		require.True(t, result.Identical())
		require.False(t, result.Truncated)
		require.Equal(t, 2, result.Loops)
		require.Equal(t, events[Input], result.Inputs)
		require.Equal(t, events[Decision], result.Decisions)
		require.Equal(t, 2, result.Others)
		require.Equal(t, header.Tool, result.Header.Tool)
	})
}

func TestReplayShowsWhatItComputes(t *testing.T) {
	text := record(t, steady)
	var again []string
	r, err := NewReader(strings.NewReader(text))
	require.NoError(t, err)
	_, err = Replay(r, func(ev bwe.Event) { again = append(again, string(appendEvent(nil, ev))) })
	require.NoError(t, err)
	require.Equal(t, strings.Split(strings.TrimSpace(text), "\n")[1:], again)
}

// TestReplayFindsEveryChange changes, removes and adds one decision after another.
func TestReplayFindsEveryChange(t *testing.T) {
	lines := strings.SplitAfter(record(t, steady), "\n")
	lines = lines[:len(lines)-1]
	require.True(t, replayText(t, strings.Join(lines, "")).Identical())
	decisions := 0
	for i, line := range lines {
		l := Line{}
		if i > 0 {
			r, err := NewReader(strings.NewReader(first + line))
			require.NoError(t, err)
			l, err = r.Next()
			require.NoError(t, err)
		}
		if l.Class != Decision {
			continue
		}
		decisions++
		number := i + 1
		with := func(replacement ...string) Result {
			return replayText(t, strings.Join(lines[:i], "")+strings.Join(replacement, "")+strings.Join(lines[i+1:], ""))
		}
		clean := strings.TrimSuffix(line, "\n")

		changed := strings.Replace(line, `"t":`, `"t":1`, 1)
		result := with(changed)
		require.Equal(t, 1, result.Differences)
		require.Equal(t, &Difference{Line: number, Recorded: strings.TrimSuffix(changed, "\n"), Recomputed: clean}, result.First)

		extra := `{"e":"estimate","t":0}`
		result = with(line, extra+"\n")
		require.False(t, result.Identical())
		require.Equal(t, number+1, result.First.Line)
		require.Equal(t, extra, result.First.Recorded)

		if last := i == len(lines)-1; last {
			require.True(t, with().Truncated, "the decisions of the last input are missing")
		} else {
			result = with()
			require.False(t, result.Identical())
			require.Equal(t, clean, result.First.Recomputed)
			require.Equal(t, number, result.First.Line)
		}
	}
	require.Greater(t, decisions, 20)
}

func TestReplayFindsAChangedInput(t *testing.T) {
	text := record(t, func(observe bwe.Observer) {
		loop, err := control.NewLoop(control.Default(), 0, observe)
		require.NoError(t, err)
		loop.OnFrame(ratecontrol.Frame{Size: 100_000, Key: true})
		loop.OnFrame(ratecontrol.Frame{Size: 1000})
	})
	require.True(t, replayText(t, text).Identical())
	changed := strings.Replace(text, `"size":100000`, `"size":90000`, 1)
	require.NotEqual(t, text, changed)
	require.Equal(t, 1, replayText(t, changed).Differences)
}

func TestReplayOfACutOffTrace(t *testing.T) {
	text := record(t, steady)
	for cut := len(text) - 1; cut > len(text)/2; cut-- {
		result := replayText(t, text[:cut])
		require.True(t, result.Identical(), "cut at %d: %+v", cut, result.First)
		if text[cut-1] != '\n' && text[cut] != '\n' {
			require.True(t, result.Truncated, "cut at %d", cut)
		}
	}
}

// TestReplayOfAnAbandonedLoop has a connection replaced while its loop answers.
func TestReplayOfAnAbandonedLoop(t *testing.T) {
	lines := strings.SplitAfter(record(t, steady), "\n")
	cut := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, `{"e":"feedback"`) })
	result := replayText(t, strings.Join(lines[:cut+1], "")+strings.Join(lines[1:], ""))
	require.True(t, result.Identical())
	require.False(t, result.Truncated)
	require.Equal(t, 2, result.Loops)
}

func TestReplayErrors(t *testing.T) {
	bad := control.Default()
	bad.BWE.MinBitrate = -1
	start := fmt.Sprintf("%s\n", appendEvent(nil, &control.Started{Config: control.Default()}))
	for text, want := range map[string]string{
		`{"e":"timer","t":1}`:          `line 2: timer: no "start" line before the first input`,
		`{"e":"timer"`:                 "",
		start + `{"e":"sent","t":"a"}`: "line 3: sent:",
		start + "gibberish\n":          "line 3 does not begin",
		start + string(appendEvent(nil, &control.ConfigChanged{Config: bad})): "line 3: config: bwe: invalid config",
		string(appendEvent(nil, &control.Started{Config: bad})):               "line 2: start: bwe: invalid config",
	} {
		r, err := NewReader(strings.NewReader(first + text))
		require.NoError(t, err)
		_, err = Replay(r, nil)
		if want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want)
		}
	}
}

func FuzzReplay(f *testing.F) {
	// Short seeds, for the fuzzer spends a minute on minimising long ones.
	f.Add(strings.Join(strings.SplitAfter(record(f, steady), "\n")[:8], ""))
	start := fmt.Sprintf("%s\n", appendEvent(nil, &control.Started{Config: control.Default()}))
	f.Add(first + start + `{"e":"timer","t":4611686018427387903}` + "\n" + `{"e":"timer","t":-4611686018427387903}`)
	f.Add(first + start + `{"e":"sent","t":1,"seq":9223372036854775807,"size":1,"kind":"video"}` + "\n" +
		`{"e":"sent","t":1,"seq":-9223372036854775808,"size":1,"kind":"rtx"}` + "\n" +
		`{"e":"feedback","t":2,"results":[[9223372036854775000,1],[-9223372036854775808,null,4611686018427387903]]}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := NewReader(strings.NewReader(text))
		if err != nil {
			return
		}
		result, err := Replay(r, nil)
		if err == nil {
			require.Equal(t, result.Differences == 0, result.Identical())
		}
	})
}
