// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"strings"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

//go:embed assets
var files embed.FS

var layout = template.Must(template.New("page").Funcs(template.FuncMap{
	"cell": newCell, "heads": Table.heads,
	"time": clock,
}).ParseFS(files, "assets/page.html"))

// scripts are the page's own, in the order of their use.
var scripts = []string{"theme", "data", "format", "series", "chart", "strip", "legend", "view", "session", "main"}

// assets are what the page carries along.
type assets struct {
	Style  template.CSS
	Script template.JS
	// Policy allows the page its own style and script and nothing else, the network
	// least of all.
	Policy string
}

var layoutAssets = loadAssets()

func loadAssets() *assets {
	style := file("uplot/uPlot.min.css") + "\n" + file("page.css")
	var script strings.Builder
	script.WriteString("/*!\n" + file("uplot/LICENSE") + "\n*/\n" + file("uplot/uPlot.iife.min.js") + "\n(() => {\n\"use strict\";\n")
	for _, name := range scripts {
		script.WriteString(file(name + ".js"))
	}
	script.WriteString("})();\n")

	return &assets{
		Style: template.CSS(style), Script: template.JS(script.String()),
		Policy: "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src " + digest(style) + "; script-src " + digest(script.String()),
	}
}

// file reads an embedded file, which is there.
func file(name string) string {
	b, err := files.ReadFile("assets/" + name)
	if err != nil {
		panic(err)
	}

	return string(b)
}

// digest names a text in a content security policy.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))

	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// head is what comes before the sessions.
type head struct {
	*Page
	*assets
}

func newHead(p *Page) *head {
	shown := *p
	if shown.Title == "" {
		shown.Title = "Report"
	}

	return &head{Page: &shown, assets: layoutAssets}
}

// sessionView is a session as the template takes it.
type sessionView struct {
	*Session
	ID        int
	Drawn     bool
	Verdicts  []verdict
	Figures   []figure
	NotesMore int
}

// notesMost bounds the list of notes.
const notesMost = 1000

func newSessionView(s *Session, id int) *sessionView {
	shown := *s
	v := &sessionView{Session: &shown, ID: id, Drawn: s.Timeline != nil && s.Timeline.Bins() > 0}
	if len(s.Notes) > notesMost {
		shown.Notes, v.NotesMore = s.Notes[:notesMost], len(s.Notes)-notesMost
	}
	if s.Summary != nil {
		v.Verdicts, v.Figures = verdicts(s.Summary), figures(s.Summary)
	}

	return v
}

// Seconds are a note's bounds, for the script.
func (n Note) Seconds() [2]float64 {
	from := time.Duration(n.From).Seconds()

	return [2]float64{from, max(from, time.Duration(n.To).Seconds())}
}

// clock writes a time as minutes and seconds, with hours where there are any.
func clock(t bwe.Time) string {
	d := time.Duration(t).Round(100 * time.Millisecond)
	tenths := int64(d / (100 * time.Millisecond))
	h, m, s := tenths/36000, tenths/600%60, tenths%600
	if h > 0 {
		return pad(h, 1) + ":" + pad(m, 2) + ":" + pad(s/10, 2) + "." + pad(s%10, 1)
	}

	return pad(m, 1) + ":" + pad(s/10, 2) + "." + pad(s%10, 1)
}
