// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package metrics

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/session"
)

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	m.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, 200, recorder.Code)

	return recorder.Body.String()
}

func TestEventsShowUp(t *testing.T) {
	m := New()
	for _, ev := range []bwe.Event{
		&control.Started{},
		&bwe.SentPacket{Size: 1000},
		&bwe.SentPacket{Size: 500},
		&bwe.SentPacket{Size: 200, Kind: bwe.PacketAudio},
		&bwe.SentPacket{Size: 999, Kind: bwe.PacketKind(200)},
		&bwe.Feedback{Results: []bwe.PacketResult{{Received: true}, {}, {Received: true}}},
		&bwe.REMB{Bitrate: 700_000},
		&bwe.Update{
			Estimate: 1_500_000, PacingRate: 3_000_000, PaddingRate: 10_000, CongestionWindow: 5000, State: bwe.StateOveruse,
			RTT: 80 * time.Millisecond, Loss: 0.25, QueueDelay: 30 * time.Millisecond, Acked: 900_000, Probes: make([]bwe.Probe, 2),
		},
		&ratecontrol.Decision{Target: 1_400_000, Audio: 64_000, Video: 1_336_000, KeyFrame: true},
		&ratecontrol.Decision{Target: 1_400_000, Audio: 64_000, Video: 1_336_000, KeyFrame: true},
		&ratecontrol.Frame{},
		&ratecontrol.Frame{Kind: ratecontrol.Audio},
		&ratecontrol.Frame{},
		&ratecontrol.Verdict{Drop: ratecontrol.DropUntilKey, Backlog: time.Second},
		&ratecontrol.Verdict{Drop: ratecontrol.KeepFrame, Backlog: 2 * time.Second},
		&ratecontrol.PacerState{Delay: 120 * time.Millisecond, Bytes: 4000},
		&ratecontrol.Decision{
			Target: 1_400_000, Audio: 64_000, Video: 1_336_000, KeyFrame: true, Tier: 2, Limit: ratecontrol.LimitCap,
			Ceiling: ratecontrol.CeilingRaised, Smoothing: ratecontrol.SmoothingYielding, Probe: 5000,
		},
		&ratecontrol.TierChange{},
		&ratecontrol.Stall{Duration: time.Second},
		&ratecontrol.Stall{Duration: 2 * time.Second, Over: true},
		&control.ConfigChanged{},
		&bwe.Timer{},
		&bwe.Oscillation{Phase: bwe.OscillationStarted, Active: true, Period: 4 * time.Second, Depth: 0.5},
		&session.Connection{State: session.StateConnected},
		&session.Reconnect{},
		&session.Warning{},
		&session.KeyFrameRequest{},
		&session.FrameDrop{Reason: session.DropOutage},
		&session.FrameDrop{Reason: ratecontrol.DropUntilKey},
		&session.FrameDrop{Reason: "of another kind"},
		&sender.FeedbackChanged{Kind: sender.FeedbackTransportCC},
		&sender.PacketDropped{Reason: sender.DropQueueTime},
		&sender.NACKReceived{Requested: 10, Accepted: 4, Unknown: 3, TooSoon: 2, OverBudget: 1, Repaired: 5, TooLate: 6, Disposable: 7},
		&sender.ProtectionChanged{Rate: 0.125, Poor: true},
		&ratecontrol.Overhead{Share: 0.25},
		&sender.InputIgnored{Reason: sender.IgnoredDuplicate, Count: 5},
	} {
		m.Observe(ev)
	}
	got := scrape(t, m)
	for _, line := range []string{
		`rtmcc_estimate_bits_per_second 1.5e+06`,
		`rtmcc_target_bits_per_second 1.4e+06`,
		`rtmcc_target_audio_bits_per_second 64000`,
		`rtmcc_target_video_bits_per_second 1.336e+06`,
		`rtmcc_pacing_rate_bits_per_second 3e+06`,
		`rtmcc_padding_rate_bits_per_second 10000`,
		`rtmcc_acked_bits_per_second 900000`,
		`rtmcc_remb_bits_per_second 700000`,
		`rtmcc_rtt_seconds 0.08`,
		`rtmcc_loss_ratio 0.25`,
		`rtmcc_queue_delay_seconds 0.03`,
		`rtmcc_congestion_window_bytes 5000`,
		`rtmcc_pacer_queue_seconds 0.12`,
		`rtmcc_pacer_queue_bytes 4000`,
		`rtmcc_backlog_seconds 2`,
		`rtmcc_state{state="overuse"} 1`,
		`rtmcc_state{state="normal"} 0`,
		`rtmcc_packets_sent_total{kind="video"} 2`,
		`rtmcc_packets_sent_total{kind="audio"} 1`,
		`rtmcc_packets_sent_total{kind="rtx"} 0`,
		`rtmcc_bytes_sent_total{kind="video"} 1500`,
		`rtmcc_packets_reported_total{outcome="received"} 2`,
		`rtmcc_packets_reported_total{outcome="lost"} 1`,
		`rtmcc_frames_offered_total{kind="video"} 2`,
		`rtmcc_frames_offered_total{kind="audio"} 1`,
		`rtmcc_frames_dropped_total{reason="until_key"} 1`,
		`rtmcc_frames_dropped_total{reason="disposable"} 0`,
		`rtmcc_frames_dropped_total{reason="outage"} 1`,
		`rtmcc_tier 2`,
		`rtmcc_tier_switches_total 1`,
		`rtmcc_stalls_total 1`,
		`rtmcc_stall_seconds_total 2`,
		`rtmcc_probe_wanted_bits_per_second 5000`,
		`rtmcc_target_limit{limit="cap"} 1`,
		`rtmcc_target_limit{limit="path"} 0`,
		`rtmcc_ceiling{state="raised"} 1`,
		`rtmcc_target_smoothing{state="yielding"} 1`,
		`rtmcc_oscillating 1`,
		`rtmcc_oscillations_total 1`,
		`rtmcc_oscillation_period_seconds 4`,
		`rtmcc_oscillation_depth_ratio 0.5`,
		`rtmcc_connected 1`,
		`rtmcc_reconnect_attempts_total 1`,
		`rtmcc_warnings_total 1`,
		`rtmcc_key_frame_requests_total 1`,
		`rtmcc_feedback_kind{kind="transport-cc"} 1`,
		`rtmcc_feedback_kind{kind="none"} 0`,
		`rtmcc_packets_dropped_total{reason="queue_time"} 1`,
		`rtmcc_packets_dropped_total{reason="frame"} 0`,
		`rtmcc_packets_nacked_total{outcome="accepted"} 4`,
		`rtmcc_packets_nacked_total{outcome="unknown"} 3`,
		`rtmcc_packets_nacked_total{outcome="too_soon"} 2`,
		`rtmcc_packets_nacked_total{outcome="over_budget"} 1`,
		`rtmcc_packets_nacked_total{outcome="repaired"} 5`,
		`rtmcc_packets_nacked_total{outcome="too_late"} 6`,
		`rtmcc_packets_nacked_total{outcome="disposable"} 7`,
		`rtmcc_fec_ratio 0.125`,
		`rtmcc_path_poor 1`,
		`rtmcc_overhead_ratio 0.25`,
		`rtmcc_inputs_ignored_total{reason="duplicate"} 5`,
		`rtmcc_feedbacks_total 1`,
		`rtmcc_rembs_total 1`,
		`rtmcc_probes_total 2`,
		`rtmcc_key_frames_wanted_total 1`,
		`rtmcc_connections_total 1`,
		`rtmcc_config_changes_total 1`,
	} {
		require.Contains(t, got, "\n"+line+"\n")
	}
}

