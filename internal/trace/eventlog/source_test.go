// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/eventlog/eventlogpb"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func TestIs(t *testing.T) {
	v1 := marshal(t, &eventlogpb.Log{Events: []*eventlogpb.Event{{TimestampUs: proto.Int64(1)}}})
	for name, c := range map[string]struct {
		head []byte
		want bool
	}{
		"V1":                {v1, true},
		"V2":                {marshal(t, begun()), true},
		"V3":                {protowire.AppendVarint(nil, versionThree<<1|1), true},
		"empty":             {nil, false},
		"one byte":          {v1[:1], false},
		"two bytes":         {v1[:2], false},
		"JSON lines":        {[]byte(`{"rtmcc_trace":1}`), false},
		"gzip":              {[]byte{0x1f, 0x8b, 8, 0, 0}, false},
		"pcap":              {[]byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0}, false},
		"rtpdump":           {[]byte("#!rtpplay1.0 127.0.0.1/1\n"), false},
		"a list of numbers": {[]byte("20\n30\n"), false},
		"empty lines":       {[]byte("\n\n\n"), false},
		"a record too long": {append(protowire.AppendVarint([]byte{0x0a}, maxBody+1), 8, 1), false},
	} {
		require.Equal(t, c.want, Is(c.head), name)
	}
}

func TestRefused(t *testing.T) {
	_, err := New(bytes.NewReader(protowire.AppendVarint(nil, versionThree<<1)))
	require.ErrorIs(t, err, recording.ErrFormat)
	require.ErrorContains(t, err, "V3")
	_, err = New(bytes.NewReader([]byte("hello")))
	require.ErrorIs(t, err, recording.ErrFormat)
	broken := errors.New("the disk is on fire")
	_, err = New(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
	_, err = New(io.MultiReader(bytes.NewReader(marshal(t, begun())), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
}

// limitedAt is a log that is begun, and a mark at each of these times.
func limitedAt(times ...int64) *eventlogpb.EventStream {
	log := begun()
	for _, at := range times {
		log.ApplicationLimited = append(log.ApplicationLimited, &eventlogpb.ApplicationLimited{TimestampMs: proto.Int64(at)})
	}

	return log
}

func TestTruncated(t *testing.T) {
	log := marshal(t, limitedAt(1001, 1002, 1003))
	whole := len(log)
	one := len(marshal(t, limitedAt(1001))) - len(marshal(t, begun()))
	for cut := 1; cut <= one; cut++ {
		evs, src := readAll(t, log[:whole-cut])
		require.Len(t, evs, 2)
		require.Equal(t, cut != one, src.Damage().Truncated, cut)
		require.Zero(t, src.Damage().Records)
	}
}

func TestBrokenFraming(t *testing.T) {
	head := marshal(t, limitedAt(1001))
	for name, tail := range map[string][]byte{
		"another wire type":   {0x08, 1, 2, 3},
		"a field of zero":     {0x02, 0, 1},
		"a number too long":   bytes.Repeat([]byte{0xff}, 12),
		"a length far beyond": append([]byte{0x1a}, bytes.Repeat([]byte{0xff}, 11)...),
	} {
		t.Run(name, func(t *testing.T) {
			evs, src := readAll(t, append(bytes.Clone(head), tail...))
			require.Len(t, evs, 1)
			require.Equal(t, 1, src.Damage().Records)
			require.Positive(t, src.Damage().Bytes)
			require.False(t, src.Damage().Truncated)
		})
	}
}

// Where the framing is damaged, the log goes on at the next records.
func TestDamageIsPassedOver(t *testing.T) {
	times := make([]int64, 40)
	for i := range times {
		times[i] = 1001 + int64(i)
	}
	log := marshal(t, limitedAt(times...))
	begin := len(marshal(t, begun()))
	one := (len(log) - begin) / len(times)
	at := begin + 20*one
	for name, c := range map[string]struct {
		replace, with int
		text          string
		missing       int
	}{
		"a byte too many":                 {0, 1, "\xff", 0},
		"noise":                           {0, 300, strings.Repeat("\x93\x07", 150), 0},
		"a byte too few":                  {1, 0, "", 1},
		"a record and a half are missing": {one + one/2, 0, "", 2},
		"a length beyond the end":         {2, 4, "\xc2\x01\xf0\x7f", 1},
		"a length beyond all bounds":      {2, 7, "\xc2\x01\xff\xff\xff\xff\x7f", 1},
	} {
		t.Run(name, func(t *testing.T) {
			require.Len(t, c.text, c.with)
			damaged := slices.Concat(log[:at], []byte(c.text), log[at+c.replace:])
			evs, src := readAll(t, damaged)
			require.InDelta(t, len(times)-c.missing, len(evs), 1)
			require.EqualValues(t, 39*time.Millisecond, evs[len(evs)-1].Time()-evs[0].Time(), "the last one is read")
			require.Positive(t, src.Damage().Records)
			require.False(t, src.Damage().Truncated)
		})
	}
}

func TestRecordTooLong(t *testing.T) {
	for _, c := range []struct {
		length  int
		records int
	}{{maxBody, 0}, {maxBody + 1, 1}} {
		// Field 99 is not known, and passed over.
		log := marshal(t, limitedAt(1001))
		log = protowire.AppendTag(log, 99, protowire.BytesType)
		log = protowire.AppendBytes(log, make([]byte, c.length))
		log = append(log, marshal(t, limitedAt(1002))...)
		evs, src := readAll(t, log)
		require.Len(t, evs, 2, "what follows is read")
		require.Equal(t, c.records, src.Damage().Records)
		require.EqualValues(t, c.records*c.length, src.Damage().Bytes)
	}
}

func TestHistoryBeforeTheBegin(t *testing.T) {
	log := limitedAt(900, 1100)
	evs, src := readAll(t, marshal(t, log))
	require.Equal(t, []bwe.Time{0, at(200 * ms)}, []bwe.Time{evs[0].Time(), evs[1].Time()})
	require.Equal(t, time.UnixMilli(1_700_000_000_000-100).UTC(), src.Info().Start)

	far := history.Milliseconds()
	log = limitedAt(0, 1, 2*far)
	log.Begin[0].TimestampMs = proto.Int64(far + 1)
	evs, src = readAll(t, marshal(t, log))
	require.Len(t, evs, 2, "what lies too far back is no history")
	require.Equal(t, 1, src.Damage().Records)

	log = limitedAt(5000, 5001)
	log.Begin = nil
	evs, _ = readAll(t, marshal(t, log))
	require.Equal(t, []bwe.Time{0, at(ms)}, []bwe.Time{evs[0].Time(), evs[1].Time()})
}

// Batches come in any order within some seconds; events come in the order of time,
// however many are held.
func TestMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m merger
		n := rapid.IntRange(0, 300).Draw(t, "entries")
		for i := range n {
			late := time.Duration(rapid.IntRange(0, 25).Draw(t, "late")) * time.Second
			m.add(entry{at: time.Duration(i)*time.Second - late, seq: uint16(i)})
		}
		seen := map[uint16]bool{}
		last := -time.Hour
		take := func() {
			for e := m.take(); e != nil; e = m.take() {
				require.False(t, seen[e.seq])
				seen[e.seq] = true
				require.GreaterOrEqual(t, e.at, last)
				last = e.at
			}
		}
		m.release(false)
		take()
		for _, e := range m.pending {
			require.GreaterOrEqual(t, e.at, m.newest-batchSpan)
		}
		for i := n; i < n+10; i++ {
			m.add(entry{at: time.Duration(i) * time.Second, seq: uint16(i)})
		}
		m.release(true)
		take()
		require.Len(t, seen, n+10)
	})
}

