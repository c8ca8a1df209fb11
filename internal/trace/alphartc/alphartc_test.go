// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package alphartc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

const unknownRate = "1.7976931348623157e+308"

// line is a packet's line as AlphaRTC writes it.
func line(at, sent int64, seq uint16, ssrc uint32, payloadType, payload int, rate string) string {
	return fmt.Sprintf(`(remote_estimator_proxy.cc:151): {"hastransportSequenceNumber":true,`+
		`"mediaInfo":{"audioInfo":{"audioJitterBufferDelay":%[7]s,"totalSamplesSent":18446744073709551615},"videoInfo":{"framesSent":18446744073709551615}},`+
		`"pacerPacingRate":%[8]s,"pacerPaddingRate":%[8]s,"packetInfo":{"arrivalTimeMs":%[1]d,`+
		`"header":{"headerLength":24,"paddingLength":0,"payloadType":%[5]d,"sendTimestamp":%[2]d,"sequenceNumber":%[3]d,"ssrc":%[4]d},`+
		`"lossRates":0.0,"payloadSize":%[6]d}}`+"\n", at, sent, seq, ssrc, payloadType, payload, unknownRate, rate)
}

func video(at, sent int64, seq uint16) string { return line(at, sent, seq, 7, 125, 1000, unknownRate) }

// events reads a log to its end; what is valid until the next call only is copied.
func events(t require.TestingT, log string) ([]bwe.Event, recording.Source) {
	s, err := New(strings.NewReader(log))
	require.NoError(t, err)
	all := drain(t, s)

	return all, s
}

func drain(t require.TestingT, s recording.Source) (all []bwe.Event) {
	last := bwe.Time(0)
	for {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) {
			_, err = s.Next()
			require.ErrorIs(t, err, io.EOF)
			require.NoError(t, s.Close())

			return all
		}
		require.NoError(t, err)
		switch e := ev.(type) {
		case *bwe.SentPacket:
			sent := *e
			all = append(all, &sent)
		case *bwe.Feedback:
			f := bwe.Feedback{At: e.At, Results: slices.Clone(e.Results)}
			all = append(all, &f)
		case *recording.Target:
			told := *e
			all = append(all, &told)
		}
		now := ev.Time()
		require.GreaterOrEqual(t, now, last, "times do not go back")
		last = now
	}
}

func ms(n int64) bwe.Time { return bwe.Time(n) * bwe.Time(time.Millisecond) }

func TestPacketsAndFeedback(t *testing.T) {
	const wall = 1_714_411_982_486
	log := "(main.cc:10): hello\n" +
		video(wall, 49_037, 11_881) + // takes least: 30 ms more than the clocks are apart
		video(wall+15, 49_047, 11_882) +
		"(rtc.cc:1): something else\n" +
		video(wall+40, 49_077, 11_885) + // 11883 and 11884 are lost
		line(wall+70, 49_100, 1, 9, 111, 80, "600000")
	all, s := events(t, log)
	require.Equal(t, []bwe.Event{
		&bwe.SentPacket{At: ms(0), Seq: 1, Size: 1024},
		&bwe.SentPacket{At: ms(10), Seq: 2, Size: 1024},
		&bwe.SentPacket{At: ms(20), Seq: 3, Size: 1024},
		&bwe.SentPacket{At: ms(30), Seq: 4, Size: 1024},
		&bwe.SentPacket{At: ms(40), Seq: 5, Size: 1024},
		&bwe.Feedback{At: ms(60), Results: []bwe.PacketResult{
			{Seq: 1, Received: true, ReceivedAt: ms(0)},
			{Seq: 2, Received: true, ReceivedAt: ms(15)},
			{Seq: 3},
			{Seq: 4},
			{Seq: 5, Received: true, ReceivedAt: ms(40)},
		}},
		&bwe.SentPacket{At: ms(63), Seq: 6, Size: 104, Kind: bwe.PacketAudio},
		&recording.Target{At: ms(70), Bitrate: 600_000},
		&bwe.Feedback{At: ms(120), Results: []bwe.PacketResult{{Seq: 6, Received: true, ReceivedAt: ms(70)}}},
	}, all)
	require.Equal(t, recording.Info{
		Format: "AlphaRTC receiver log (feedback synthesised)", Tool: "AlphaRTC", Recorder: "AlphaRTC's estimator",
		Start: time.UnixMilli(wall).UTC(),
	}, s.Info())
	require.False(t, s.Damage().Any(), "%+v", s.Damage())
}

