// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// outcome names what became of a packet in the log.
type outcome string

const (
	outcomeDelivered  outcome = "delivered"
	outcomeRefused    outcome = "refused"
	outcomeQueue      outcome = "queue"
	outcomeLoss       outcome = "loss"
	outcomeOutage     outcome = "outage"
	outcomeUnfinished outcome = "unfinished"
)

// logHeader is the first line of a log (docs/link.md).
const logHeader = "sent_ms,direction,size,queue_ms,outcome,due_ms,out_ms\n"

const (
	// logBlock is how much is written at a time, and logBlocks how many such blocks may
	// wait for a slow disk.
	logBlock  = 64 << 10
	logBlocks = 64
	// longestRow is more than a row can be.
	longestRow = 160
)

// packetLog writes rows on a goroutine of its own, so that a slow disk never holds up
// a packet: rows that find no room are left out and counted. A nil one does nothing.
type packetLog struct {
	// block collects rows; nil while every block waits to be written.
	block []byte
	full  chan []byte
	empty chan []byte
	lost  atomic.Uint64
	done  sync.WaitGroup
	// err is the writer's first error, of the goroutine until done.
	err error
}

func newPacketLog(w io.Writer) *packetLog {
	l := &packetLog{full: make(chan []byte, logBlocks), empty: make(chan []byte, logBlocks)}
	for range logBlocks - 1 {
		l.empty <- make([]byte, 0, logBlock)
	}
	l.block = append(make([]byte, 0, logBlock), logHeader...)
	l.done.Go(func() {
		for block := range l.full {
			if l.err == nil {
				_, l.err = w.Write(block)
			}
			l.empty <- block[:0]
		}
	})

	return l
}

// row notes what became of a packet. Times of zero are left empty.
func (l *packetLog) row(p *packet, result outcome, queued time.Duration, due, out bwe.Time) {
	if l == nil {
		return
	}
	if l.block == nil {
		select {
		case l.block = <-l.empty:
		default:
			l.lost.Add(1)

			return
		}
	}
	b := appendMillis(l.block, time.Duration(p.entered))
	b = append(b, ',')
	b = append(b, p.direction.String()...)
	b = append(b, ',')
	b = strconv.AppendInt(b, int64(p.size), 10)
	b = append(b, ',')
	b = appendMillis(b, queued)
	b = append(b, ',')
	b = append(b, result...)
	b = append(b, ',')
	if due > 0 {
		b = appendMillis(b, time.Duration(due))
	}
	b = append(b, ',')
	if out > 0 {
		b = appendMillis(b, time.Duration(out))
	}
	l.block = append(b, '\n')
	if len(l.block)+longestRow > logBlock {
		l.flush()
	}
}

// flush hands the block to the writer; there is room for every block.
func (l *packetLog) flush() {
	l.full <- l.block
	l.block = nil
}

func (l *packetLog) rowsLost() uint64 {
	if l == nil {
		return 0
	}

	return l.lost.Load()
}

// close writes what is left and returns the first error of the writer.
func (l *packetLog) close() error {
	if l == nil {
		return nil
	}
	if l.block != nil {
		l.flush()
	}
	close(l.full)
	l.done.Wait()
	if l.err != nil {
		return fmt.Errorf("packet log: %w", l.err)
	}

	return nil
}

// appendMillis appends d in milliseconds with three decimals.
func appendMillis(b []byte, d time.Duration) []byte {
	us := d.Microseconds()
	b = strconv.AppendInt(b, us/1000, 10)
	rest := us % 1000

	return append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
}
