// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package specimen_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/specimen"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// few is one specimen of each family.
const few = 36

func TestSpecimensAreReproducible(t *testing.T) {
	a, b := specimen.Specimens(few, 5), specimen.Specimens(2*few, 5)
	for i := range a {
		require.Equal(t, a[i].Name, b[i].Name)
		require.Equal(t, a[i].Scenario, b[i].Scenario)
		require.Equal(t, a[i].Seed, b[i].Seed)
		require.NotEqual(t, a[i].Scenario, b[i+few].Scenario)
		require.NoError(t, a[i].Scenario.Validate(), a[i].Name)
		length := a[i].Scenario.Duration.Std().Seconds()
		require.True(t, length >= 60 && length <= 180, a[i].Name)
	}
	require.NotEqual(t, a[0].Scenario, specimen.Specimens(1, 6)[0].Scenario)
}

func TestEverySpecimenPlaysAlikeTwice(t *testing.T) {
	for i, s := range specimen.Specimens(few, 9) {
		if i%6 != 0 {
			continue
		}
		one, label := digest(t, &s)
		two, again := digest(t, &s)
		require.Equal(t, one, two, s.Name)
		require.Equal(t, label, again, s.Name)
	}
}

func digest(t *testing.T, s *specimen.Specimen) (uint64, specimen.Label) {
	h := fnv.New64a()
	label, err := s.Play(t.Context(), func(ev bwe.Event) {
		switch e := ev.(type) {
		case *bwe.Update:
			_, _ = fmt.Fprint(h, e.At, e.Estimate)
		case *ratecontrol.Decision:
			_, _ = fmt.Fprint(h, e.At, e.Target, e.Limit)
		case *bwe.Feedback:
			_, _ = fmt.Fprint(h, e.At, len(e.Results))
		}
	})
	require.NoError(t, err)

	return h.Sum64(), label
}

func TestAScriptIsWhatTheRecordingShows(t *testing.T) {
	all := specimen.Specimens(few, 2)
	s := all[slices.IndexFunc(all, func(s specimen.Specimen) bool { return s.Family == "target-alone" })]
	var least, most, lowTarget, highTarget bwe.Bitrate
	sent := int64(0)
	label, err := s.Play(t.Context(), func(ev bwe.Event) {
		switch e := ev.(type) {
		case *bwe.Update:
			if least == 0 {
				least = e.Estimate
			}
			least, most = min(least, e.Estimate), max(most, e.Estimate)
		case *ratecontrol.Decision:
			if lowTarget == 0 {
				lowTarget = e.Target
			}
			lowTarget, highTarget = min(lowTarget, e.Target), max(highTarget, e.Target)
		case *bwe.SentPacket:
			sent += int64(e.Size)
		}
	})
	require.NoError(t, err)
	require.Equal(t, specimen.Yes, label.TargetAlone)
	require.Less(t, most, least*4/3, "the estimate stays")
	require.Less(t, lowTarget, highTarget*17/20, "the target swings")
	rate := bwe.RateOf(sent, s.Scenario.Duration.Std())
	require.True(t, rate > lowTarget/2 && rate < highTarget, "what is sent follows the target, not the estimate: %v", rate)
}

func TestPlayingEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := specimen.Specimens(1, 1)[0].Play(ctx, func(bwe.Event) {})
	require.ErrorIs(t, err, context.Canceled)
}

func TestCausesGoWithSwingsOnly(t *testing.T) {
	for _, s := range specimen.Specimens(few, 3) {
		label, err := s.Play(t.Context(), func(bwe.Event) {})
		require.NoError(t, err)
		if label.Estimate != specimen.Yes {
			require.Equal(t, session.NoCause, label.Cause, s.Name)
		}
		if label.TargetAlone == specimen.Yes {
			require.Equal(t, specimen.Yes, label.Target, s.Name)
			require.Equal(t, specimen.No, label.Estimate, s.Name)
		}
	}
}