func TestSendTimesGoOnWhereTheyWrap(t *testing.T) {
	for name, wrapped := range map[string]int64{"raw": 0, "counted by the receiver": 64_000} {
		log := video(1_000_000, 63_990, 1) + video(1_000_020, wrapped+10, 2) +
			video(1_000_021, 63_995, 3) + // overtaken
			video(1_000_030, wrapped+64_000+20, 4) // counted once too often
		all, _ := events(t, log)
		var sent []bwe.Time
		for _, ev := range all {
			if p, is := ev.(*bwe.SentPacket); is {
				sent = append(sent, p.At)
			}
		}
		require.Equal(t, []bwe.Time{ms(0), ms(5), ms(20), ms(30)}, sent, name)
	}
}

func TestLongSilence(t *testing.T) {
	all, _ := events(t, video(1_000_000, 10, 1)+video(1_000_000+200_000, (10+200_000)%64_000, 2))
	require.Equal(t, ms(200_000), all[2].Time())
}

func TestLatePacketIsToldAgain(t *testing.T) {
	all, _ := events(t, video(1000, 10, 1)+video(1020, 30, 3)+video(1100, 20, 2))
	require.Equal(t, []bwe.PacketResult{
		{Seq: 1, Received: true, ReceivedAt: 0}, {Seq: 2}, {Seq: 3, Received: true, ReceivedAt: ms(20)},
	}, all[3].(*bwe.Feedback).Results)
	require.Equal(t, []bwe.PacketResult{{Seq: 2, Received: true, ReceivedAt: ms(100)}}, all[4].(*bwe.Feedback).Results)
}

func TestGaps(t *testing.T) {
	for _, c := range []struct {
		name      string
		seqs      []uint16
		lost, bad int
	}{
		{"none", []uint16{1, 2, 3}, 0, 0},
		{"over the wrap", []uint16{65_534, 1}, 2, 0},
		{"largest", []uint16{1, 1 + maxGap}, maxGap - 1, 0},
		{"new start", []uint16{1, 2 + maxGap}, 0, 0},
		{"twice", []uint16{1, 1, 2}, 0, 1},
		{"more than is made up", []uint16{1, 1001, 2001}, 999, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := strings.Builder{}
			for i, seq := range c.seqs {
				log.WriteString(video(1000+int64(i)*20, 100+int64(i)*20, seq))
			}
			all, s := events(t, log.String())
			lost := 0
			for _, ev := range all {
				if f, is := ev.(*bwe.Feedback); is {
					for _, r := range f.Results {
						if !r.Received {
							lost++
						}
					}
				}
			}
			require.Equal(t, c.lost, lost)
			require.Equal(t, c.bad, s.Damage().Records)
		})
	}
}

func TestDamagedLines(t *testing.T) {
	good := video(1_000_000, 100, 1)
	for _, c := range []struct {
		name, line, why string
	}{
		{"broken commas", strings.NewReplacer(`,"lossRates"`, `,,"lossRates"`, `0.0,`, `0.0,,`, `"header"`, `,"header"`).Replace(video(1_000_010, 110, 2)), ""},
		{"blanks", strings.ReplaceAll(video(1_000_010, 110, 2), ":", " : "), ""},
		{"lower name in a value", strings.Replace(video(1_000_010, 110, 2), `{"has`, `{"note":"ssrc","has`, 1), ""},
		{"no arrival", strings.Replace(video(1_000_010, 110, 2), `"arrivalTimeMs":1000010`, `"x":1`, 1), "line 2: arrivalTimeMs: no such number"},
		{"cut", video(1_000_010, 110, 2)[:80] + "\n", "line 2: arrivalTimeMs: no such number"},
		{"unknown send time", video(1_000_010, 4_294_967_295, 2), "line 2: sendTimestamp: 4294967295 is not within 0 to 4294967294"},
		{"no send time", video(1_000_010, 64_000, 2), "line 2: the packet has no send time: abs-send-time was not negotiated for its stream"},
		{"sequence number", strings.Replace(video(1_000_010, 110, 2), `Number":2`, `Number":65536`, 1), "line 2: sequenceNumber: 65536 is not within 0 to 65535"},
		{"fraction", strings.Replace(video(1_000_010, 110, 2), `Number":2`, `Number":2.5`, 1), "line 2: sequenceNumber: 2.5 is no whole number"},
		{"text", strings.Replace(video(1_000_010, 110, 2), `Number":2`, `Number":two`, 1), `line 2: sequenceNumber: "two" is no number`},
		{"far", video(1_000_000+2*86_400_000, 110, 2), errFarTime.Error()},
		{"long", strings.Replace(video(1_000_010, 110, 2), "{", "{"+strings.Repeat(" ", maxLine), 1), "line 2 is longer than 65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, s := events(t, good+c.line+video(1_000_020, 120, 3))
			sends := 0
			for _, ev := range all {
				if _, is := ev.(*bwe.SentPacket); is {
					sends++
				}
			}
			require.Equal(t, 3, sends, "what is missing counts as lost")
			require.Equal(t, c.why, s.Damage().First)
			require.Equal(t, c.why != "", s.Damage().Records == 1)
		})
	}
}

