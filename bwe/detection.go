// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// Detection is what the delay-based part of an estimator goes by, for plots and tests.
type Detection struct {
	// Trend is the signal that is compared with Threshold. Under the trendline detector it
	// is its modified trend, which may be negative (libwebrtc TrendlineEstimator); else the
	// standing queueing delay against [ResponseConfig.Margin].
	Trend     time.Duration
	Threshold time.Duration
	// DelayBased is the estimate before loss is taken into account. Under the trendline
	// detector that is [AIMDConfig]'s; else it is the path model's.
	DelayBased Bitrate
}

// Detection returns what the delay-based part goes by now.
func (e *Estimator) Detection() Detection {
	if e.cfg.Capacity.Enabled {
		return Detection{
			Trend: seconds(e.model.queue.least), Threshold: e.cfg.Response.Margin, DelayBased: Bitrate(e.model.target()),
		}
	}

	return Detection{
		Trend: seconds(e.gradient.trend.modified / 1000), Threshold: seconds(e.gradient.trend.threshold / 1000), DelayBased: Bitrate(e.gradient.aimd.rate),
	}
}
