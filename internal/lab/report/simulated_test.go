// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/report"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// presets are the estimators that are replayed beside the recorder, by name.
var presets = map[string]func() bwe.Config{"default": bwe.Default, "gcc": bwe.GCC}

// replayed is an estimator that hears what the flow of a simulation heard.
type replayed struct {
	estimator *bwe.Estimator
	track     *timeline.TrackBuilder
}

func (r *replayed) tell(u bwe.Update) {
	r.track.OnUpdate(&u)
	r.track.OnDetection(u.At, r.estimator.Detection())
}

func (r *replayed) observe(ev bwe.Event) {
	for r.estimator.NextTimer() < ev.Time() {
		r.tell(r.estimator.OnTimer(r.estimator.NextTimer()))
	}
	switch e := ev.(type) {
	case *bwe.SentPacket:
		r.estimator.OnSent(*e)
	case *bwe.Feedback:
		r.tell(r.estimator.OnFeedback(*e))
	}
}

// simulate plays a scenario of the simulator's library with one flow, beside which others
// are replayed.
func simulate(scenario, flow string, length time.Duration, others ...string) (*report.Session, error) {
	chosen, err := netsim.Select(scenario)
	if err != nil {
		return nil, err
	}
	if length > 0 {
		chosen[0].Duration = netsim.Duration(length)
	}
	choice, err := netsim.ParseChoice(flow)
	if err != nil {
		return nil, err
	}
	builder := timeline.NewBuilder(flow)
	var all []*replayed
	for _, name := range others {
		estimator, err := bwe.New(presets[name](), 0)
		if err != nil {
			return nil, err
		}
		all = append(all, &replayed{estimator: estimator, track: builder.Track(name)})
	}
	_, err = netsim.Run(context.Background(), &chosen[0], netsim.Options{
		Flows: []netsim.Choice{choice}, Seed: 1,
		Observe: func(int) bwe.Observer {
			return func(ev bwe.Event) {
				builder.Observe(ev)
				for _, r := range all {
					r.observe(ev)
				}
			}
		},
	})
	if err != nil {
		return nil, err
	}

	return &report.Session{Name: scenario + ", " + flow, Timeline: builder.Build()}, nil
}

func ExampleWrite() {
	s, err := simulate("steady-2m", "default", 10*time.Second, "gcc")
	if err != nil {
		panic(err)
	}
	var page strings.Builder
	if err := report.Write(&page, &report.Page{Title: "Two estimators", Words: []string{"Neither swings."}, Sessions: []report.Session{*s}}); err != nil {
		panic(err)
	}
	fmt.Println(strings.Contains(page.String(), "<h1>Two estimators</h1>"), page.Len() < 200_000)
	// Output: true true
}
