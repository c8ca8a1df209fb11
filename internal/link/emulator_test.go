// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// virtual makes an emulator that can be used in a bubble of synctest.
func virtual(t *testing.T, cfg Config) *Emulator {
	t.Helper()
	e, err := newEmulator(cfg, func() (waiter, error) { return newTimerWaiter(), nil })
	require.NoError(t, err)

	return e
}

// oneLink is a scenario of an hour over one link each way.
func oneLink(l netsim.Link) *netsim.Scenario {
	return &netsim.Scenario{Name: "one", Duration: netsim.Duration(time.Hour), Forward: []netsim.Link{l}}
}

const (
	mbps        = netsim.Rate(bwe.Mbps)
	millisecond = netsim.Duration(time.Millisecond)
)

// arrival is a packet at a port.
type arrival struct {
	id int64
	at time.Duration
}

// port notes what it is sent, of which the first bytes are a number.
type port struct {
	since    time.Time
	arrivals []arrival
	err      error
}

func (p *port) Send(payload []byte) error {
	p.arrivals = append(p.arrivals, arrival{int64(binary.BigEndian.Uint32(payload)), time.Since(p.since)})

	return p.err
}

func numbered(id int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(id)) }

// offer is a packet and its time.
type offer struct {
	at        time.Duration
	direction netsim.Direction
	size      int
}

func offers(seed uint64, n int, span time.Duration) []offer {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]offer, n)
	for i := range out {
		out[i] = offer{time.Duration(r.Int64N(int64(span))), netsim.Direction(r.IntN(2)), 4 + r.IntN(1496)}
	}
	slices.SortFunc(out, func(a, b offer) int { return int(a.at - b.at) })

	return out
}

// model is the outcomes of a path that is played without a clock.
type model struct {
	arrivals []arrival
	dropped  map[int64]netsim.DropReason
}

func (m *model) Deliver(id int64, at bwe.Time, _ time.Duration) {
	m.arrivals = append(m.arrivals, arrival{id, time.Duration(at)})
}

func (m *model) Drop(id int64, _ bwe.Time, _ time.Duration, reason netsim.DropReason) {
	m.dropped[id] = reason
}

func TestEmulatorPlaysTheSimulatorsPath(t *testing.T) {
	names := []string{
		"steady-2m", "rfc8867-5.2-cbr", "rfc8867-6.3", "cellular-deep", "jitter-ou", "jitter-wifi", "jitter-reorder", "loss-burst",
		"feedback-late", "outage-2s", "outage-stall", "tcp-cubic",
	}
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			found, err := netsim.Select(name)
			require.NoError(t, err)
			scenario := found[0]
			scenario.Duration = netsim.Duration(35 * time.Second)
			// Long enough for what happens in the middle of the built-in ones.
			const span = 33 * time.Second
			seed := uint64(i + 1)
			all := offers(seed, 4000, span)
			want := model{dropped: map[int64]netsim.DropReason{}}
			path, err := netsim.NewPath(&scenario, seed, &want)
			require.NoError(t, err)
			for id, o := range all {
				path.Offer(bwe.Time(o.at), o.direction, o.size, int64(id))
			}
			path.Advance(bwe.Time(scenario.Duration) - 1)

			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				e := virtual(t, Config{Scenario: &scenario, Seed: seed, Log: &log})
				out := &port{since: time.Now()}
				ended := make(chan error, 1)
				go func() { ended <- e.Run(t.Context()) }()
				start := time.Now()
				for id, o := range all {
					time.Sleep(o.at - time.Since(start))
					e.Accept(o.direction, out, numbered(id), o.size)
				}
				require.NoError(t, <-ended)
				require.Equal(t, scenario.Duration.Std(), time.Since(start))
				require.Equal(t, want.arrivals, out.arrivals)

				s := e.Summary()
				require.InDelta(t, scenario.Duration.Std().Seconds(), s.DurationSeconds, 0)
				require.Zero(t, s.Forward.LateMax)
				require.Zero(t, s.Backward.LateMax)
				require.Equal(t, uint64(len(all)), s.Forward.Packets+s.Backward.Packets)
				require.Equal(t, uint64(len(want.arrivals)), s.Forward.Delivered+s.Backward.Delivered)
				checkLog(t, &log, all, want)
			})
		})
	}
}

// checkLog compares a log with what the model says.
func checkLog(t *testing.T, log io.Reader, all []offer, want model) {
	t.Helper()
	rows, err := csv.NewReader(log).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"sent_ms", "direction", "size", "queue_ms", "outcome", "due_ms", "out_ms"}, rows[0])
	require.Len(t, rows, 1+len(all))
	var dues []float64
	counts := map[string]int{}
	for _, row := range rows[1:] {
		counts[row[4]]++
		if row[4] == "delivered" {
			due, err := strconv.ParseFloat(row[5], 64)
			require.NoError(t, err)
			require.Equal(t, row[5], row[6])
			dues = append(dues, due)
		}
	}
	require.Len(t, dues, len(want.arrivals))
	for i, a := range want.arrivals {
		require.InDelta(t, float64(a.at)/1e6, dues[i], 0.001)
	}
	dropped := map[string]int{}
	for _, reason := range want.dropped {
		dropped[reason.String()]++
	}
	for _, reason := range []string{"queue", "loss", "outage"} {
		require.Equal(t, dropped[reason], counts[reason], reason)
	}
}

