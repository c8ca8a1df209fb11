// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Outcome is what a verdict comes to.
type Outcome string

// The outcomes, for a controller beside the baseline.
const (
	// Better: some deciding metric is better and none is worse.
	Better Outcome = "better"
	// Worse: some is worse and none is better.
	Worse Outcome = "worse"
	// Trade: some are better and others worse.
	Trade Outcome = "trade"
	// Alike: whatever the difference, it is too small to count.
	Alike Outcome = "alike"
	// NotShown: there may be a difference, but these runs do not show it.
	NotShown Outcome = "not_shown"
	// NoData: no pair of runs has a result.
	NoData Outcome = "no_data"
)

// Verdict says which of two controllers is better.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	// Words say it in a sentence.
	Words string `json:"words"`
	// Gains and Harms are the deciding metrics that are better and worse: the difference
	// is at least what the [Config] asks for, its interval does not hold zero, and it is
	// not by the chance of the seeds.
	Gains []Metric `json:"gains,omitempty"`
	Harms []Metric `json:"harms,omitempty"`
	// Leans are those of which only one of the latter two can be said: the difference may
	// be another one on other paths, or with other seeds.
	Leans []Metric `json:"leans,omitempty"`
	// Outcomes counts the verdicts on the single scenarios of a family, not corrected.
	Outcomes map[Outcome]int `json:"outcomes,omitempty"`
}

// text is the outcome as people read it.
func (o Outcome) text() string { return strings.ReplaceAll(string(o), "_", " ") }

// outcomes lists all outcomes, the most telling first.
var outcomes = []Outcome{Better, Worse, Trade, Alike, NotShown, NoData}

// count lists how the single scenarios of a family came out, empty where there is one or
// none has a result.
func (v *Verdict) count() string {
	if v.Outcome == NoData {
		return ""
	}
	var parts []string
	sum := 0
	for _, o := range outcomes {
		if n := v.Outcomes[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o.text()))
			sum += n
		}
	}
	if sum < 2 {
		return ""
	}

	return strings.Join(parts, ", ")
}

// told is the verdict in words that name the controller where several are held against the
// baseline.
func (r *Result) told(c *Contrast) string {
	if name := c.Controller; len(r.Controllers) > 2 && !strings.HasPrefix(c.Verdict.Words, name+" ") {
		return name + ": " + c.Verdict.Words
	}

	return c.Verdict.Words
}

// judge fills in all verdicts.
func (r *Result) judge() {
	for i := range r.Scenarios {
		for k := range r.Scenarios[i].Contrasts {
			c := &r.Scenarios[i].Contrasts[k]
			c.Verdict = r.verdict(c)
		}
	}
	r.correct()
	for i := range r.Families {
		f := &r.Families[i]
		for k := range f.Contrasts {
			c := &f.Contrasts[k]
			c.Verdict = r.verdict(c)
			c.Verdict.Outcomes = map[Outcome]int{}
			for n := range r.Scenarios {
				if s := &r.Scenarios[n]; f.Name == Everything || s.Family == f.Name {
					c.Verdict.Outcomes[s.Contrasts[k].Verdict.Outcome]++
				}
			}
		}
	}
}

// correct corrects the probabilities that the verdicts of all families go by.
func (r *Result) correct() {
	var p []float64
	each := func(visit func(*Difference)) {
		for i := range r.Families {
			for k := range r.Families[i].Contrasts {
				c := &r.Families[i].Contrasts[k]
				for m := range deciding {
					if d, ok := c.Metrics[m]; ok && d.P != nil {
						visit(&d)
						c.Metrics[m] = d
					}
				}
			}
		}
	}
	each(func(d *Difference) { p = append(p, *d.P) })
	r.Tests = len(p)
	corrected := holm(p)
	each(func(d *Difference) { d.Holm, corrected = &corrected[0], corrected[1:] })
}

// evidence says how sure a difference is.
type evidence int

const (
	none evidence = iota
	half
	full
)

// weigh tells how sure it is that a difference counts.
func (r *Result) weigh(d *Difference, least float64) evidence {
	if d.P == nil || d.Difference.Mean == 0 || math.Abs(d.Difference.Mean) < least {
		return none
	}
	p := d.P
	if d.Holm != nil {
		p = d.Holm
	}
	sure := none
	if d.Difference.Excludes(0) {
		sure++
	}
	if *p <= 1-r.Config.Confidence {
		sure++
	}

	return sure
}

