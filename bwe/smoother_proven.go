// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

const (
	// ackedMean is the time constant of the mean of the acknowledged throughput: over
	// a dozen frames, whose sizes differ.
	ackedMean = 400 * time.Millisecond
	// provenWindow is how long a throughput stays proven.
	provenWindow  = 60 * time.Second
	provenBuckets = 12
)

// provenRate is the highest mean throughput, in bits per second, that the path has
// lately carried without a queue or more loss than usual. It is BBR's windowed
// maximum of the delivery rate (draft-ietf-ccwg-bbr, section 5.5), taken only where
// the path was healthy.
type provenRate struct {
	acked   float64
	buckets [provenBuckets]float64
	since   Time
}

// add takes in the acknowledged throughput of the time since the last feedback.
func (p *provenRate) add(now Time, acked Bitrate, elapsed time.Duration, healthy bool) {
	p.acked += float64(float64(elapsed) / float64(elapsed+ackedMean) * (float64(max(acked, 0)) - p.acked))
	const width = provenWindow / provenBuckets
	if now < p.since || now.Sub(p.since) > provenWindow+width {
		p.since, p.buckets = now, [provenBuckets]float64{}
	}
	for now.Sub(p.since) > width {
		p.since = p.since.Add(width)
		copy(p.buckets[1:], p.buckets[:provenBuckets-1])
		p.buckets[0] = 0
	}
	if healthy {
		p.buckets[0] = max(p.buckets[0], p.acked)
	}
}

func (p *provenRate) most() float64 {
	most := 0.0
	for _, v := range p.buckets {
		if v > most {
			most = v
		}
	}

	return most
}

// atMost takes back what lies above rate.
func (p *provenRate) atMost(rate float64) {
	for i := range p.buckets {
		p.buckets[i] = min(p.buckets[i], rate)
	}
}