func TestCutOff(t *testing.T) {
	log := video(1_000_000, 100, 1) + video(1_000_010, 110, 2)
	_, s := events(t, log[:len(log)-20])
	require.True(t, s.Damage().Truncated)
	_, s = events(t, strings.TrimSuffix(log, "\n"))
	require.False(t, s.Damage().Any(), "only the line's end is missing")
	s, err := New(io.MultiReader(strings.NewReader(log), iotest.ErrReader(io.ErrUnexpectedEOF)))
	require.NoError(t, err, "a compressed stream that is broken")
	require.Len(t, drain(t, s), 3)
	require.True(t, s.Damage().Truncated)
}

func TestNothingToRead(t *testing.T) {
	_, err := New(strings.NewReader("(main.cc:10): hello\n"))
	require.ErrorIs(t, err, recording.ErrFormat)
	require.ErrorContains(t, err, "use the receiver's log")
	_, err = New(strings.NewReader(video(1000, 0, 1)))
	require.ErrorIs(t, err, recording.ErrFormat)
	require.ErrorContains(t, err, "abs-send-time was not negotiated")
	_, err = New(io.MultiReader(strings.NewReader(video(1000, 1, 1)), iotest.ErrReader(errors.New("disk"))))
	require.ErrorContains(t, err, "disk")
}

func TestIs(t *testing.T) {
	for text, want := range map[string]bool{
		video(1, 2, 3): true,
		"(remote_estimator_proxy.cc:73): Maximum interval between transport feedback": true,
		"[000:001] (conductor.cc:12): x":                                              true,
		`{"mediaInfo":{},"packetInfo":{"arrivalTimeMs":1}}`:                           true,
		`{"rtmcc_trace":1}`: false,
		"1000,200":          false,
		"":                  false,
	} {
		require.Equal(t, want, Is([]byte(text)), text)
	}
}

// simulate returns what a simulated session sent, and when each packet arrived on the
// receiver's clock, never for those that were lost.
func simulate(t testing.TB, name string) (sent []bwe.SentPacket, arrived map[int64]bwe.Time) {
	scenarios, err := netsim.Select(name)
	require.NoError(t, err)
	choice, err := netsim.ParseChoice("gcc")
	require.NoError(t, err)
	scenarios[0].Duration = netsim.Duration(20 * time.Second)
	arrived = map[int64]bwe.Time{}
	_, err = netsim.Run(context.Background(), &scenarios[0], netsim.Options{
		Flows: []netsim.Choice{choice}, Seed: 1,
		Observe: func(int) bwe.Observer {
			return func(ev bwe.Event) {
				switch e := ev.(type) {
				case *bwe.SentPacket:
					sent = append(sent, *e)
				case *bwe.Feedback:
					for _, r := range e.Results {
						if r.Received {
							arrived[r.Seq] = r.ReceivedAt
						}
					}
				}
			}
		},
	})
	require.NoError(t, err)

	return sent, arrived
}

