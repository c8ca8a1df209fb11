// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// inputs reads any bytes as a series of inputs to an estimator.
type inputs []byte

func (in *inputs) next() uint64 {
	var b [8]byte
	n := copy(b[:], *in)
	*in = (*in)[n:]

	return binary.LittleEndian.Uint64(b[:])
}

func (in *inputs) feed(e *Estimator, check func(Update)) {
	now, seq := Time(0), int64(0)
	for len(*in) > 0 {
		op := in.next()
		wild := int64(in.next())
		switch op % 8 {
		case 0:
			now = Time(wild) // anywhere, also back
		case 1, 2, 3:
			now = now.Add(time.Duration(op>>8) % time.Second)
			e.OnSent(SentPacket{At: now, Seq: seq, Size: int(op >> 40 % 1600), Kind: PacketKind(op >> 16 % 8), ProbeCluster: int(op >> 24 % 5)})
			seq++
		case 4:
			e.OnSent(SentPacket{At: now, Seq: wild, Size: int(int32(op >> 8))})
			seq = max(seq, wild)
		case 5, 6:
			results := make([]PacketResult, op>>8%32)
			for i := range results {
				results[i] = PacketResult{Seq: seq - int64(in.next()%64), Received: in.next()%4 > 0, ReceivedAt: Time(in.next()) >> (op >> 16 % 64)}
			}
			check(e.OnFeedback(Feedback{At: now, Results: results}))
		case 7:
			check(e.OnTimer(Time(wild)))
			check(e.OnREMB(REMB{At: now, Bitrate: Bitrate(wild)}))
		}
	}
}

func checkUpdate(t require.TestingT, cfg Config) func(Update) {
	last := Time(-1 << 62)

	return func(u Update) {
		require.GreaterOrEqual(t, u.Estimate, cfg.MinBitrate)
		require.LessOrEqual(t, u.Estimate, cfg.MaxBitrate)
		require.Positive(t, u.PacingRate)
		require.GreaterOrEqual(t, u.PaddingRate, Bitrate(0))
		require.GreaterOrEqual(t, u.CongestionWindow, int64(0))
		require.GreaterOrEqual(t, u.QueueDelay, time.Duration(0))
		require.True(t, u.Loss >= 0 && u.Loss <= 1)
		require.GreaterOrEqual(t, u.At, last)
		for _, p := range u.Probes {
			require.Positive(t, p.ID)
			require.Positive(t, p.Bitrate)
		}
		last = u.At
	}
}

func FuzzEstimator(f *testing.F) {
	f.Add([]byte{}, true)
	f.Add([]byte("any order of anything must be survived, whatever its times and numbers are"), false)
	f.Fuzz(func(t *testing.T, data []byte, gcc bool) {
		cfg := Default()
		if gcc {
			cfg = GCC()
		}
		e, err := New(cfg, 0)
		require.NoError(t, err)
		in := inputs(data)
		in.feed(e, checkUpdate(t, cfg))
	})
}

func TestAnyOrderOfInputsIsSurvived(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Default()
		if rapid.Bool().Draw(t, "gcc") {
			cfg = GCC()
		}
		cfg.Smoother.Enabled = rapid.Bool().Draw(t, "smoother")
		e, err := New(cfg, Time(rapid.Int64().Draw(t, "start")))
		require.NoError(t, err)
		in := inputs(rapid.SliceOfN(rapid.Byte(), 0, 4000).Draw(t, "inputs"))
		in.feed(e, checkUpdate(t, cfg))
	})
}
