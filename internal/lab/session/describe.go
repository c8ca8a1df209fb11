// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"fmt"
	"strings"
)

// Describe says in plain words what was found, with figures and what to do about it: a
// sentence or two for each finding, the gravest first.
func Describe(s Summary) []string {
	if s.Error != "" {
		return []string{"The session could not be judged: " + s.Error + "."}
	}
	var out []string
	if s.Estimate.Oscillates {
		out = append(out, describeEstimate(&s))
	}
	if s.Target.Oscillates {
		out = append(out, describeTarget(&s))
	}
	if s.Capped.Present {
		out = append(out, describeCap(&s.Capped))
	}
	if len(out) == 0 {
		out = append(out, describeHealthy(&s))
	}
	if s.Episodes.Any() {
		out = append(out, describeEpisodes(&s.Episodes))
	}

	return append(out, describePath(&s))
}

func swing(period, depth, share float64) string {
	return fmt.Sprintf("swings every %s by %s, for %s of the session", seconds(period), percent(depth), percent(share))
}

func describeEstimate(s *Summary) string {
	e := &s.Estimate
	head := "The estimate " + swing(e.Period, e.Depth, e.Share)
	switch e.Cause {
	case Congestion:
		return head + ". A queue stands before its falls, so that the path is full then: either the sender climbs beyond what the path carries" +
			" again and again, or other traffic comes and goes. Slower climbs, or a ceiling below the rate at which it falls, cure the former."
	case Loss:
		return head + fmt.Sprintf(". Packets are lost before its falls while no queue stands (%s in all): the sender gives way to loss that a lower"+
			" rate does not cure. Retransmission or FEC, and a response to loss that knows the path's usual loss, help.", percentOf(s.Metrics.Loss))
	case Overuse, NoCause:
		reason := "variations of delay"
		if s.Path.Jittery {
			reason = "jitter"
		}

		return head + fmt.Sprintf(", although no queue stands before its falls and round-trip time (%s) and loss (%s) are no reason for them:"+
			" the delay detector takes %s for congestion. Smoothing of the estimate, or a detector that knows the path's jitter, helps.",
			millis(s.Metrics.RTT), percentOf(s.Metrics.Loss), reason)
	default:
		return head + "."
	}
}

func describeTarget(s *Summary) string {
	t := &s.Target
	head := "The target " + swing(t.Period, t.Depth, t.Share)
	switch {
	case t.Alone:
		return head + " though the estimate does not: the rate controller does it by itself. Look at its tier switches, its hysteresis and its smoothing."
	case s.Estimate.Oscillates:
		return head + " and takes the picture along: it follows the estimate. Smoothing of the target keeps the swing from the encoder."
	default:
		return head + ". The recording has no estimate to tell whether it follows one."
	}
}

func describeCap(c *Capped) string {
	if c.Inferred {
		return fmt.Sprintf("The media stays at %v for %s of the session while the estimate is %v: not the path holds it down but the encoder's"+
			" maximum or what there is to send. If the picture should be better, raise that maximum.",
			c.Ceiling, percent(c.Share), c.Estimate)
	}

	return fmt.Sprintf("The tier's maximum holds the target at %v for %s of the session while the estimate is %v: the path would carry a better"+
		" picture. Raise the tier's maximum, or allow a higher tier.", c.Ceiling, percent(c.Share), c.Estimate)
}

func describeHealthy(s *Summary) string {
	switch len(s.Unknown) {
	case 0:
		return "Neither the estimate nor the target swings, and no ceiling holds the media down."
	case 1:
		known := "estimate"
		if s.Unknown[0] == known {
			known = "target"
		}

		return fmt.Sprintf("The %s does not swing. No %s was recorded, so nothing is said of one.", known, s.Unknown[0])
	default:
		return "The recording has neither estimates nor targets, so that only the path can be judged."
	}
}

func describePath(s *Summary) string {
	m := &s.Metrics
	var traits []string
	add := func(is bool, format string, args ...any) {
		if is {
			traits = append(traits, fmt.Sprintf(format, args...))
		}
	}
	add(s.Path.FeedbackTrouble, "gives poor feedback%s", describeFeedback(s))
	add(s.Path.Lossy, "loses packets though no queue stands (%s in all)", percentOf(m.Loss))
	add(s.Path.Jittery, "has jitter (delay of %s in the middle and %s at the 95th percentile)", millis(m.Delay50), millis(m.Delay95))
	add(s.Path.LowBandwidth, "carries little")
	arrived := unknownWord
	if m.Received != nil {
		arrived = m.Received.String()
	}
	head := fmt.Sprintf("In %s, %s arrived", seconds(s.Duration), arrived)
	if len(traits) == 0 {
		format := " over a path of %s of round trip, with %s of loss."
		if untroubled(s) {
			format = " over a path without trouble: %s of round trip, %s of loss."
		}

		return head + fmt.Sprintf(format, millis(m.RTT), percentOf(m.Loss))
	}

	return head + " over a path that " + strings.Join(traits, ", and ") + "."
}

// littleLoss is the share of packets that is no trouble where no burst is among them.
const littleLoss = 0.01

// untroubled tells that nothing at all speaks against a path that has no trait.
func untroubled(s *Summary) bool {
	congested := s.Estimate.Cause == Congestion || s.Estimate.Cause == Loss
	lossy := s.Metrics.Loss != nil && *s.Metrics.Loss >= littleLoss

	return !s.Episodes.Any() && !congested && !lossy
}

// describeFeedback names what is wrong with the feedback, with its figures.
func describeFeedback(s *Summary) string {
	m := &s.Metrics
	var parts []string
	for _, reason := range s.Path.FeedbackReasons {
		switch reason {
		case Silent:
			parts = append(parts, fmt.Sprintf("for %s of the session it is waited for too long", percentOf(m.FeedbackSilent)))
		case Sparse:
			parts = append(parts, fmt.Sprintf("it comes only every %s on average", millis(m.FeedbackInterval)))
		case Unreported:
			parts = append(parts, fmt.Sprintf("it never names %s of the packets sent", percentOf(m.FeedbackUnreported)))
		case NeverSent:
			parts = append(parts, fmt.Sprintf("%s of what it reports are packets that were never sent", percentOf(m.FeedbackNeverSent)))
		}
	}
	if len(parts) == 0 {
		return ""
	}

	return " (" + strings.Join(parts, "; ") + ")"
}

// unknownWord stands for a figure that is unknown.
const unknownWord = "unknown"

func millis(v *float64) string {
	if v == nil {
		return unknownWord
	}

	return fmt.Sprintf("%.0f ms", *v)
}

func percentOf(share *float64) string {
	if share == nil {
		return unknownWord
	}

	return percent(*share)
}

func seconds(s float64) string {
	if s < 10 {
		return fmt.Sprintf("%.1f s", s)
	}

	if s < 600 {
		return fmt.Sprintf("%.0f s", s)
	}

	return fmt.Sprintf("%.0f min", s/60)
}

func percent(share float64) string {
	if share > 0 && share < 0.0995 {
		return fmt.Sprintf("%.1f %%", share*100)
	}

	return fmt.Sprintf("%.0f %%", share*100)
}
