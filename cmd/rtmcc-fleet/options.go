// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"

	"github.com/rtmcc/rtmcc/cmd/rtmcc-fleet/internal/fleet"
	"github.com/rtmcc/rtmcc/internal/jsonfile"
	"github.com/rtmcc/rtmcc/internal/lab/corpus"
	"github.com/rtmcc/rtmcc/internal/lab/session"
)

// errUsage is wrapped by errors about flags.
var errUsage = errors.New("wrong usage")

// errNothing is wrapped by the error about a corpus in which nothing could be judged.
var errNothing = errors.New("nothing to analyse")

// passwordVariable is the environment variable that holds the password for Kafka, which
// would be seen among the arguments.
const passwordVariable = "RTMCC_KAFKA_PASSWORD"

// options are the flags. Beam's own use underscores, and so do these.
type options struct {
	patterns     []string
	output       string
	config       string
	json         bool
	verbose      bool
	kafkaBrokers string
	kafkaTopic   string
	kafkaSince   time.Duration
	kafkaTLS     bool
	kafkaUser    string
}

func (o *options) register(f *flag.FlagSet) {
	f.StringVar(&o.output, "output", "", "folder for tally.json and sessions.jsonl, which workers must be able to write to; needed but for the embedded runner")
	f.StringVar(&o.config, "config", "", "JSON file that replaces bounds of the classification (docs/classification.md)")
	f.BoolVar(&o.json, "json", false, "print the tally as JSON instead of the table")
	f.BoolVar(&o.verbose, "verbose", false, "say what the runner does")
	f.StringVar(&o.kafkaBrokers, "kafka_brokers", "", "addresses of Kafka brokers, separated by commas")
	f.StringVar(&o.kafkaTopic, "kafka_topic", "", "topic whose messages are recordings")
	f.DurationVar(&o.kafkaSince, "kafka_since", 0, "leave out messages that are older, such as 24h")
	f.BoolVar(&o.kafkaTLS, "kafka_tls", false, "encrypt connections to Kafka")
	f.StringVar(&o.kafkaUser, "kafka_user", "", "log in to Kafka by SASL PLAIN with the password in "+passwordVariable)
}

// run builds the pipeline, runs it to its end and prints what it counted.
func (o *options) run(ctx context.Context, out io.Writer) error {
	cfg, err := o.sessionConfig()
	if err != nil {
		return err
	}
	folder, err := o.folder()
	if err != nil {
		return err
	}
	if o.output == "" {
		defer func() { _ = os.RemoveAll(folder) }()
	}
	pipeline, scope := beam.NewPipelineWithRoot()
	outcomes, err := o.outcomes(scope, cfg)
	if err != nil {
		return err
	}
	tallyFile := join(folder, "tally.json")
	fleet.WriteTally(scope, tallyFile, fleet.Count(scope, outcomes))
	fleet.WriteSummaries(scope, join(folder, "sessions.jsonl"), outcomes)
	if err := beamx.Run(ctx, pipeline); ctx.Err() != nil {
		return fmt.Errorf("interrupted: %w", ctx.Err())
	} else if err != nil {
		return fmt.Errorf("the pipeline failed: %w", err)
	}
	tally, err := readTally(ctx, tallyFile)
	if err != nil {
		return err
	}
	if o.json {
		err = json.NewEncoder(out).Encode(tally)
	} else {
		err = printTable(out, tally)
	}
	if err == nil && tally.All().Sessions == 0 {
		err = fmt.Errorf("no recording could be judged: %d failed, %d are none; --output FOLDER keeps the reasons in sessions.jsonl: %w",
			tally.Failed, tally.Skipped[corpus.UnknownFormat], errNothing)
	}

	return err
}

// printTable prints the shares, and what is not among them.
func printTable(out io.Writer, t *corpus.Tally) error {
	if err := corpus.WriteTable(out, t); err != nil {
		return err
	}
	var notes []string
	if t.Failed > 0 {
		notes = append(notes, fmt.Sprintf("could not be judged: %d", t.Failed))
	}
	if note := t.SkippedNote(); note != "" {
		notes = append(notes, note)
	}
	if len(notes) == 0 {
		return nil
	}
	_, err := fmt.Fprintln(out, strings.Join(notes, "\n"))

	return err
}

func (o *options) outcomes(s beam.Scope, cfg session.Config) (beam.PCollection, error) {
	kafka := o.kafkaBrokers != "" || o.kafkaTopic != ""
	switch {
	case kafka && len(o.patterns) > 0:
		return beam.PCollection{}, fmt.Errorf("%w: name either files or a topic", errUsage)
	case kafka && (o.kafkaBrokers == "" || o.kafkaTopic == ""):
		return beam.PCollection{}, fmt.Errorf("%w: --kafka_brokers and --kafka_topic go together", errUsage)
	case kafka:
		k := fleet.Kafka{
			Brokers: strings.Split(o.kafkaBrokers, ","), Topic: o.kafkaTopic, TLS: o.kafkaTLS, User: o.kafkaUser, Password: os.Getenv(passwordVariable),
		}
		if o.kafkaSince > 0 {
			k.Since = time.Now().Add(-o.kafkaSince)
		}

		return fleet.FromKafka(s, k, cfg), nil
	case len(o.patterns) == 0:
		return beam.PCollection{}, fmt.Errorf("%w: name files or a topic; see --help", errUsage)
	default:
		return fleet.FromFiles(s, o.patterns, cfg), nil
	}
}

func (o *options) sessionConfig() (session.Config, error) {
	cfg := session.Default()
	if err := jsonfile.Load(o.config, &cfg); err != nil {
		return cfg, err
	}
	if err := cfg.Validate(); err != nil {
		return cfg, fmt.Errorf("%s: %w", o.config, err)
	}

	return cfg, nil
}

// folder returns where results go: a folder of its own for the embedded runner, whose
// workers are in this process.
func (o *options) folder() (string, error) {
	if o.output == "" {
		if runner := flag.Lookup("runner"); runner != nil && runner.Value.String() != "" && runner.Value.String() != "prism" {
			return "", fmt.Errorf("%w: --output names a folder that the workers of runner %q and this machine can both reach", errUsage, runner.Value)
		}

		return os.MkdirTemp("", "rtmcc-fleet-")
	}
	if strings.Contains(o.output, "://") {
		return o.output, nil
	}

	return o.output, os.MkdirAll(o.output, 0o750)
}

// join adds a name to a folder, which may be a URL.
func join(folder, name string) string {
	if strings.Contains(folder, "://") {
		return strings.TrimSuffix(folder, "/") + "/" + name
	}

	return filepath.Join(folder, name)
}

// readTally reads what the pipeline wrote. No file means that there was no session.
func readTally(ctx context.Context, path string) (*corpus.Tally, error) {
	fs, err := filesystem.New(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = fs.Close() }()
	found, err := fs.List(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("the result: %w", err)
	}
	if len(found) == 0 {
		return nil, errors.New("no recording was found: check the pattern, in quotes, or the topic")
	}
	in, err := fs.OpenRead(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("the result: %w", err)
	}
	defer func() { _ = in.Close() }()
	t := &corpus.Tally{}
	if err := json.NewDecoder(in).Decode(t); err != nil {
		return nil, fmt.Errorf("the result %s: %w", path, err)
	}

	return t, nil
}
