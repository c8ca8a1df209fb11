// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/lab/report"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

func TestInBrowser(t *testing.T) {
	p := hostilePage(t)
	b := startBrowser(t, p)
	whole := [2]float64{0, p.Sessions[0].Timeline.Duration().Seconds()}
	for _, test := range []struct {
		name string
		do   func(*testing.T, *browser, *report.Page, [2]float64)
	}{
		{"opens and draws", testOpens}, {"zooms", testZoom}, {"keys", testKeys}, {"values at the cursor", testHover}, {"cursor in a zoomed page", testCursorZoomed},
		{"switches", testSwitches}, {"colours", testTheme}, {"notes", testNotes}, {"narrow", testNarrow},
		{"a day", testDay},
	} {
		t.Run(test.name, func(t *testing.T) {
			b.t = t
			b.open()
			test.do(t, b, p, whole)
			b.mu.Lock()
			defer b.mu.Unlock()
			require.Empty(t, b.complaints)
			for _, url := range b.requests {
				require.True(t, strings.HasPrefix(url, "file:///") || strings.HasPrefix(url, "data:"), url)
			}
		})
	}
}

func testOpens(t *testing.T, b *browser, p *report.Page, _ [2]float64) {
	require.Equal(t, p.Title, eval[string](b, `document.title`))
	require.Equal(t, p.Sessions[0].Name, eval[string](b, `document.querySelector("h2").textContent`))
	require.False(t, eval[bool](b, `"injected" in window`))
	require.Equal(t, []string{"Rates", "Events", "One-way delay", "Trend", "Loss", "Round trip", "Feedback silence"},
		eval[[]string](b, `[...document.querySelectorAll("[data-panel]")].map(p => p.dataset.panel)`))
	for i, n := range b.ink() {
		require.Greater(t, n, 3000, "canvas %d", i)
	}
}

func testZoom(t *testing.T, b *browser, _ *report.Page, whole [2]float64) {
	require.Equal(t, whole, b.visible())
	before := b.picture()
	last := `[...document.querySelectorAll("canvas")].at(-1)`
	b.script(last + `.scrollIntoView({block: "center", behavior: "instant"})`)
	b.frame()
	outOfSight := eval[string](b, last+`.toDataURL()`)
	b.drag(0.25, 0.5)
	got := b.visible()
	require.InDelta(t, whole[1]/4, got[0], whole[1]/100)
	require.InDelta(t, whole[1]/2, got[1], whole[1]/100)
	require.NotEqual(t, before, b.picture())
	b.script(last + `.scrollIntoView({block: "center", behavior: "instant"})`)
	b.frame()
	require.NotEqual(t, outOfSight, eval[string](b, last+`.toDataURL()`), "a plot out of sight is drawn when it comes into it")

	x, y := b.plot(0.5)
	b.do(chromedp.MouseClickXY(x, y), chromedp.MouseClickXY(x, y, chromedp.ClickCount(2)))
	require.Equal(t, whole, b.visible())

	// The plots have the focus by now, so that the wheel is theirs.
	b.wheel(0.5, -200)
	got = b.visible()
	require.Greater(t, got[0], whole[0])
	require.Less(t, got[1], whole[1])
	require.InDelta(t, whole[1]/2, (got[0]+got[1])/2, whole[1]/50)
	b.click(`button[aria-label="show all"]`)
	require.Equal(t, whole, b.visible())

	// A wheel that nobody meant for the plots scrolls the page.
	b.script(`document.activeElement.blur()`)
	b.wheel(0.5, -200)
	require.Equal(t, whole, b.visible())
	b.wheel(0.5, -200, chromedp.ModifierCtrl)
	require.NotEqual(t, whole, b.visible())
}

func testKeys(t *testing.T, b *browser, _ *report.Page, whole [2]float64) {
	b.script(`document.querySelector(".plots").focus()`)
	b.do(chromedp.KeyEvent("+"))
	got := b.visible()
	require.InDelta(t, whole[1]/2, got[1]-got[0], 1e-6)
	b.do(chromedp.KeyEvent(kb.ArrowRight, chromedp.KeyModifiers(chromedp.ModifierShift)))
	require.InDelta(t, got[0]+whole[1]/10, b.visible()[0], 1e-6)
	b.do(chromedp.KeyEvent(kb.ArrowRight))
	b.frame()
	require.Contains(t, eval[string](b, `document.querySelector(".now").textContent`), "at 0:")
	b.do(chromedp.KeyEvent("-"), chromedp.KeyEvent(kb.Escape))
	require.Equal(t, whole, b.visible())
}

// testHover compares what the keys show with the timeline.
func testHover(t *testing.T, b *browser, p *report.Page, whole [2]float64) {
	b.mouse(chromedp.MouseMoved, 0.6, false)
	b.frame()
	now := eval[string](b, `document.querySelector(".now").textContent`)
	at, err := strconv.ParseFloat(strings.TrimPrefix(now, "at 0:"), 64)
	require.NoError(t, err)
	require.InDelta(t, 0.6*whole[1], at, whole[1]/100)
	bin := int(at*10 + 0.5)
	values := eval[map[string]string](b, `Object.fromEntries([...document.querySelectorAll("[data-panel]")].flatMap(p =>
		[...p.querySelectorAll(".keys button")].map(k => [p.dataset.panel + "/" + (k.parentElement.querySelector(".group")?.textContent || "") +
			"/" + k.childNodes[1].textContent, k.querySelector("output").textContent])))`)
	tl := p.Sessions[0].Timeline
	for key, want := range map[string]string{
		"Rates/path/capacity":       rate(tl.Capacity[bin]),
		"Rates/gcc/estimate":        rate(tl.Replayed[1].Estimate[bin]),
		"Rates/gcc/by delay":        rate(tl.Replayed[1].DelayBased[bin]),
		"Rates/path/received":       values["Rates/path/received"],
		"Trend/gcc/trend":           values["Trend/gcc/trend"],
		"One-way delay//mean":       fmt.Sprintf("%.1f ms", 1000*tl.Delay[bin]),
		"Feedback silence//silence": fmt.Sprintf("%.1f ms", 1000*tl.Silence[bin]),
	} {
		require.NotEmpty(t, values[key], "%s in %v", key, values)
		require.Equal(t, want, values[key], key)
	}
}

