// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// interArrival groups packets that were sent in one burst and compares each
// complete group with the one before it (draft-ietf-rmcat-gcc section 5.2,
// libwebrtc InterArrivalDelta). A group is bounded both in send time and in total
// length, so that groups close on a standing queue too.
type interArrival struct {
	cfg      *TrendlineConfig
	cur, old group
	// backwards counts groups in a row that arrived before those sent ahead of them.
	backwards int
}

// group is a burst of packets.
type group struct {
	packets             int
	firstSent, lastSent Time
	firstRecv, lastRecv Time
}

// maxGroupGap is the receive-time jump that is taken for a reset of the receiver's
// clock (libwebrtc kArrivalTimeOffsetThreshold).
const maxGroupGap = 3 * time.Second

// maxBackwards is how many groups may arrive out of order before all is begun anew
// (libwebrtc kReorderedResetThreshold).
const maxBackwards = 3

// add takes in one acknowledged packet. When that completes a group, it returns
// how send and receive times moved between the last two complete groups.
func (a *interArrival) add(sent, recv Time) (sendDelta, recvDelta time.Duration, ok bool) {
	switch {
	case a.cur.packets == 0:
	case sent < a.cur.firstSent:
		// Out of order.
		return 0, 0, false
	case a.closes(sent, recv):
		if a.old.packets > 0 {
			sendDelta = a.cur.lastSent.Sub(a.old.lastSent)
			recvDelta = a.cur.lastRecv.Sub(a.old.lastRecv)
			if recvDelta-sendDelta > maxGroupGap || sendDelta-recvDelta > maxGroupGap {
				*a = interArrival{cfg: a.cfg}

				break
			}
			if recvDelta < 0 {
				if a.backwards++; a.backwards >= maxBackwards {
					*a = interArrival{cfg: a.cfg}
				}

				return 0, 0, false
			}
			a.backwards, ok = 0, true
		}
		a.old, a.cur = a.cur, group{}
	}
	if a.cur.packets == 0 {
		a.cur = group{firstSent: sent, firstRecv: recv, lastSent: sent, lastRecv: recv}
	}
	a.cur.packets++
	a.cur.lastSent = max(a.cur.lastSent, sent)
	a.cur.lastRecv = max(a.cur.lastRecv, recv)

	return sendDelta, recvDelta, ok
}

// closes tells whether a packet belongs to the next group.
func (a *interArrival) closes(sent, recv Time) bool {
	if sent == a.cur.lastSent {
		return false
	}
	spread := recv.Sub(a.cur.lastRecv)
	propagation := spread - sent.Sub(a.cur.lastSent)
	if propagation < 0 && spread <= a.cfg.BurstInterval && recv.Sub(a.cur.firstRecv) < a.cfg.MaxBurst {
		return false
	}

	return sent.Sub(a.cur.firstSent) > a.cfg.BurstInterval
}
