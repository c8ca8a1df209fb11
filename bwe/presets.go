// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// Default returns the configuration that rtmcc recommends.
func Default() Config {
	c := GCC()
	c.Capacity.Enabled, c.Response.Enabled, c.Evidence.Enabled = true, true, true
	// The estimate reads what the path carries: more than that only fills the pacer, of
	// which the path shows nothing.
	c.Smoother.Margin = 0.01

	return c
}

// GCC returns a configuration that does what draft-ietf-rmcat-gcc and libwebrtc do,
// as a baseline to compare with: no evidence before a cut, plain trendline, AIMD.
func GCC() Config {
	return Config{
		MinBitrate: 30 * Kbps, StartBitrate: 300 * Kbps, MaxBitrate: 20 * Mbps,
		Capacity: CapacityConfig{
			Headroom: 0.965, JitterCost: 1, JitterHeadroom: 0.02, Pace: 1.5, FairPace: 4 * Mbps, MaxBoost: 3, Busy: 1.2,
			QueueSlack: 2 * time.Millisecond, Precision: 0.03, MinMemory: 60 * time.Millisecond, MaxMemory: 3 * time.Second,
			Unsaturated: 0.92, BlindGrowth: 2, MinPairs: 20, FillTime: 150 * time.Millisecond, FillInterval: 400 * time.Millisecond, LimitedInterval: 5 * time.Second,
			WindowSlack: 20 * time.Millisecond, Floor: 50 * Kbps,
		},
		Queue: QueueConfig{
			BaseWindow: 30 * time.Second, CleanJitter: 2 * time.Millisecond, JitterWindow: 150 * time.Millisecond,
			Margin: 5 * time.Millisecond, OwnMargin: 12 * time.Millisecond, LossQueue: 10 * time.Millisecond, DrainTime: 250 * time.Millisecond,
		},
		Response: ResponseConfig{
			Persistence: 300 * time.Millisecond, Margin: 10 * time.Millisecond,
			TestTime: 300 * time.Millisecond, TestTimeout: time.Second, Tests: 2, TestRate: 0.92, TestPace: 0.95, DrainPace: 0.8, Spread: 0.13,
			Drained: 0.4, Retest: 5 * time.Second,
			Bunched: 0.02, CrossJitter: 2 * time.Millisecond, ShakeTime: time.Second, Variation: 0.03,
			AllowanceFade: 200 * time.Second, AllowanceMemory: 10 * time.Second,
			BunchedTarget: 12 * time.Millisecond, Increase: 100 * Kbps, IncreaseScale: 3 * Mbps, Decrease: 14, Damping: 1.5,
			MinShare: 0.1, MaxShare: 10, AloneShare: 0.65, AloneJitter: time.Millisecond,
			VainShare: 0.9, VainTime: 8 * time.Second, VainDelay: 0.6, MaxJitter: 60 * time.Millisecond,
			StandingQueue: 35 * time.Millisecond, MaxBunched: 0.6, BunchedGrowth: 0.25, Linger: 30 * time.Second,
			CompetitorQueue: 80 * time.Millisecond, CompetitorTime: 4 * time.Second, CompetitorGone: 500 * time.Millisecond,
			LossBeta: 0.85, CutInterval: 200 * time.Millisecond, Recovery: 0.1,
		},
		Evidence: EvidenceConfig{Queue: 5 * time.Millisecond, MaxQueue: 100 * time.Millisecond},
		Trendline: TrendlineConfig{
			BurstInterval: 5 * time.Millisecond, MaxBurst: 100 * time.Millisecond, Smoothing: 0.9, Gain: 4, MaxGroups: 60,
			Threshold: 12500 * time.Microsecond, ThresholdUp: 0.0087, ThresholdDown: 0.039, OveruseTime: 10 * time.Millisecond,
		},
		AIMD: AIMDConfig{Beta: 0.85, Growth: 0.077},
		Loss: LossConfig{
			Enabled: true, High: 0.1, MinPackets: 20,
			Rise: 0.04, Cut: 0.15, TestTime: 600 * time.Millisecond, Recovery: 0.02,
		},
		Probe: ProbeConfig{
			Enabled: true, FirstScale: 3, SecondScale: 6, FurtherScale: 2, FurtherThreshold: 0.7, MinPackets: 5, Duration: 15 * time.Millisecond,
			MinReceived: 0.8, MaxRatio: 2, SaturatedRatio: 0.9, Backoff: 0.95,
			LimitedInterval: 5 * time.Second, LimitedScale: 2, LimitedUsage: 0.65, LimitedEnter: 0.8, LimitedLeave: 0.5,
			RecoveryDrop: 0.66, RecoveryScale: 0.85, RecoveryWindow: 5 * time.Second, RecoveryLimited: 3 * time.Second,
		},
		Feedback: FeedbackConfig{
			WriteOff: 2 * time.Second, NoFeedback: 2 * time.Second,
			BlindAfter: 100 * time.Millisecond, BlindShare: 0.75,
		},
		Pacing:   PacingConfig{Factor: 2.5},
		Smoother: DefaultSmoother(),
	}
}
