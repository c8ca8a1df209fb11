// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender/signalling"
)

// tally counts over all the connections of a push. It is safe for concurrent use.
type tally struct {
	mu     sync.Mutex
	began  time.Time
	total  Summary
	number int
	state  ConnectionState
	warned []string
}

// maxICEServers bounds what a server can make the next connection use.
const maxICEServers = 8

func (p *push) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began = time.Now()
}

func (p *push) reconnected() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total.Reconnects++
}

func (p *push) sent(kind ratecontrol.MediaKind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total.FramesSent++
	if kind == ratecontrol.Video {
		p.total.VideoFramesSent++
	} else {
		p.total.AudioFramesSent++
	}
}

func (p *push) dropped(kind ratecontrol.MediaKind, reason ratecontrol.DropReason, size int) {
	p.mu.Lock()
	p.total.FramesDropped++
	if p.total.Drops == nil {
		p.total.Drops = map[ratecontrol.DropReason]uint64{}
	}
	p.total.Drops[reason]++
	p.mu.Unlock()
	p.events.emit(func(now bwe.Time) bwe.Event {
		return &FrameDrop{At: now, Kind: kind, Reason: reason, Size: size}
	})
}

func (p *push) keyFrameRequest() {
	p.mu.Lock()
	p.total.KeyFrameRequests++
	p.mu.Unlock()
	p.demands.keyFrame()
	p.events.emit(func(now bwe.Time) bwe.Event { return &KeyFrameRequest{At: now} })
}

// rendition keeps what the source sends now, and tells of the change.
func (p *push) rendition(name string) {
	p.mu.Lock()
	former := p.total.Rendition
	p.total.Rendition = name
	if former != "" {
		p.total.RenditionSwitches++
	}
	p.mu.Unlock()
	p.events.emit(func(now bwe.Time) bwe.Event { return &RenditionChange{At: now, From: former, To: name} })
}

// setState keeps the state of the newest connection.
func (p *push) setState(number int, state ConnectionState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if number >= p.number {
		p.number, p.state = number, state
	}
}

// keep takes over the counters of a connection that frames no longer go to.
func (p *push) keep(conn *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := conn.sender.Stats()
	p.total.addCounters(&st)
	p.total.setLive(&st)
	p.live.Store(nil)
}

// summary returns the present state of all counters.
func (p *push) summary() Summary {
	s, _ := p.snapshot()

	return s
}

func (p *push) snapshot() (Summary, Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.total
	s.Drops = maps.Clone(s.Drops)
	if !p.began.IsZero() {
		s.DurationS = time.Since(p.began).Seconds()
	}
	status := Status{State: p.state}
	if conn := p.live.Load(); conn != nil {
		st := conn.sender.Stats()
		s.addCounters(&st)
		s.setLive(&st)
		status.SentBitrate = st.SentBitrate
	}
	status.Summary = s

	return s, status
}

// reportStatus calls OnStatus once a second until ctx ends.
func (p *push) reportStatus(ctx context.Context) {
	if p.o.OnStatus == nil {
		return
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_, status := p.snapshot()
			p.o.OnStatus(status)
		case <-ctx.Done():
			return
		}
	}
}

// warn tells log and observer.
func (p *push) warn(text string) {
	p.log.Warn(text)
	p.events.emit(func(now bwe.Time) bwe.Event { return &Warning{At: now, Text: text} })
}

// warnOnce warns of what each connection would say again.
func (p *push) warnOnce(text string) {
	p.mu.Lock()
	known := slices.Contains(p.warned, text)
	if !known {
		p.warned = append(p.warned, text)
	}
	p.mu.Unlock()
	if !known {
		p.warn(text)
	}
}

// learnICEServers keeps what the server named for the next connection, as it comes
// too late for the present one.
func (p *push) learnICEServers(remote signalling.Session) {
	if named := remote.ICEServers(); len(named) > 0 {
		named = named[:min(len(named), maxICEServers)]
		p.iceServers = append(append([]webrtc.ICEServer{}, p.o.ICEServers...), named...)
	}
}
