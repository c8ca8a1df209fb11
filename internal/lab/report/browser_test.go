// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/lab/report"
)

// browser is a Chromium without a window that shows one page.
type browser struct {
	t    *testing.T
	tab  context.Context //nolint:containedctx // chromedp keeps a tab in a context
	path string

	mu sync.Mutex
	// complaints are errors of the console, requests what was asked of the network.
	complaints, requests []string
}

// chromium finds the browser, and skips the test where there is none.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		// Some systems have a program of that name that only tells how to install it.
		if found, err := exec.LookPath(name); err == nil && exec.CommandContext(t.Context(), found, "--version").Run() == nil {
			return found
		}
	}
	t.Skip("no Chromium is installed, with which the page could be looked at (Debian: apt-get install chromium)")

	return ""
}

func startBrowser(t *testing.T, p *report.Page) *browser {
	t.Helper()
	program := chromium(t)
	b := &browser{t: t, path: save(t, p)}

	// The page is our own, and neither root nor many a container can have a sandbox.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.DisableGPU, chromedp.NoSandbox, chromedp.WindowSize(1280, 900))
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	b.tab, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Listen(b.tab, b.listen))
	_, err := chromedp.Call(b.tab, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	_, err = chromedp.Call(b.tab, log.Enable, cdp.Empty{})
	require.NoError(t, err)

	return b
}

// save writes a page into a file.
func save(t *testing.T, p *report.Page) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, report.Write(f, p))
	require.NoError(t, f.Close())

	return path
}

func (b *browser) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, fmt.Sprintf("%+v", e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, fmt.Sprintf("%s: %+v", e.Type, e.Args))
	case *log.EventEntryAdded:
		// The tests' own reading of the canvases is slow, and none of the page's business.
		if !strings.HasPrefix(e.Entry.Text, "Canvas2D: Multiple readback") {
			b.complaints = append(b.complaints, e.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.tab, steps...))
}

// open loads the page anew and waits until its session is drawn.
func (b *browser) open() {
	b.t.Helper()
	b.openFile(b.path)
}

func (b *browser) openFile(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate("file://"+path), chromedp.WaitReady(chromedp.CSS(`.session[data-drawn="true"]`)))
}

// eval runs a script and returns what it comes to.
func eval[T any](b *browser, script string) T {
	b.t.Helper()
	out, err := chromedp.Run(b.tab, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)

	return out
}

// script runs one that comes to nothing.
func (b *browser) script(script string) {
	b.t.Helper()
	eval[bool](b, script+"; true")
}

// frame waits until what was changed has been drawn: a plot that comes into sight is
// drawn in the frame after that.
func (b *browser) frame() {
	b.t.Helper()
	eval[bool](b, `new Promise(f => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => f(true)))))`)
}

// visible is the stretch of time that the plots show.
func (b *browser) visible() [2]float64 {
	b.t.Helper()
	b.frame()

	return eval[[2]float64](b, `(() => { const d = document.querySelector(".bar").dataset; return [Number(d.from), Number(d.to)] })()`)
}

// ink counts the pixels that are drawn on, for each canvas.
func (b *browser) ink() []int {
	b.t.Helper()
	b.frame()

	return eval[[]int](b, `[...document.querySelectorAll("canvas")].map(c => {
		const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
		let n = 0;
		for (let i = 3; i < d.length; i += 4) if (d[i] > 0) n++;
		return n;
	})`)
}

// picture is what the first canvas shows.
func (b *browser) picture() string {
	b.t.Helper()
	// Only plots in sight are drawn.
	b.script(`document.querySelector(".uplot").scrollIntoView({block: "center", behavior: "instant"})`)
	b.frame()

	return eval[string](b, `document.querySelector("canvas").toDataURL()`)
}

// plot returns a point in the middle of the first plot's height, by a share of its width,
// after it was brought into sight.
func (b *browser) plot(share float64) (x, y float64) {
	b.t.Helper()
	at := eval[[2]float64](b, fmt.Sprintf(`(() => {
		const over = document.querySelector(".u-over");
		over.scrollIntoView({block: "center", behavior: "instant"});
		const r = over.getBoundingClientRect();
		return [r.left + %g * r.width, r.top + r.height / 2];
	})()`, share))
	// The plots learn where they are in the next frame.
	b.frame()

	return at[0], at[1]
}

func (b *browser) mouse(kind input.DispatchMouseEventType, share float64, held bool) {
	b.t.Helper()
	x, y := b.plot(share)
	b.do(chromedp.MouseEvent(kind, x, y, func(p *input.DispatchMouseEventParams) {
		if kind != chromedp.MouseMoved {
			p.Button, p.ClickCount = input.MouseButtonLeft, 1
		}
		if held {
			p.Button, p.Buttons = input.MouseButtonLeft, 1
		}
	}))
}

func (b *browser) drag(from, to float64) {
	b.t.Helper()
	b.mouse(chromedp.MouseMoved, from, false)
	b.mouse(chromedp.MousePressed, from, true)
	b.mouse(chromedp.MouseMoved, (from+to)/2, true)
	b.mouse(chromedp.MouseMoved, to, true)
	b.mouse(chromedp.MouseReleased, to, false)
}

func (b *browser) wheel(share, turn float64, modifiers ...chromedp.Modifier) {
	b.t.Helper()
	x, y := b.plot(share)
	b.do(chromedp.MouseEvent(chromedp.MouseWheel, x, y, chromedp.ButtonModifiers(modifiers...), func(p *input.DispatchMouseEventParams) {
		// The browser wants both, and zero is left out.
		p.DeltaX, p.DeltaY = 1e-3, turn
	}))
}

func (b *browser) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
	b.frame()
}