// testCursorZoomed moves the cursor while some plots are out of sight, which do not show
// the new stretch as yet.
func testCursorZoomed(t *testing.T, b *browser, _ *report.Page, _ [2]float64) {
	b.drag(0.25, 0.5)
	shown := b.visible()
	b.do(chromedp.MouseEvent(chromedp.MouseMoved, 1, 1))
	b.do(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
	b.frame()
	now := `document.querySelector(".now").textContent`
	want := eval[string](b, now)
	at, err := strconv.ParseFloat(strings.TrimPrefix(want, "at 0:"), 64)
	require.NoError(t, err)
	require.InDelta(t, (shown[0]+shown[1])/2, at, 0.5)

	b.script(`[...document.querySelectorAll(".uplot")].at(-1).scrollIntoView({block: "center", behavior: "instant"})`)
	b.frame()
	require.Equal(t, want, eval[string](b, now))
	lines := eval[[]string](b, `[...document.querySelectorAll(".u-cursor-x")].map(l => l.style.transform)`)
	require.Greater(t, len(lines), 5)
	for _, line := range lines {
		require.Equal(t, lines[0], line)
	}
}

func testSwitches(t *testing.T, b *browser, _ *report.Page, _ [2]float64) {
	full := b.ink()[0]
	b.script(`document.querySelector("[data-panel=Rates] .keys button").click()`)
	less := b.ink()[0]
	require.Less(t, less, full*3/4, "the area of the capacity is gone")
	require.Equal(t, "false", eval[string](b, `document.querySelector("[data-panel=Rates] .keys button").getAttribute("aria-pressed")`))
	b.script(`document.querySelector("[data-panel=Rates] .keys button").click()`)
	require.Equal(t, full, b.ink()[0])

	lanes := func() int {
		b.script(`document.querySelector("[data-panel=Events]").scrollIntoView({block: "center", behavior: "instant"})`)

		return b.ink()[1]
	}
	all := lanes()
	b.click(".chip:nth-child(3)")
	require.Less(t, lanes(), all, "the states of a controller that is switched off are gone")
	b.click(".chip:nth-child(3)")
	require.Equal(t, all, lanes())
}

func testTheme(t *testing.T, b *browser, _ *report.Page, _ [2]float64) {
	ground := `getComputedStyle(document.body).backgroundColor`
	light := eval[string](b, ground)
	plot := b.picture()
	b.click("#theme")
	require.NotEqual(t, light, eval[string](b, ground))
	require.NotEqual(t, plot, b.picture())
	b.click("#theme")
	require.Equal(t, light, eval[string](b, ground))

	b.script(`localStorage.clear()`)
	_, err := chromedp.Call(b.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
	require.NoError(t, err)
	b.open()
	require.Equal(t, "rgb(20, 23, 26)", eval[string](b, ground))
	_, err = chromedp.Call(b.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	require.NoError(t, err)
}

func testNotes(t *testing.T, b *browser, p *report.Page, whole [2]float64) {
	b.click("button.note")
	got := b.visible()
	note := p.Sessions[0].Notes[0].Seconds()
	require.NotEqual(t, whole, got)
	require.LessOrEqual(t, got[0], note[0])
	require.GreaterOrEqual(t, got[1], note[1])
}

func testNarrow(t *testing.T, b *browser, _ *report.Page, _ [2]float64) {
	b.do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile))
	b.open()
	b.frame()
	require.LessOrEqual(t, eval[int](b, `document.documentElement.scrollWidth`), 360)
	require.LessOrEqual(t, eval[int](b, `document.querySelector(".uplot").offsetWidth`), 360)
	b.do(chromedp.EmulateReset())
}

// testDay shows a session that is longer than what is drawn point by point, with one
// spike, which must stay.
func testDay(t *testing.T, b *browser, _ *report.Page, _ [2]float64) {
	flat, spike := make(timeline.Signal, 864_000), make(timeline.Signal, 864_000)
	for i := range flat {
		flat[i], spike[i] = 1e6, 0.01
	}
	spike[500_000] = 7
	b.openFile(save(t, &report.Page{Sessions: []report.Session{{Timeline: &timeline.Timeline{Sent: flat, RTT: spike}}}}))
	require.Equal(t, [2]float64{0, 86400}, b.visible())
	require.Contains(t, eval[string](b, `document.querySelector(".plots .remark").textContent`), "9.6 s")
	high := `(() => { const c = document.querySelector("[data-panel='Round trip'] canvas"); const d = c.getContext("2d").getImageData(0, 0, c.width, c.height / 4).data;
		let n = 0; for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 128 && d[i] < 64) n++; return n; })()`
	require.Positive(t, eval[int](b, high), "the spike is drawn")
}