// TestSimulatedSession: a session written as a log is read back as the same sends and
// arrivals, to the millisecond, and as the same losses.
func TestSimulatedSession(t *testing.T) {
	sent, arrived := simulate(t, "loss-2")
	first, last := int64(-1), int64(0)
	order := []int64{}
	for _, p := range sent {
		if _, ok := arrived[p.Seq]; ok {
			order = append(order, p.Seq)
			last = p.Seq
			if first < 0 {
				first = p.Seq
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int64) int { return int(arrived[a] - arrived[b]) })
	bySeq := map[int64]bwe.SentPacket{}
	for _, p := range sent {
		bySeq[p.Seq] = p
	}
	log := bytes.Buffer{}
	const begin = int64(63_000)
	for _, seq := range order {
		p := bySeq[seq]
		log.WriteString(line(1_700_000_000_000+int64(arrived[seq])/1e6, begin+int64(p.At)/1e6, uint16(seq), 5, 125, p.Size-24, unknownRate))
	}
	all, s := events(t, log.String())
	require.False(t, s.Damage().Any(), "%+v", s.Damage())
	got, times := []*bwe.SentPacket{}, map[int64]bwe.Time{}
	for _, ev := range all {
		switch e := ev.(type) {
		case *bwe.SentPacket:
			got = append(got, e)
		case *bwe.Feedback:
			for _, r := range e.Results {
				if r.Received {
					times[r.Seq] = r.ReceivedAt
				}
			}
		}
	}
	require.Len(t, got, int(last-first)+1)
	require.Len(t, times, len(order))
	require.Less(t, len(order), len(got), "something was lost")
	shift := arrived[first] - times[1]
	for i, p := range got {
		of := bySeq[first+int64(i)]
		require.Equal(t, int64(i)+1, p.Seq)
		if want, ok := arrived[of.Seq]; ok {
			require.Equal(t, of.Size, p.Size)
			require.InDelta(t, float64(of.At-bySeq[first].At), float64(p.At), 1e6)
			require.InDelta(t, float64(want-shift), float64(times[p.Seq]), 2e6)
		} else {
			require.NotContains(t, times, p.Seq)
		}
	}
}

// TestAnyLog: whatever packets a log has, all are told of, in the order of time, and each
// result is of a packet that was sent before.
func TestAnyLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := strings.Builder{}
		n := rapid.IntRange(1, 60).Draw(t, "packets")
		at := int64(1_000_000)
		for range n {
			at += rapid.Int64Range(-50, 40_000).Draw(t, "arrival")
			sent := rapid.Int64Range(1, 63_999).Draw(t, "sent")
			seq := rapid.Uint16().Draw(t, "seq")
			log.WriteString(line(at, sent, seq, rapid.Uint32Range(1, 2).Draw(t, "ssrc"), 125, 100, unknownRate))
		}
		all, s := events(t, log.String())
		known, received := map[int64]bool{}, 0
		for _, ev := range all {
			switch e := ev.(type) {
			case *bwe.SentPacket:
				known[e.Seq] = true
			case *bwe.Feedback:
				require.NotEmpty(t, e.Results)
				for _, r := range e.Results {
					require.True(t, known[r.Seq], "a result for a packet that was not sent yet")
					require.LessOrEqual(t, r.ReceivedAt, e.At)
					if r.Received {
						received++
					}
				}
			}
		}
		require.Equal(t, n-s.Damage().Records, received)
	})
}

func FuzzNew(f *testing.F) {
	f.Add([]byte(video(1_000_000, 100, 1) + video(1_000_010, 110, 3)))
	f.Add([]byte("(remote_estimator_proxy.cc:151): {\"packetInfo\":{\"arrivalTimeMs\":"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = Is(data)
		s, err := New(bytes.NewReader(data))
		if err != nil {
			require.ErrorIs(t, err, recording.ErrFormat)

			return
		}
		drain(t, s)
	})
}

func BenchmarkNew(b *testing.B) {
	log := strings.Builder{}
	for i := range int64(10_000) {
		log.WriteString(video(1_000_000+i*2, 100+(i*2)%60_000, uint16(i)))
	}
	b.SetBytes(int64(log.Len()))
	for b.Loop() {
		s, err := New(strings.NewReader(log.String()))
		require.NoError(b, err)
		for err == nil {
			_, err = s.Next()
		}
	}
}
