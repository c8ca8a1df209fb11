// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
)

func TestFindingsAreSaidInWords(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*session.Summary)
		want   []string
	}{
		"healthy": {func(*session.Summary) {}, []string{"Neither the estimate nor the target swings", "a path without trouble: 50 ms of round trip, 0.2 % of loss"}},
		"episodes": {
			func(s *session.Summary) {
				s.Episodes = session.Episodes{
					SendingStalls:  episode(1, 4.6, 4.6, 35.6),
					FrozenPictures: episode(2, 5, 4.5, 3599.9), StandingQueues: episode(3, 700, 12, 30),
					LossBursts: episode(1, 1, 1, 30), QueueDelay: new(297.1), BurstLoss: new(0.6),
				}
			},
			[]string{
				"Neither the estimate nor the target swings",
				"There were episodes of trouble: sending stalled once (4.6 s at 0:35); the picture stood twice (5.0 s in all, the longest 4.5 s at 59:59);" +
					" a queue stood 3 times, with up to 297 ms of delay (12 min in all, the longest 12 s at 0:30);" +
					" packets were lost in a burst once, of 60 % (1.0 s at 0:30).",
				"over a path of 50 ms of round trip, with 0.2 % of loss.",
			},
		},
		"one kind of episode": {
			func(s *session.Summary) {
				s.Episodes.LossBursts, s.Episodes.BurstLoss = episode(2, 2, 1.5, 0), new(0.25)
				s.Episodes.FrozenPictures.Count = new(int64(0))
			},
			[]string{"There were episodes of trouble: packets were lost in a burst twice, the longest of 25 % (2.0 s in all, the longest 1.5 s at 0:00)."},
		},
		"loss without a cause": {
			func(s *session.Summary) { s.Metrics.Loss = new(0.01) }, []string{"over a path of 50 ms of round trip, with 1.0 % of loss."},
		},
		"overuse": {
			func(s *session.Summary) {
				s.Path.Jittery = true
				s.Estimate = session.EstimateSwing{Oscillates: true, Cause: session.Overuse, Period: 11.2, Depth: 0.38, Share: 0.85}
			},
			[]string{"The estimate swings every 11 s by 38 %, for 85 % of the session", "round-trip time (50 ms) and loss (0.2 %)", "takes jitter for congestion", "a path that has jitter"},
		},
		"congestion": {
			func(s *session.Summary) {
				s.Estimate = session.EstimateSwing{Oscillates: true, Cause: session.Congestion, Period: 4.25, Depth: 0.5, Share: 1}
			},
			[]string{"every 4.2 s by 50 %", "A queue stands before its falls", "over a path of 50 ms of round trip"},
		},
		"loss": {
			func(s *session.Summary) {
				s.Estimate = session.EstimateSwing{Oscillates: true, Cause: session.Loss, Period: 4, Depth: 0.5, Share: 1}
				s.Path.Lossy = true
			},
			[]string{"Packets are lost before its falls while no queue stands", "loses packets though no queue stands"},
		},
		"target alone": {
			func(s *session.Summary) {
				s.Target = session.TargetSwing{Oscillates: true, Alone: true, Period: 20, Depth: 0.3, Share: 0.5}
			},
			[]string{"The target swings every 20 s by 30 %, for 50 % of the session though the estimate does not"},
		},
		"both": {
			func(s *session.Summary) {
				s.Estimate = session.EstimateSwing{Oscillates: true, Cause: session.Loss, Period: 4, Depth: 0.5, Share: 1}
				s.Target = session.TargetSwing{Oscillates: true, Period: 4, Depth: 0.5, Share: 1}
			},
			[]string{"it follows the estimate"},
		},
		"target without an estimate": {
			func(s *session.Summary) {
				s.Target = session.TargetSwing{Oscillates: true, Period: 4, Depth: 0.5, Share: 1}
				s.Unknown = []string{"estimate"}
			},
			[]string{"The recording has no estimate to tell"},
		},
		"capped": {
			func(s *session.Summary) {
				s.Capped = session.Capped{Present: true, Ceiling: 900 * bwe.Kbps, Estimate: 4100 * bwe.Kbps, Share: 0.8}
			},
			[]string{"The tier's maximum holds the target at 900 kbps for 80 % of the session while the estimate is 4.10 Mbps"},
		},
		"flat media": {
			func(s *session.Summary) {
				s.Capped = session.Capped{Present: true, Inferred: true, Ceiling: 900 * bwe.Kbps, Estimate: 4100 * bwe.Kbps, Share: 0.8}
			},
			[]string{"The media stays at 900 kbps", "or what there is to send"},
		},
		"no target": {
			func(s *session.Summary) { s.Unknown = []string{"target"} },
			[]string{"The estimate does not swing. No target was recorded"},
		},
		"poor path": {
			func(s *session.Summary) {
				s.Path = troubled(session.Sparse, session.NeverSent)
				s.Path.LowBandwidth = true
				s.Metrics.FeedbackNeverSent = new(0.02)
			},
			[]string{"gives poor feedback (it comes only every 100 ms on average; 2.0 % of what it reports are packets that were never sent), and carries little."},
		},
		"poor feedback": {
			func(s *session.Summary) {
				s.Path = troubled(session.Silent, session.Unreported)
				s.Metrics.FeedbackSilent, s.Metrics.FeedbackUnreported = new(0.25), new(0.08)
			},
			[]string{"gives poor feedback (for 25 % of the session it is waited for too long; it never names 8.0 % of the packets sent)."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := session.Summary{Duration: 95, Metrics: session.Metrics{RTT: new(50.0), Loss: new(0.002), Received: new(2 * bwe.Mbps), FeedbackInterval: new(100.0)}}
			c.change(&s)
			said := session.Describe(s)
			require.LessOrEqual(t, len(said), 5)
			for _, want := range c.want {
				require.Contains(t, strings.Join(said, "\n"), want)
			}
			require.Contains(t, said[len(said)-1], "In 95 s, 2.00 Mbps arrived")
		})
	}
}

func episode(n int64, total, longest, at float64) session.Episode {
	return session.Episode{Count: new(n), Total: new(total), Longest: new(longest), At: new(at)}
}

func TestLongSessionsAreToldInMinutes(t *testing.T) {
	for length, want := range map[float64]string{9.96: "In 10.0 s,", 599: "In 599 s,", 600: "In 10 min,", 86_400: "In 1440 min,"} {
		require.Contains(t, session.Describe(session.Summary{Duration: length})[1], want)
	}
}
