// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func streams(out, err io.Writer, columns int) Streams {
	return Streams{In: strings.NewReader(""), Out: out, Err: err, Width: func() int { return columns }}
}

func TestTerminalRedrawsItsLine(t *testing.T) {
	var out, err strings.Builder
	r := newReporter(streams(&out, &err, 80), false)
	st := someStatus()
	const line = "1:07 sent 1.02M est 3.10M target 2.94M rtt 42ms loss 1.2% queue 3ms drops 12"
	r.message("hello")
	r.status(&st)
	r.message("warning: x")
	r.status(&st)
	r.end()
	require.Equal(t, clearLine+"hello\n"+clearLine+line+clearLine+"warning: x\n"+line+clearLine+line+"\n", err.String())
	require.Empty(t, out.String())
}

func TestTerminalFollowsItsWidth(t *testing.T) {
	var err strings.Builder
	columns := 21
	r := newReporter(Streams{Out: io.Discard, Err: &err, Width: func() int { return columns }}, false)
	st := someStatus()
	r.status(&st)
	columns = 7
	r.status(&st)
	columns = 0
	r.status(&st)
	require.Equal(t, clearLine+"1:07 sent 1.02M"+clearLine+"1:07"+clearLine+"1", err.String())
}

func TestTerminalWithoutAStatusStaysClean(t *testing.T) {
	var err strings.Builder
	r := newReporter(streams(io.Discard, &err, 80), false)
	r.end()
	require.Empty(t, err.String())
}

func TestPlainLinesComeNowAndThen(t *testing.T) {
	var err strings.Builder
	r := newReporter(streams(io.Discard, &err, 0), false)
	st := someStatus()
	for i := range 12 {
		st.DurationS = float64(i) + 1.001 - 0.002*float64(i%2)
		r.status(&st)
	}
	r.message("bye")
	r.end()
	lines := strings.Split(strings.TrimSpace(err.String()), "\n")
	require.Len(t, lines, 4)
	require.True(t, strings.HasPrefix(lines[0], "0:01  sent"), lines[0])
	require.True(t, strings.HasPrefix(lines[1], "0:05  sent") || strings.HasPrefix(lines[1], "0:06  sent"), lines[1])
	require.Equal(t, "bye", lines[3])
	require.NotContains(t, err.String(), "\x1b")
}

func TestJSONKeepsStdoutClean(t *testing.T) {
	var out, err strings.Builder
	r := newReporter(streams(&out, &err, 80), true)
	st := someStatus()
	frames := uint64(7)
	st.FramesReceived = &frames
	r.message("hello")
	r.status(&st)
	r.end()
	require.Equal(t, "hello\n", err.String())
	require.Equal(t, 1, strings.Count(out.String(), "\n"))
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(out.String()), &got))
	for name, want := range map[string]any{
		"sent_bps": 1_023_000.0, "estimate_bps": 3_100_000.0, "target_bps": 2_945_000.0, "rtt_ms": 41.6, "loss": 0.0123,
		"queue_ms": 3.4, "frames_dropped": 12.0, "frames_received": 7.0, "duration_s": 67.4, "state": "connected",
	} {
		require.Equal(t, want, got[name], name)
	}
}

func TestSummary(t *testing.T) {
	received := uint64(790)
	s := session.Summary{
		DurationS: 10, FramesSent: 788, VideoFramesSent: 288, AudioFramesSent: 500, FramesReceived: &received, FramesDropped: 12,
		Drops:       map[ratecontrol.DropReason]uint64{"until_key": 2, "disposable": 10},
		PacketsSent: 1500, PacketsRetransmitted: 3, FECPackets: 2, PaddingPackets: 9, LateP99Ms: 1.5, BytesSent: 1_250_000,
		Estimate: 3_100_000, Target: 2_945_000, RTTMs: 41.6, Loss: 0.0123, QueueMs: 3.4, Feedback: "transport-cc", Reconnects: 2,
	}
	var out strings.Builder
	require.NoError(t, printSummary(&out, &s))
	require.Equal(t, `pushed    10.0 s, 1.25 MB, 1.00 Mbps on average
frames    788 sent (288 video, 500 audio), 790 received, 12 dropped (disposable 10, until_key 2)
packets   1500 sent, 3 retransmitted, 2 FEC, 9 padding; 99 % less than 1.5 ms late
bitrates  estimate 3.10 Mbps, target 2.94 Mbps
path      rtt 42 ms, loss 1.2 %, pacer queue 3 ms, feedback transport-cc
link      2 reconnects
`, out.String())

	out.Reset()
	require.NoError(t, printSummary(&out, &session.Summary{}))
	require.Equal(t, `pushed    0.0 s, 0.00 MB, 0 bps on average
frames    0 sent (0 video, 0 audio), 0 dropped
packets   0 sent, 0 retransmitted, 0 FEC, 0 padding; 99 % less than 0.0 ms late
bitrates  estimate 0 bps, target 0 bps
path      rtt 0 ms, loss 0.0 %, pacer queue 0 ms, feedback none
`, out.String())

	out.Reset()
	require.NoError(t, printSummaryJSON(&out, &s))
	require.True(t, strings.HasPrefix(out.String(), `{"summary":{`))
	require.Equal(t, 1, strings.Count(out.String(), "\n"))
}

// stuck is a reporter whose terminal is halted.
type stuck struct {
	jsonReporter

	release chan struct{}
	seen    int
}

func (s *stuck) message(string) { <-s.release; s.seen++ }

func TestQueueNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &stuck{release: make(chan struct{})}
		q := newQueue(r)
		q.message("first")
		synctest.Wait()
		for range 10 * queueLength {
			q.message("more")
		}
		n, err := q.Write([]byte("log\r\n"))
		require.NoError(t, err)
		require.Equal(t, 5, n)
		close(r.release)
		q.close()
		require.Equal(t, queueLength+1, r.seen)
		q.message("too late")
		q.status(session.Status{})
		require.Equal(t, queueLength+1, r.seen)
	})
}

func TestLogLinesAreMessages(t *testing.T) {
	var err strings.Builder
	q := newQueue(newReporter(streams(io.Discard, &err, 0), false))
	_, _ = q.Write([]byte("pion WARNING: 100% odd\n"))
	q.close()
	require.Equal(t, "pion WARNING: 100% odd\n", err.String())
}

func TestDocumentationNamesEveryField(t *testing.T) {
	page, err := os.ReadFile("../../docs/cli.md")
	require.NoError(t, err)
	st := someStatus()
	st.Drops = map[ratecontrol.DropReason]uint64{"disposable": 1}
	text, err := json.Marshal(&st)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(text, &fields))
	for name := range fields {
		require.Contains(t, string(page), "`"+name+"`")
	}
}