func TestMergeIsBounded(t *testing.T) {
	var m merger
	for range mergeAt - 1 {
		m.add(entry{})
	}
	require.False(t, m.full())
	m.add(entry{})
	require.True(t, m.full())
	m.release(false)
	require.Nil(t, m.take(), "nothing is old enough")
	require.False(t, m.full(), "and is not sorted again for each record")
	for !m.full() {
		m.add(entry{})
	}
	for len(m.pending) <= mergeMost {
		m.add(entry{})
	}
	m.release(false)
	require.Len(t, m.ready, 1)
	require.Len(t, m.pending, mergeMost)
}

// What a log dates alike comes in the order in which one causes the other.
func TestOrderWithinATime(t *testing.T) {
	var m merger
	for _, e := range []entry{
		{class: classDecision, seq: 6}, {class: classReceived, seq: 5},
		{class: classSent, numbered: true, transport: 1, seq: 4}, {class: classSent, numbered: true, transport: 65535, seq: 3},
		{class: classProbe, seq: 2}, {class: classPath, seq: 1}, {class: classDecision, seq: 7},
	} {
		m.add(e)
	}
	m.release(true)
	for want := uint16(1); want <= 7; want++ {
		require.Equal(t, want, m.take().seq)
	}
}

func FuzzSource(f *testing.F) {
	f.Add(marshal(f, limitedAt(1001, 1002)))
	f.Add(marshal(f, &eventlogpb.Log{Events: []*eventlogpb.Event{{TimestampUs: proto.Int64(1)}}}))
	log := begun()
	log.OutgoingRtp = []*eventlogpb.OutgoingRtpBatch{{
		TimestampMs: proto.Int64(1010), NumberOfDeltas: proto.Uint32(2), TimestampMsDeltas: deltas(false, 64, 1010, 1011, 1013),
		PayloadSize: proto.Uint32(100), TransportSequenceNumber: proto.Uint32(1), TransportSequenceNumberDeltas: deltas(false, 16, 1, 2, 3),
	}}
	log.IncomingRtcp = []*eventlogpb.RtcpBatch{{
		TimestampMs: proto.Int64(1030), RawPacket: []byte{0x8f, 205, 0, 0}, NumberOfDeltas: proto.Uint32(1), RawPacketBlobs: blobs([]byte{1}),
	}}
	log.DelayBased = []*eventlogpb.DelayBasedBatch{{TimestampMs: proto.Int64(1010), NumberOfDeltas: proto.Uint32(3)}}
	f.Add(marshal(f, log))
	f.Fuzz(func(t *testing.T, in []byte) {
		src, err := New(bytes.NewReader(in))
		if err != nil {
			require.ErrorIs(t, err, recording.ErrFormat)

			return
		}
		last := bwe.Time(0)
		for {
			ev, err := src.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			require.GreaterOrEqual(t, ev.Time(), last)
			last = ev.Time()
			if p, is := ev.(*bwe.SentPacket); is {
				require.Positive(t, p.Seq)
				require.GreaterOrEqual(t, p.Size, 0)
			}
		}
		src.Damage()
	})
}
