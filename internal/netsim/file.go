// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/rtmcc/rtmcc/internal/netsim/captrace"
)

// maxFile bounds a scenario file, in bytes.
const maxFile = 16 << 20

// Load reads a scenario in its JSON form and validates it. Capacity traces that it
// names are opened by open; nil refuses them.
func Load(r io.Reader, open func(name string) (io.ReadCloser, error)) (*Scenario, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading a scenario: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrScenario, maxFile)
	}
	s := &Scenario{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrScenario, explained(text, err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the closing brace", ErrScenario)
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	for _, c := range s.capacities() {
		if err := c.load(open); err != nil {
			return nil, err
		}
	}

	return s, nil
}

// LoadFile reads a scenario file. Traces are looked up beside it; a scenario
// without a name gets the file's.
func LoadFile(path string) (*Scenario, error) {
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("scenario file: %w", err)
	}
	defer func() { _ = f.Close() }()
	s, err := Load(f, func(name string) (io.ReadCloser, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}

		return os.Open(name) //nolint:gosec // the scenario names the file
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if s.Name == "" {
		s.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}

	return s, nil
}

// The path that a lone trace file is played on.
const (
	traceDelay   = 30 * millisecond
	traceQueue   = 400 * millisecond
	longestTrace = 10 * time.Minute
)

// FromTrace returns a scenario of one flow over a link with a recorded capacity,
// 30 ms one way and a queue of 400 ms, for as long as the trace is and at most ten
// minutes.
func FromTrace(path string) (*Scenario, error) {
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("capacity trace: %w", err)
	}
	defer func() { _ = f.Close() }()
	t, err := captrace.Read(f, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	s := &Scenario{
		Name: "trace-" + name, About: "recorded capacity of mean " + t.Mean().String(),
		Duration: Duration(max(time.Second, min(t.Length, longestTrace))),
		Forward:  []Link{{Capacity: Recorded(path, t), Delay: traceDelay, Queue: traceQueue}},
	}

	return s, s.Validate()
}

func (c *Capacity) load(open func(string) (io.ReadCloser, error)) error {
	if c.Trace == "" {
		return nil
	}
	if open == nil {
		return fmt.Errorf("%w: trace %q: no files can be opened here", ErrScenario, c.Trace)
	}
	f, err := open(c.Trace)
	if err != nil {
		return fmt.Errorf("%w: capacity trace: %w", ErrScenario, err)
	}
	defer func() { _ = f.Close() }()
	if c.recorded, err = captrace.Read(f, c.TraceBin.Std()); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrScenario, c.Trace, err)
	}

	return nil
}

// capacities lists every capacity of the scenario.
func (s *Scenario) capacities() []*Capacity {
	var out []*Capacity
	for i := range s.Forward {
		out = append(out, &s.Forward[i].Capacity)
	}
	for i := range s.Backward {
		out = append(out, &s.Backward[i].Capacity)
	}
	for i := range s.Cross {
		out = append(out, &s.Cross[i].Rate)
	}

	return out
}

// explained says where in the text a JSON error is and what is wanted there.
func explained(text []byte, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("line %d: %w", lineOf(text, syntax.Offset), err)
	}
	var kind *json.UnmarshalTypeError
	if !errors.As(err, &kind) {
		return err
	}
	want := kind.Type.String()
	switch kind.Type {
	case reflect.TypeFor[Duration]():
		want = `a duration in quotes, such as "50ms"`
	case reflect.TypeFor[Rate]():
		want = `a bitrate in quotes, such as "2.5Mbps"`
	}

	return fmt.Errorf("line %d: %s: a %s, want %s", lineOf(text, kind.Offset), kind.Field, kind.Value, want)
}

func lineOf(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(max(0, offset), int64(len(text)))], []byte("\n"))
}
