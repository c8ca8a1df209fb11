// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/specimen"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// The bounds were chosen with seeds 1 to 3 and not looked at again with this one.
var (
	specimens = flag.Int("specimens", 324, "how many labelled sessions are classified")
	seed      = flag.Uint64("seed", 82, "what they are drawn from")
)

// judged is a specimen, its truth and what was found.
type judged struct {
	specimen.Specimen

	truth specimen.Label
	found session.Summary
}

func judgeAll(t *testing.T, n int, seed uint64) []judged {
	all := specimen.Specimens(n, seed)
	out := make([]judged, len(all))
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(2)
	for i := range all {
		group.Go(func() error { return out[i].play(ctx, all[i]) })
	}
	require.NoError(t, group.Wait())

	return out
}

func (j *judged) play(ctx context.Context, s specimen.Specimen) error {
	b := timeline.NewBuilder(s.Controller)
	truth, err := s.Play(ctx, b.Observe)
	if err != nil {
		return err
	}
	*j = judged{Specimen: s, truth: truth, found: session.Analyze(b.Build(), session.Default())}
	if j.found.Error != "" {
		return fmt.Errorf("%s: %s", s.Name, j.found.Error)
	}

	return nil
}

// question is one thing that is asked of every session.
type question struct {
	name  string
	truth func(*specimen.Label) specimen.Answer
	found func(*session.Summary) bool
}

func estimateBy(cause session.Cause) question {
	return question{
		"estimate: " + string(cause),
		func(l *specimen.Label) specimen.Answer {
			switch {
			case l.Estimate == specimen.Yes && l.Cause == "":
				return specimen.Unclear
			case l.Estimate == specimen.Yes && l.Cause != cause:
				return specimen.No
			default:
				return l.Estimate
			}
		},
		func(s *session.Summary) bool { return s.Estimate.Oscillates && s.Estimate.Cause == cause },
	}
}

var questions = []question{
	{
		"estimate oscillates", func(l *specimen.Label) specimen.Answer { return l.Estimate },
		func(s *session.Summary) bool { return s.Estimate.Oscillates },
	},
	estimateBy(session.Overuse), estimateBy(session.Congestion), estimateBy(session.Loss),
	{
		"target oscillates", func(l *specimen.Label) specimen.Answer { return l.Target },
		func(s *session.Summary) bool { return s.Target.Oscillates },
	},
	{
		"target alone", func(l *specimen.Label) specimen.Answer { return l.TargetAlone },
		func(s *session.Summary) bool { return s.Target.Oscillates && s.Target.Alone },
	},
	{
		"capped", func(l *specimen.Label) specimen.Answer { return l.Capped },
		func(s *session.Summary) bool { return s.Capped.Present },
	},
	{
		"low bandwidth", func(l *specimen.Label) specimen.Answer { return l.LowBandwidth },
		func(s *session.Summary) bool { return s.Path.LowBandwidth },
	},
	{
		"lossy", func(l *specimen.Label) specimen.Answer { return l.Lossy },
		func(s *session.Summary) bool { return s.Path.Lossy },
	},
	{
		"jittery", func(l *specimen.Label) specimen.Answer { return l.Jittery },
		func(s *session.Summary) bool { return s.Path.Jittery },
	},
	{
		"feedback trouble", func(l *specimen.Label) specimen.Answer { return l.FeedbackTrouble },
		func(s *session.Summary) bool { return s.Path.FeedbackTrouble },
	},
}

// confusion counts what was found by what is true.
type confusion struct {
	right, missed, wrong, none, unclear int
	errors                              []string
}

func (c *confusion) add(name string, truth specimen.Answer, found bool) {
	switch {
	case truth == specimen.Unclear:
		c.unclear++
	case truth == specimen.Yes && found:
		c.right++
	case truth == specimen.Yes:
		c.missed++
		c.errors = append(c.errors, "missed "+name)
	case found:
		c.wrong++
		c.errors = append(c.errors, "wrong "+name)
	default:
		c.none++
	}
}

func (c *confusion) precision() float64 { return float64(c.right) / float64(max(1, c.right+c.wrong)) }
func (c *confusion) recall() float64    { return float64(c.right) / float64(max(1, c.right+c.missed)) }

func TestProblemsAreRecognisedInLabelledSessions(t *testing.T) {
	all := judgeAll(t, *specimens, *seed)
	var table strings.Builder
	fmt.Fprintf(&table, "%-22s %6s %6s %6s %6s %7s  %9s %6s\n", "", "right", "missed", "wrong", "none", "unclear", "precision", "recall")
	results := make([]confusion, len(questions))
	for i, q := range questions {
		c := &results[i]
		for k := range all {
			c.add(all[k].Name, q.truth(&all[k].truth), q.found(&all[k].found))
		}
		fmt.Fprintf(&table, "%-22s %6d %6d %6d %6d %7d  %9.3f %6.3f\n", q.name, c.right, c.missed, c.wrong, c.none, c.unclear, c.precision(), c.recall())
		t.Log(q.name, c.errors)
	}
	t.Log("\n" + table.String())
	for i, q := range questions {
		require.GreaterOrEqual(t, results[i].right+results[i].missed, 8, "%s: too few sessions have it to tell", q.name)
		require.GreaterOrEqual(t, results[i].precision(), 0.9, "%s: precision, %v", q.name, results[i].errors)
		require.GreaterOrEqual(t, results[i].recall(), 0.9, "%s: recall, %v", q.name, results[i].errors)
	}
}
