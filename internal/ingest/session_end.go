// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"encoding/json"
	"time"
)

// end begins the end of a session, once; done tells when it is over. With drain, what
// is under way from the pusher is waited for.
func (s *session) end(reason string, drain bool) {
	s.endOnce.Do(func() {
		s.mu.Lock()
		s.endReason = reason
		s.mu.Unlock()
		go s.finish(drain)
	})
}

// finish takes the session down, in an order in which every packet that arrived still
// gets into its frame and the recording.
func (s *session) finish(drain bool) {
	defer close(s.done)
	if drain {
		s.drain()
	}
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	close(s.quit)
	<-s.runDone
	s.closeConnection()
	s.settle()
	s.retire()
}

// settle makes the counts and the recording final.
func (s *session) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.streams {
		r.flush(time.Now())
		r.freezes.until(s.lastPacket)
	}
	if s.recorder != nil {
		if err := s.recorder.close(); err != nil {
			s.log.Errorf("session %s: %v", s.id, err)
		}
	}
	s.closeDump()
	s.state, s.ended = StateEnded, time.Now()
	if summary, err := json.Marshal(s.snapshot()); err == nil {
		s.log.Infof("session ended: %s", summary)
	}
}

// drain waits until the pusher is silent and nothing is missing that may still come.
func (s *session) drain() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	begun := time.Now()
	for {
		<-timer.C
		s.mu.Lock()
		now := time.Now()
		silence := min(now.Sub(s.lastPacket), now.Sub(begun))
		waits := false
		for _, r := range s.streams {
			waits = waits || r.buffer.waits(now)
		}
		s.mu.Unlock()
		if silence >= drainQuiet && !waits || now.Sub(begun) >= s.cfg.JitterDelay+drainQuiet {
			return
		}
		timer.Reset(max(drainQuiet-silence, drainQuiet/10))
	}
}

// closeConnection closes the connection and waits for the readers, within bounds.
func (s *session) closeConnection() {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		if err := s.pc.GracefulClose(); err != nil {
			s.log.Debugf("session %s: closing the connection: %v", s.id, err)
		}
		s.readers.Wait()
	}()
	timeout := time.NewTimer(closeTimeout)
	defer timeout.Stop()
	select {
	case <-closed:
	case <-timeout.C:
		s.log.Errorf("session %s: the connection did not close within %v", s.id, closeTimeout)
	}
}

// snapshotNow returns a snapshot of the session.
func (s *session) snapshotNow() SessionStats {
	s.mu.Lock()
	defer s.mu.Unlock()

	return s.snapshot()
}

// snapshot is snapshotNow with the lock held.
func (s *session) snapshot() SessionStats {
	now := time.Now()
	if s.state == StateEnded {
		now = s.ended
	}
	out := SessionStats{
		ID: s.id, Stream: s.stream, State: s.state, StartedAt: s.start,
		DurationSeconds: now.Sub(s.start).Seconds(),
		PacketsIgnored:  s.ignored,
		Tracks:          make([]TrackStats, 0, len(s.streams)),
		RTTMS:           float64(s.rtt()) / float64(time.Millisecond),
	}
	if s.state == StateEnded {
		out.EndReason = s.endReason
	}
	var freeze, longest time.Duration
	for _, r := range s.streams {
		r.stats.JitterDelayMS = float64(r.playout.delay()) / float64(time.Millisecond)
		r.stats.FramesHeld = len(r.playout.held)
		out.add(&r.stats)
		out.RRTRs += r.rrtr.sent
		out.DLRRs += r.rrtr.answers
		m := r.freezes
		if s.state == StateLive {
			m.until(now)
		}
		n, total, most := m.sum()
		out.Freezes += n
		freeze += total
		longest = max(longest, most)
	}
	out.FreezeMS, out.LongestFreezeMS = freeze.Milliseconds(), longest.Milliseconds()
	if r := s.recorder; r != nil {
		out.FramesBeforeKey, out.TimestampsAdjusted = r.skipped, r.adjusted
		out.Players, out.PlayersDropped = len(r.players.players), r.players.dropped
		if f := r.file; f != nil {
			out.Record, out.RecordedFrames = f.path, f.written
			if f.err != nil {
				out.RecordError = f.err.Error()
			}
		}
	}

	return out
}
