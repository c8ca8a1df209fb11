// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"slices"
	"sync/atomic"
)

const (
	// maxPlayers bounds the players of one session.
	maxPlayers = 64
	// playerBacklog is how many frames a player may lag behind, and playerBytes how
	// much they may take: ten seconds of video and audio at 25 Mbps.
	playerBacklog = 1024
	playerBytes   = 32 << 20
)

// broadcast gives one session's frames to the players that pull it, as FLV. It is not
// safe for concurrent use; the session's lock guards it.
type broadcast struct {
	flv     *flvStream
	players []*player
	dropped uint64
	closed  bool
}

// player is one that pulls. Its frames are shared with the others.
type player struct {
	frames chan []byte  // closed when no more come
	held   atomic.Int64 // bytes of them
	begun  bool
}

func newBroadcast(tracks []*recordTrack) *broadcast {
	return &broadcast{flv: newFLVStream(tracks)}
}

// join adds a player, which gets frames from the next key frame on. It returns nil where
// no more are taken.
func (b *broadcast) join() *player {
	if b.closed || len(b.players) == maxPlayers {
		return nil
	}
	p := &player{frames: make(chan []byte, playerBacklog)}
	b.players = append(b.players, p)

	return p
}

// leave takes a player out.
func (b *broadcast) leave(p *player) {
	b.players = slices.DeleteFunc(b.players, func(o *player) bool { return o == p })
}

// frame gives the next frame to the players, and lets those go that do not keep up.
func (b *broadcast) frame(f *timedFrame) {
	b.flv.learn(f)
	if len(b.players) == 0 {
		return
	}
	start := f.key && f.track.video() && b.flv.record != nil || b.flv.video == nil
	tag := b.flv.frame(nil, f)
	b.players = slices.DeleteFunc(b.players, func(p *player) bool {
		data := tag
		if !p.begun {
			if !start {
				return false
			}
			p.begun = true
			data = append(b.flv.begin(nil, f.dts), tag...)
		}
		if p.offer(data) {
			return false
		}
		b.dropped++
		close(p.frames)

		return true
	})
}

// offer hands a player a frame without waiting. It reports false where the player is
// too far behind.
func (p *player) offer(data []byte) bool {
	size := int64(len(data))
	if p.held.Add(size) > playerBytes {
		return false
	}
	select {
	case p.frames <- data:
		return true
	default:
		return false
	}
}

// close lets all players go, behind the frames that they have.
func (b *broadcast) close() {
	for _, p := range b.players {
		close(p.frames)
	}
	b.players, b.closed = nil, true
}
