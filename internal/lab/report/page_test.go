// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/report"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// hostile ends every element that it could stand in.
const hostile = `</script></style></title><script>window.injected = 1</script><img src=x onerror="window.injected=1">'"{{.}}` + "\u2028"

// rate writes a rate as the page does.
func rate(v float64) string {
	if v >= 1e6 {
		return fmt.Sprintf("%.2f Mbps", v/1e6)
	}

	return fmt.Sprintf("%.0f kbps", v/1e3)
}

// hostilePage has every part of a page, with texts that try to get out of theirs.
func hostilePage(t *testing.T) *report.Page {
	t.Helper()
	s, err := simulate("jitter-ou", "gcc", 40*time.Second, "default", "gcc")
	require.NoError(t, err)
	s.Name = "name " + hostile
	s.Timeline.Recorded.Name = hostile
	s.Timeline.Marks = []timeline.Mark{
		{At: bwe.Time(5 * time.Second), Kind: timeline.FrameDrop, Count: 3},
		{At: bwe.Time(8 * time.Second), To: bwe.Time(10 * time.Second), Kind: timeline.Freeze, Count: 1},
		{At: bwe.Time(12 * time.Second), Kind: timeline.Reconnect, Count: 1},
	}
	s.Timeline.Loss[70] = 0.1
	s.Summary = &session.Summary{
		Name: hostile, Format: hostile, Recorder: hostile, Damage: recording.Damage{Truncated: true, Records: 2},
		Estimate: session.EstimateSwing{Oscillates: true, Cause: session.Overuse},
	}
	s.Words = []string{hostile}
	s.Notes = []report.Note{
		{From: bwe.Time(20 * time.Second), To: bwe.Time(22 * time.Second), Text: hostile},
		{From: bwe.Time(30 * time.Second), Text: "an instant"},
	}
	s.Tables = []report.Table{{Title: hostile, Head: []string{hostile}, Rows: [][]string{{hostile}}, Remark: hostile}}

	return &report.Page{
		Title: "title " + hostile, Words: []string{hostile}, Sessions: []report.Session{*s},
		Tables: []report.Table{{Title: "Controllers", Head: []string{"name", "mean"}, Rows: [][]string{{"gcc", "1.2 ± 0.1 Mbps"}, {"default", "–"}}}},
	}
}

func written(t *testing.T, p *report.Page) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, report.Write(&out, p))

	return out.String()
}

// has and lacks look for a text without printing the page where they fail.
func has(t *testing.T, page, want string) {
	t.Helper()
	require.True(t, strings.Contains(page, want), want) //nolint:testifylint // see above
}

func lacks(t *testing.T, page, unwanted string) {
	t.Helper()
	require.False(t, strings.Contains(page, unwanted), unwanted) //nolint:testifylint // see above
}

// elements counts the page's elements by name.
func elements(t *testing.T, page string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			require.ErrorIs(t, z.Err(), io.EOF)

			return out
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			out[string(name)]++
		}
	}
}

func TestTextsStayTexts(t *testing.T) {
	p := hostilePage(t)
	page := written(t, p)
	got := elements(t, page)
	require.Equal(t, 3, got["script"], "two of data, one of code")
	require.Equal(t, 1, got["style"])
	require.Equal(t, 1, got["title"])
	require.Zero(t, got["img"])
	lacks(t, page, "<script>window.injected")
	lacks(t, page, "<img src=x")

	// The same page without the texts has the same elements.
	harmless := written(t, &report.Page{Title: "t", Words: []string{"w"}, Tables: p.Tables, Sessions: []report.Session{{
		Name: "n", Timeline: p.Sessions[0].Timeline, Summary: p.Sessions[0].Summary, Words: []string{"w"},
		Notes:  []report.Note{p.Sessions[0].Notes[0], p.Sessions[0].Notes[1]},
		Tables: []report.Table{{Title: "t", Head: []string{"h"}, Rows: [][]string{{"c"}}, Remark: "r"}},
	}}})
	require.Equal(t, elements(t, harmless), got)
}

func TestStructure(t *testing.T) {
	page := written(t, hostilePage(t))
	for _, want := range []string{
		`<!DOCTYPE html>`, `<meta name="viewport"`, `<div class="view"></div>`, `<details class="notes" open>`, `data-note="1"`,
		`<span class="at">0:20.0 – 0:22.0</span>`, `<span class="at">0:30.0</span>`, `<li class="bad">estimate oscillates by overuse</li>`,
		`<li class="note">the recording is cut off</li>`, `<td class="number">1.2 ± 0.1 Mbps</td>`, `<td class="number">–</td>`, `<td>gcc</td>`,
		`<th scope="col" class="number">mean</th>`, `Copyright (c) 2022 Leon Sorokin`, `<noscript>`, `</html>`,
	} {
		has(t, page, want)
	}
	require.Less(t, strings.Index(page, "Controllers"), strings.Index(page, `<section class="session"`))
}

// loads are the ways in which a page can ask for something elsewhere.
var loads = regexp.MustCompile(`(?i)(\s(src|href|action|srcset|poster)\s*=\s*["']?(https?:|//|[^"'#d>]))|url\(|@import|\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|\bimport\(`)