func TestConnectedIsThatOfTheLatestConnection(t *testing.T) {
	m := New()
	for _, tc := range []struct {
		number int
		state  session.ConnectionState
		want   string
	}{
		{1, session.StateConnecting, "0"},
		{1, session.StateConnected, "1"},
		{1, session.StateDisconnected, "0"},
		{1, session.StateConnected, "1"},
		{1, session.StateFailed, "0"},
		{2, session.StateConnecting, "0"},
		{2, session.StateConnected, "1"},
		{1, session.StateClosed, "1"},
		{2, session.StateClosed, "0"},
	} {
		m.Observe(&session.Connection{Number: tc.number, State: tc.state})
		require.Contains(t, scrape(t, m), "\nrtmcc_connected "+tc.want+"\n")
	}
}

func TestEveryLabelValueHasAName(t *testing.T) {
	require.NotContains(t, names(packetKinds), "unknown")
	require.NotContains(t, names(states), "unknown")
	// The next value of each enumeration has no name, so that none is left out here.
	require.Equal(t, "unknown", (packetKinds[len(packetKinds)-1] + 1).String())
	require.Equal(t, "unknown", (states[len(states)-1] + 1).String())
}

func TestKeyFramesWantedCountsEachBeginning(t *testing.T) {
	m := New()
	for _, asked := range []bool{false, true, true, false, true} {
		m.Observe(&ratecontrol.Decision{KeyFrame: asked})
	}
	require.Contains(t, scrape(t, m), "\nrtmcc_key_frames_wanted_total 2\n")
}

