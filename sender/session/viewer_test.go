// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/ingest"
)

// viewer notes when the ingest gives out each decodable picture of a stream of 30 a
// second, and tells what a player behind it shows.
type viewer struct {
	begin time.Time
	// late is how much later each picture came than at an even pace from begin.
	late []time.Duration

	quit, done chan struct{}
}

// viewerStep is the resolution of the times.
const viewerStep = 5 * time.Millisecond

// watch looks at the first session of an ingest until stop.
func watch(server *ingest.Server) *viewer {
	v := &viewer{begin: time.Now(), quit: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(v.done)
		ticker := time.NewTicker(viewerStep)
		defer ticker.Stop()
		for {
			select {
			case <-v.quit:
				return
			case <-ticker.C:
				v.look(server)
			}
		}
	}()

	return v
}

func (v *viewer) stop() {
	close(v.quit)
	<-v.done
}

func (v *viewer) look(server *ingest.Server) {
	for _, s := range server.Sessions() {
		for _, t := range s.Tracks {
			if t.Kind == "video" {
				v.count(int(t.FramesDecodable), time.Now()) //nolint:gosec // a few thousand
			}
		}
	}
}

func (v *viewer) count(pictures int, now time.Time) {
	for len(v.late) < pictures {
		v.late = append(v.late, now.Sub(v.begin)-time.Duration(len(v.late))*time.Second/30)
	}
}

// freezes returns how often, and for how long in all, a picture stood for more than
// 200 ms too long at a player that begins with so much in store, and that shows
// everything later by what it had to wait.
func (v *viewer) freezes(store time.Duration) (count int, stood time.Duration) {
	if len(v.late) == 0 {
		return 0, 0
	}
	due := v.late[0] + store
	for _, late := range v.late {
		if wait := late - due; wait > 0 {
			due = late
			if wait > 200*time.Millisecond-time.Second/30 {
				count++
				stood += wait
			}
		}
	}

	return count, stood
}

// needs returns the store with which no picture is late.
func (v *viewer) needs() time.Duration {
	most := time.Duration(0)
	for _, late := range v.late {
		most = max(most, late-v.late[0])
	}

	return most
}

func TestViewer(t *testing.T) {
	v := &viewer{begin: time.Now()}
	at := v.begin
	for i := range 60 {
		if at = at.Add(time.Second / 30); i == 30 {
			at = at.Add(500 * time.Millisecond)
		}
		v.count(i+1, at)
	}
	require.InDelta(t, 0.5, v.needs().Seconds(), 0.001)
	for _, c := range []struct {
		store time.Duration
		count int
		stood float64
	}{{0, 1, 0.5}, {300 * time.Millisecond, 1, 0.2}, {400 * time.Millisecond, 0, 0}, {500 * time.Millisecond, 0, 0}} {
		count, stood := v.freezes(c.store)
		require.Equal(t, c.count, count, "store %v", c.store)
		require.InDelta(t, c.stood, stood.Seconds(), 0.001)
	}
}