func TestThePageNeedsNothingElse(t *testing.T) {
	page := written(t, &report.Page{Title: "t", Sessions: hostilePage(t).Sessions[:0]})
	require.Empty(t, loads.FindAllString(page, -1))
	has(t, page, "default-src &#39;none&#39;")
	for _, bad := range []string{`<script src="https://x/y.js">`, `<img src=//x>`, `background: url(x)`, `fetch("/x")`} {
		require.Regexp(t, loads, bad)
	}
}

func TestSessionsWithoutAnything(t *testing.T) {
	for name, s := range map[string]report.Session{
		"no timeline":    {Name: "x"},
		"empty timeline": {Name: "x", Timeline: timeline.NewBuilder("").Build()},
		"not judged":     {Name: "x", Summary: &session.Summary{Error: "the file is empty"}},
	} {
		t.Run(name, func(t *testing.T) {
			page := written(t, &report.Page{Sessions: []report.Session{s}})
			has(t, page, "There is nothing to draw")
			require.Equal(t, 1, elements(t, page)["script"])
			has(t, page, "<title>Report</title>")
			if s.Summary != nil {
				has(t, page, "not judged: the file is empty")
			}
		})
	}
}

func TestALongListOfNotesIsCut(t *testing.T) {
	s := report.Session{Notes: make([]report.Note, 1500)}
	page := written(t, &report.Page{Sessions: []report.Session{s}})
	require.Equal(t, 1000, strings.Count(page, `class="note"`))
	has(t, page, "500 more are left out.")
}

// noise is a signal that does not compress.
func noise(bins int, seed uint64) timeline.Signal {
	out := make(timeline.Signal, bins)
	for i := range out {
		seed = seed*6364136223846793005 + 1442695040888963407
		out[i] = float64(seed>>40) * 0.3
	}

	return out
}

func noisy(bins, controllers int) *timeline.Timeline {
	seed := uint64(0)
	next := func() timeline.Signal {
		seed++

		return noise(bins, seed)
	}
	tl := &timeline.Timeline{
		Capacity: next(), Sent: next(), Media: next(), Received: next(), Delay: next(), DelayMax: next(), Loss: next(), RTT: next(), Silence: next(),
	}
	for i := range controllers {
		tl.Replayed = append(tl.Replayed, &timeline.Track{
			Name: fmt.Sprint(i), Estimate: next(), DelayBased: next(), Target: next(), Ceiling: next(), Queue: next(), Trend: next(), Threshold: next(),
		})
		for n := range bins / 10 {
			at := bwe.Time(n) * bwe.Time(time.Second)
			tl.Replayed[i].States = append(tl.Replayed[i].States, timeline.Band{From: at, To: at.Add(300 * time.Millisecond), State: bwe.StateOveruse})
			tl.Replayed[i].Probes = append(tl.Replayed[i].Probes, timeline.Probe{At: at, Asked: bwe.Mbps})
			tl.Marks = append(tl.Marks, timeline.Mark{At: at, Kind: timeline.FrameDrop, Count: 1})
		}
	}

	return tl
}

func TestSize(t *testing.T) {
	tenMinutes := len(written(t, &report.Page{Sessions: []report.Session{{Timeline: noisy(6000, 3)}}}))
	require.Less(t, tenMinutes, 1_500_000)
	day := len(written(t, &report.Page{Sessions: []report.Session{{Timeline: noisy(864_000, 1)}}}))
	require.Less(t, day, 3_000_000)
	require.Greater(t, day, tenMinutes)
	t.Logf("10 minutes of noise with 3 controllers %d kB, a day with one %d kB", tenMinutes/1000, day/1000)
}

// counter counts what is written, and fails at a size.
type counter struct{ n, most int }

var errFull = errors.New("full")

func (c *counter) Write(b []byte) (int, error) {
	if c.n += len(b); c.n > c.most {
		return 0, errFull
	}

	return len(b), nil
}

func TestWritersThatFail(t *testing.T) {
	p := hostilePage(t)
	full := len(written(t, p))
	for _, most := range []int{0, 5000, full / 4, full / 2, full - 1} {
		require.ErrorIs(t, report.Write(&counter{most: most}, p), errFull)
	}
	require.NoError(t, report.Write(&counter{most: full}, p))
}

func TestSameInputSameBytes(t *testing.T) {
	first, second := written(t, hostilePage(t)), written(t, hostilePage(t))
	require.True(t, first == second) //nolint:testifylint // the pages are too long to print
}

func TestSignalsThatAreNoNumbers(t *testing.T) {
	tl := noisy(20, 1)
	for i := range tl.Sent {
		tl.Sent[i] = math.Inf(1)
		tl.Loss[i] = math.NaN()
	}
	tl.Replayed[0].Trend = tl.Replayed[0].Trend[:5]
	page := written(t, &report.Page{Sessions: []report.Session{{Timeline: tl}}})
	has(t, page, `"path":["capacity","media","received","delay","delay_max","rtt","silence"]`)
	has(t, page, `"signals":["estimate","delay_based","target","ceiling","queue","trend","threshold"]`)
}

func BenchmarkWrite(b *testing.B) {
	p := &report.Page{Sessions: []report.Session{{Timeline: noisy(6000, 3)}}}
	b.ReportAllocs()
	for b.Loop() {
		if err := report.Write(io.Discard, p); err != nil {
			b.Fatal(err)
		}
	}
}
