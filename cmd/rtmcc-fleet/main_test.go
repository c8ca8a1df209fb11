// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/rtmcc/rtmcc/internal/lab/corpus"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/netsim/campaign"
)

func TestMain(m *testing.M) {
	flag.Parse()
	beam.Init()
	os.Exit(m.Run())
}

// recordings makes a small corpus: paths of several kinds, one file that is no recording
// and one that was cut off.
func recordings(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var flows []netsim.Choice
	for _, name := range []string{"gcc", "default+rc"} {
		c, err := netsim.ParseChoice(name)
		require.NoError(t, err)
		flows = append(flows, c)
	}
	scenarios, err := netsim.Select("steady-500k", "jitter-ou", "loss-10", "app-capped")
	require.NoError(t, err)
	plan := &campaign.Plan{
		Scenarios: scenarios, Flows: flows, Compare: true, Seed: 1, Seeds: 1, Duration: 40 * time.Second, Log: filepath.Join(dir, "call.jsonl.gz"),
	}
	require.NoError(t, plan.Run(context.Background(), func(campaign.Run) error { return nil }))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "call.notes.jsonl.gz"), []byte("no recording"), 0o600))
	whole, err := filepath.Glob(filepath.Join(dir, "*jitter*"))
	require.NoError(t, err)
	text, err := os.ReadFile(whole[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "call.cut.jsonl.gz"), text[:len(text)/2], 0o600))

	return dir
}

// alone counts what one machine finds.
func alone(t *testing.T, dir string) *corpus.Tally {
	t.Helper()
	tally, err := corpus.Run(context.Background(), corpus.Options{Paths: []string{dir}, Config: session.Default()})
	require.NoError(t, err)

	return tally
}

func run(t *testing.T, o options) *corpus.Tally {
	t.Helper()
	o.json = true
	var out bytes.Buffer
	require.NoError(t, o.run(context.Background(), &out))
	tally := &corpus.Tally{}
	require.NoError(t, json.Unmarshal(out.Bytes(), tally))

	return tally
}

func TestFilesGiveTheSharesOfOneMachine(t *testing.T) {
	dir := recordings(t)
	output := t.TempDir()
	got := run(t, options{patterns: []string{filepath.Join(dir, "*.gz")}, output: output})
	require.Equal(t, alone(t, dir), got)
	rows, err := os.ReadFile(filepath.Join(output, "sessions.jsonl"))
	require.NoError(t, err)
	require.Equal(t, 9, strings.Count(string(rows), "\n"), "one row a recording")
	require.Equal(t, map[corpus.Reason]int64{corpus.UnknownFormat: 1}, got.Skipped)
	require.Greater(t, len(got.Classes), 2, "the corpus has paths of several kinds")
	var sessions int64
	for _, c := range got.Classes {
		sessions += c.Sessions
	}
	require.EqualValues(t, 9, sessions+got.Failed)
}

func TestFilesThatCannotBeReadDoNotStopTheOthers(t *testing.T) {
	dir := recordings(t)
	require.NoError(t, os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "call.dangling.jsonl.gz")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "call.folder.jsonl.gz"), 0o700))
	var out bytes.Buffer
	o := options{patterns: []string{filepath.Join(dir, "*.gz")}}
	require.NoError(t, o.run(context.Background(), &out))
	// The third one was cut off and is too short.
	require.Contains(t, out.String(), "could not be judged: 3\npassed over: 1 (no recording)")

	out.Reset()
	o.patterns = []string{filepath.Join(dir, "*dangling*"), filepath.Join(dir, "*notes*")}
	require.ErrorIs(t, o.run(context.Background(), &out), errNothing)
}

func TestTopicGivesTheSharesOfOneMachine(t *testing.T) {
	dir := recordings(t)
	cluster, err := kfake.NewCluster(kfake.SeedTopics(3, "calls"), kfake.EnableSASL(), kfake.Superuser("PLAIN", "fleet", "secret"))
	require.NoError(t, err)
	defer cluster.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.SASL(plain.Auth{User: "fleet", Pass: "secret"}.AsMechanism()),
		kgo.ProducerBatchMaxBytes(64<<20), kgo.DefaultProduceTopic("calls"))
	require.NoError(t, err)
	defer client.Close()
	files, err := filepath.Glob(filepath.Join(dir, "*.gz"))
	require.NoError(t, err)
	require.Len(t, files, 10)
	for i, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		m := &kgo.Record{Value: text}
		if i%2 == 0 {
			m.Key = []byte(filepath.Base(path))
		}
		require.NoError(t, client.ProduceSync(context.Background(), m).FirstErr())
	}
	t.Setenv(passwordVariable, "secret")
	o := options{kafkaBrokers: strings.Join(cluster.ListenAddrs(), ","), kafkaTopic: "calls", kafkaUser: "fleet"}
	require.Equal(t, alone(t, dir), run(t, o))
	o.kafkaSince = time.Hour
	require.Equal(t, alone(t, dir), run(t, o), "all of it came within the hour")
}

func TestTopicThatIsNotThere(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.SeedTopics(1, "calls"))
	require.NoError(t, err)
	defer cluster.Close()
	o := options{kafkaBrokers: strings.Join(cluster.ListenAddrs(), ","), kafkaTopic: "other"}
	require.ErrorContains(t, o.run(context.Background(), &bytes.Buffer{}), "other")
	o.kafkaTopic = "calls"
	require.ErrorContains(t, o.run(context.Background(), &bytes.Buffer{}), "no recording was found")
}

func TestWrongUsage(t *testing.T) {
	for name, o := range map[string]options{
		"nothing":               {},
		"files and a topic":     {patterns: []string{"x"}, kafkaBrokers: "b:1", kafkaTopic: "t"},
		"a topic, no brokers":   {kafkaTopic: "t"},
		"brokers, but no topic": {kafkaBrokers: "b:1"},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, o.run(context.Background(), &bytes.Buffer{}), errUsage)
		})
	}
	require.ErrorContains(t, (&options{patterns: []string{filepath.Join(t.TempDir(), "*")}}).run(context.Background(), &bytes.Buffer{}), "no recording was found")
	require.Error(t, (&options{patterns: []string{"x"}, config: "missing.json"}).run(context.Background(), &bytes.Buffer{}))
}

func TestConfigReachesTheWorkers(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.json")
	require.NoError(t, os.WriteFile(bad, []byte(`{"no_such_bound": 1}`), 0o600))
	require.ErrorContains(t, (&options{patterns: []string{"x"}, config: bad}).run(context.Background(), &bytes.Buffer{}), "no_such_bound")
}

func TestJoin(t *testing.T) {
	require.Equal(t, "gs://bucket/a/tally.json", join("gs://bucket/a/", "tally.json"))
	require.Equal(t, filepath.Join("a", "tally.json"), join("a", "tally.json"))
}
