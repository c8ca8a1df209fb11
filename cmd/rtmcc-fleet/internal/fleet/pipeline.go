// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package fleet analyses recordings as an Apache Beam pipeline: what "rtmcc analyze" does
// on one machine, on as many as there are.
package fleet

import (
	"context"
	"encoding/json"
	"io"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/textio"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/rtmcc/rtmcc/internal/lab/corpus"
	"github.com/rtmcc/rtmcc/internal/lab/session"
)

func init() {
	beam.RegisterCoder(reflect.TypeFor[Outcome](), encodeOutcome, decodeOutcome)
	beam.RegisterCoder(reflect.TypeFor[corpus.Tally](), encodeTally, decodeTally)
	register.Combiner3[corpus.Tally, Outcome, corpus.Tally](&tallyFn{})
	register.DoFn2x1[Outcome, func(string), error](&summaryLines{})
	register.Emitter1[string]()
	register.Function2x2(tallyLine)
}

// Outcome is what came of one recording.
type Outcome struct {
	Session session.Summary `json:"session"`
	// Skip says why there is no summary, empty where there is one.
	Skip corpus.Reason `json:"skip,omitempty"`
}

// judge says what came of the recording that in holds.
func judge(in io.Reader, name string, cfg session.Config) (o Outcome) {
	var err error
	if o.Session, err = corpus.JudgeReader(in, name, cfg); err != nil {
		o.Skip = corpus.UnknownFormat
	}

	return o
}

// Count adds up outcomes. The collection that it returns holds one tally, or none where
// there is no outcome.
func Count(s beam.Scope, outcomes beam.PCollection) beam.PCollection {
	return beam.Combine(s.Scope("Count"), &tallyFn{}, outcomes)
}

// WriteTally writes a tally as one line of JSON.
func WriteTally(s beam.Scope, path string, tally beam.PCollection) {
	s = s.Scope("WriteTally")
	textio.Write(s, path, beam.ParDo(s, tallyLine, tally))
}

// WriteSummaries writes the summaries of outcomes as lines of JSON, in no order.
func WriteSummaries(s beam.Scope, path string, outcomes beam.PCollection) {
	s = s.Scope("WriteSummaries")
	textio.Write(s, path, beam.ParDo(s, &summaryLines{}, outcomes))
}

// tallyFn combines outcomes to a tally.
type tallyFn struct{}

// CreateAccumulator is called by Beam.
func (*tallyFn) CreateAccumulator() corpus.Tally { return corpus.Tally{} }

// AddInput is called by Beam.
func (*tallyFn) AddInput(t corpus.Tally, o Outcome) corpus.Tally {
	if o.Skip != "" {
		t.Skip(o.Skip)
	} else {
		t.Add(&o.Session)
	}

	return t
}

// MergeAccumulators is called by Beam.
func (*tallyFn) MergeAccumulators(a, b corpus.Tally) corpus.Tally {
	a.Merge(&b)

	return a
}

// ExtractOutput is called by Beam.
func (*tallyFn) ExtractOutput(t corpus.Tally) corpus.Tally { return t }

// summaryLines writes the summaries among outcomes.
type summaryLines struct{}

// ProcessElement is called by Beam.
func (*summaryLines) ProcessElement(o Outcome, emit func(string)) error {
	if o.Skip != "" {
		return nil
	}
	line, err := json.Marshal(&o.Session)
	emit(string(line))

	return err
}

func tallyLine(_ context.Context, t corpus.Tally) (string, error) {
	line, err := json.Marshal(&t)

	return string(line), err
}

func encodeOutcome(o Outcome) ([]byte, error) { return json.Marshal(&o) }

func decodeOutcome(b []byte) (o Outcome, err error) {
	err = json.Unmarshal(b, &o)

	return o, err
}

func encodeTally(t corpus.Tally) ([]byte, error) { return json.Marshal(&t) }

func decodeTally(b []byte) (t corpus.Tally, err error) {
	err = json.Unmarshal(b, &t)

	return t, err
}