// verdict judges one contrast.
func (r *Result) verdict(c *Contrast) Verdict {
	v := Verdict{}
	if c.Pairs == 0 {
		return Verdict{Outcome: NoData, Words: "no pair of runs has a result"}
	}
	utilisation := c.Metrics[Utilisation]
	traded := r.weigh(&utilisation, r.Config.least(Utilisation, &utilisation, false)) == full
	alike, known := true, false
	for m := range deciding {
		d, ok := c.Metrics[m]
		if !ok {
			continue
		}
		least := r.Config.least(m, &d, traded)
		known = known || d.P != nil
		alike = alike && d.P != nil && max(-d.Difference.Low, d.Difference.High) < max(least, tiny)
		switch sure := r.weigh(&d, least); {
		case sure == none:
		case sure == half:
			v.Leans = append(v.Leans, m)
		case (d.Difference.Mean > 0) == about[m].more:
			v.Gains = append(v.Gains, m)
		default:
			v.Harms = append(v.Harms, m)
		}
	}
	switch {
	case len(v.Gains) > 0 && len(v.Harms) > 0:
		v.Outcome = Trade
		v.Words = "trade: " + c.list(v.Gains) + ", for " + c.list(v.Harms)
	case len(v.Gains) > 0:
		v.Outcome = Better
		v.Words = c.Controller + " is better: " + c.list(v.Gains) + c.beside(&v)
	case len(v.Harms) > 0:
		v.Outcome = Worse
		v.Words = c.Controller + " is worse: " + c.list(v.Harms) + c.beside(&v)
	case !known:
		v.Outcome = NotShown
		why := "one pair of runs of a scenario tells nothing of chance"
		if r.Seeds == 1 {
			why = "one seed tells nothing of chance (play several)"
		}
		v.Words = "no difference shown, as " + why + c.beside(&v)
	case alike:
		v.Outcome = Alike
		v.Words = "alike" + c.beside(&v)
	default:
		v.Outcome = NotShown
		v.Words = "no difference shown" + c.beside(&v)
	}
	if len(v.Leans) > 0 {
		v.Words += "; perhaps " + c.list(v.Leans)
	}
	v.Words += leftOut(c)

	return v
}

// tiny is what counts as alike where any difference counts.
const tiny = 1e-9

// beside adds those of the two chief metrics that the verdict says nothing of.
func (c *Contrast) beside(v *Verdict) string {
	var rest []Metric
	for _, m := range []Metric{Utilisation, Queue} {
		if !slices.Contains(slices.Concat(v.Gains, v.Harms, v.Leans), m) {
			rest = append(rest, m)
		}
	}
	if len(rest) == 0 {
		return ""
	}

	return ", at " + c.list(rest)
}

// leftOut says what runs that failed have left out.
func leftOut(c *Contrast) string {
	switch {
	case c.PairsLeftOut == 0:
		return ""
	case c.LeftOut == 0:
		return fmt.Sprintf(" (without %d of %d pairs of runs, which failed)", c.PairsLeftOut, c.PairsLeftOut+c.Pairs)
	default:
		return fmt.Sprintf(" (without %d of %d pairs of runs, which failed, and so without %d of %d scenarios)",
			c.PairsLeftOut, c.PairsLeftOut+c.Pairs, c.LeftOut, c.LeftOut+c.Scenarios)
	}
}

func (c *Contrast) list(list []Metric) string {
	parts := make([]string, len(list))
	for i, m := range list {
		d := c.Metrics[m]
		parts[i] = m.phrase(&d)
	}

	return strings.Join(parts, ", ")
}

// phrase says a difference in words, such as "4.0 ms less queue [2.1, 6.0]". Utilisation is
// told as a share of the baseline's.
func (m Metric) phrase(d *Difference) string {
	a := &about[m]
	i, scale := d.Difference, a.scale
	if m == Utilisation && d.Baseline > 0 {
		scale /= d.Baseline
	}
	words := a.words[0]
	if i.Mean < 0 {
		words = a.words[1]
		i.Mean, i.Low, i.High = -i.Mean, -i.High, -i.Low
	}
	text := fmt.Sprintf("%.*f %s", a.decimals, scale*i.Mean, words)
	if i.Over == "" {
		return text
	}

	return text + fmt.Sprintf(" [%s, %s]", plain(scale*i.Low, a.decimals), plain(scale*i.High, a.decimals))
}

// plain is a number without the sign of a zero.
func plain(v float64, decimals int) string {
	text := fmt.Sprintf("%.*f", decimals, v)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}

	return text
}