func TestTimeBeginsWithTheFirstPacket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scenario := oneLink(netsim.Link{Outages: []netsim.Window{{From: 10 * millisecond, To: 20 * millisecond}}})
		e := virtual(t, Config{Scenario: scenario, Duration: time.Second, WaitForPacket: true})
		out := &port{since: time.Now()}
		ended := make(chan error, 1)
		go func() { ended <- e.Run(t.Context()) }()
		time.Sleep(time.Hour)
		require.Zero(t, e.Summary().DurationSeconds)
		for id := range 3 {
			e.Accept(netsim.Forward, out, numbered(id), 100)
			time.Sleep(10 * time.Millisecond)
		}
		require.InDelta(t, 0.03, e.Summary().DurationSeconds, 0)
		require.NoError(t, <-ended)
		require.Equal(t, time.Hour+time.Second, time.Since(out.since))
		require.Equal(t, []arrival{{0, time.Hour}, {2, time.Hour + 20*time.Millisecond}}, out.arrivals)
		require.Equal(t, uint64(1), e.Summary().Forward.DroppedOutage)
	})
}

func TestEverythingIsAccountedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// 10 ms for a packet, and room for four.
		scenario := oneLink(netsim.Link{Capacity: netsim.Constant(mbps), QueueBytes: 5000})
		var log bytes.Buffer
		e := virtual(t, Config{Scenario: scenario, Log: &log})
		e.pool = newPool(10, maxBytes)
		out, broken := &port{since: time.Now()}, &port{err: errors.New("no")}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- e.Run(ctx) }()
		for id := range 12 {
			to := out
			if id == 1 {
				to = broken
			}
			e.Accept(netsim.Forward, to, numbered(id), 1250)
		}
		time.Sleep(35 * time.Millisecond)
		cancel()
		require.NoError(t, <-ended)
		e.Accept(netsim.Forward, out, numbered(0), 1250)
		got := e.Summary().Forward
		require.Equal(t, counts{Packets: 10, Bytes: 12_500, Delivered: 2, DeliveredBytes: 2500, DroppedQueue: 6, Refused: 1, Unfinished: 1}, got.counts)
		require.Equal(t, uint64(2), got.Overrun)
		require.InDelta(t, 10, got.Queue50, 0)
		require.InDelta(t, 10, got.Queue99, 0)
		require.NoError(t, e.Close())
		require.Contains(t, log.String(), "0.000,forward,1250,0.000,delivered,10.000,10.000\n")
		require.Contains(t, log.String(), "0.000,forward,1250,10.000,refused,20.000,20.000\n")
		require.Contains(t, log.String(), "0.000,forward,1250,0.000,queue,,\n")
		require.Contains(t, log.String(), "0.000,forward,1250,0.000,unfinished,,\n")
	})
}

func TestEmulatorRefuses(t *testing.T) {
	_, err := New(Config{Scenario: &netsim.Scenario{}})
	require.ErrorIs(t, err, netsim.ErrScenario)
	_, err = New(Config{Scenario: oneLink(netsim.Link{}), Duration: -time.Second})
	require.ErrorIs(t, err, netsim.ErrScenario)
}

func TestUnusedEmulatorCloses(t *testing.T) {
	e, err := New(Config{Scenario: oneLink(netsim.Link{}), Log: io.Discard})
	require.NoError(t, err)
	require.NoError(t, e.Close())
	require.NoError(t, e.Close())
	require.Error(t, e.Run(t.Context()))
}

func TestPoolBounds(t *testing.T) {
	l := newPool(3, 3*usualBuffer+largeBuffer)
	small, large := make([]byte, usualBuffer), make([]byte, usualBuffer+1)
	a := l.get(small)
	require.Equal(t, usualBuffer, cap(a.payload))
	b := l.get(large)
	require.Equal(t, largeBuffer, cap(b.payload))
	require.Nil(t, l.get(large))
	c := l.get(small)
	require.NotNil(t, c)
	require.Nil(t, l.get(small))
	l.put(b)
	require.Same(t, b, l.get(large))
	l.put(c)
	require.Nil(t, l.get(large), "its buffer cannot grow")
	require.Same(t, c, l.get(small))
}

func TestNothingIsAllocatedForAPacket(t *testing.T) {
	e := virtual(t, Config{Scenario: oneLink(netsim.Link{Capacity: netsim.Constant(100 * mbps), Loss: &netsim.Loss{Rate: 0.1}}), Log: io.Discard})
	e.begun = true
	payload := make([]byte, 1200)
	out := silent{}
	step := func() {
		e.Accept(netsim.Forward, out, payload, len(payload))
		e.Accept(netsim.Backward, out, payload, len(payload))
		e.exchange()
		for _, p := range e.batch {
			e.enter(p)
		}
		e.batch = e.batch[:0]
		e.path.Advance(e.path.Next())
	}
	for range 5000 {
		step()
	}
	require.Zero(t, testing.AllocsPerRun(5000, step))
	require.NoError(t, e.Close())
}

// silent is a port to nowhere.
type silent struct{}

func (silent) Send([]byte) error { return nil }

func BenchmarkPacket(b *testing.B) {
	e, err := New(Config{Scenario: oneLink(netsim.Link{Capacity: netsim.Constant(100_000 * mbps)}), Log: io.Discard})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	payload := make([]byte, 1200)
	for b.Loop() {
		e.Accept(netsim.Forward, silent{}, payload, len(payload))
	}
	cancel()
	require.NoError(b, <-ended)
}
