// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

// Estimator turns sent packets and feedback into an estimate of what the path
// carries. It is not safe for concurrent use.
type Estimator struct {
	cfg     Config
	observe Observer
	update  Update
}

// New returns an estimator that starts at now. It fails where cfg is invalid.
func New(cfg Config, now Time) (*Estimator, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}

	return &Estimator{cfg: cfg, observe: func(Event) {}, update: Update{At: now, Estimate: cfg.StartBitrate, PacingRate: cfg.StartBitrate * 2}}, nil
}

// SetObserver sends the estimator's internal events (detector states, probes,
// oscillation) to o from now on; nil stops them.
func (e *Estimator) SetObserver(o Observer) {
	if o == nil {
		o = func(Event) {}
	}
	e.observe = o
}

// SetConfig replaces the configuration; what was learnt of the path stays. It
// fails, changing nothing, where cfg is invalid.
func (e *Estimator) SetConfig(cfg Config, now Time) (Update, error) {
	if err := cfg.Validate(); err != nil {
		return e.update, err
	}
	e.cfg = cfg
	e.update.At = now

	return e.update, nil
}

// OnSent records a packet that left for the wire. Sequence numbers that do not
// grow are ignored.
func (e *Estimator) OnSent(p SentPacket) {}

// OnFeedback takes in one transport feedback message.
func (e *Estimator) OnFeedback(f Feedback) Update { e.update.At = f.At; return e.update }

// OnREMB takes in a receiver-side estimate.
func (e *Estimator) OnREMB(r REMB) Update { e.update.At = r.At; return e.update }

// OnTimer lets time pass. Calling it early or often is harmless.
func (e *Estimator) OnTimer(now Time) Update { e.update.At = now; return e.update }

// NextTimer returns when OnTimer wants to be called next, [Never] for not at all.
func (e *Estimator) NextTimer() Time { return e.update.At.Add(25_000_000) }

// Latest returns the last update again, without its probes.
func (e *Estimator) Latest() Update { u := e.update; u.Probes = nil; return u }