func TestNamesFollowTheRules(t *testing.T) {
	m := New()
	problems, err := promlint.New(strings.NewReader(scrape(t, m))).Lint()
	require.NoError(t, err)
	for _, p := range problems {
		// Bitrates are bits per second everywhere in the project.
		require.Equal(t, `use base unit "bytes" instead of "bits"`, p.Text, p.Metric)
	}
	for _, d := range m.definitions {
		require.True(t, strings.HasPrefix(d.name, "rtmcc_"), d.name)
		require.Equal(t, d.kind == "counter", strings.HasSuffix(d.name, "_total"), d.name)
	}
}

func TestScrapeWhileEventsCome(t *testing.T) {
	m := New()
	var observers sync.WaitGroup
	for range 2 {
		observers.Go(func() {
			for range 200 {
				m.Observe(&bwe.SentPacket{Size: 10})
				m.Observe(&bwe.Update{})
				m.Observe(&ratecontrol.Decision{KeyFrame: true})
			}
		})
	}
	for range 20 {
		scrape(t, m)
	}
	observers.Wait()
	require.Contains(t, scrape(t, m), `rtmcc_bytes_sent_total{kind="video"} 4000`)
}

var update = flag.Bool("update", false, "write the table into docs/metrics.md")

func TestDocumentation(t *testing.T) {
	const path, begin, end = "../../docs/metrics.md", "<!-- metrics: begin -->\n", "<!-- metrics: end -->\n"
	var table strings.Builder
	table.WriteString("| name | type | unit | label | meaning |\n| --- | --- | --- | --- | --- |\n")
	for _, d := range New().definitions {
		table.WriteString(d.row() + "\n")
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok)
	_, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	want := before + begin + table.String() + end + after
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o600))
	}
	require.Equal(t, want, string(text), "run go generate ./internal/metrics")
}

func TestObserveDoesNotAllocate(t *testing.T) {
	m := New()
	sent, update, feedback := &bwe.SentPacket{Size: 1200}, &bwe.Update{}, &bwe.Feedback{Results: make([]bwe.PacketResult, 50)}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		m.Observe(sent)
		m.Observe(update)
		m.Observe(feedback)
	}))
}

func BenchmarkObserveSent(b *testing.B) {
	m := New()
	p := &bwe.SentPacket{Size: 1200}
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(p)
	}
}
