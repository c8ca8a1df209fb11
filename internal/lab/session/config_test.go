// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/lab/session"
)

func TestBoundsAreValidated(t *testing.T) {
	valid := session.Default()
	require.NoError(t, valid.Validate())
	for name, c := range map[string]struct{ good, bad func(*session.Config) }{
		"min_duration_ns": {
			func(c *session.Config) { c.MinDuration = 5 * time.Second },
			func(c *session.Config) { c.MinDuration = 5*time.Second - 1 },
		},
		"swing.depth": {
			func(c *session.Config) { c.Swing.Depth = 0.9 },
			func(c *session.Config) { c.Swing.Depth = 0.91 },
		},
		"swing.recovery": {
			func(c *session.Config) { c.Swing.Recovery = 0.1 },
			func(c *session.Config) { c.Swing.Recovery = 0.09 },
		},
		"swing.cycles": {
			func(c *session.Config) { c.Swing.Cycles = 3 },
			func(c *session.Config) { c.Swing.Cycles = 2 },
		},
		"swing.queue_delay_ns": {
			func(c *session.Config) { c.Swing.QueueDelay = time.Millisecond },
			func(c *session.Config) { c.Swing.QueueDelay = time.Millisecond - 1 },
		},
		"swing.queue_deviations": {
			func(c *session.Config) { c.Swing.QueueDeviations = 0 },
			func(c *session.Config) { c.Swing.QueueDeviations = -0.01 },
		},
		"swing.irregularity": {
			func(c *session.Config) { c.Swing.Irregularity = 3 },
			func(c *session.Config) { c.Swing.Irregularity = 3.1 },
		},
		"cap.ratio": {
			func(c *session.Config) { c.Cap.Ratio = 1.05 },
			func(c *session.Config) { c.Cap.Ratio = 1.04 },
		},
		"cap.min_ceiling_bps": {
			func(c *session.Config) { c.Cap.MinCeiling = 1000 },
			func(c *session.Config) { c.Cap.MinCeiling = 999 },
		},
		"path.silent_share": {
			func(c *session.Config) { c.Path.SilentShare = 0 },
			func(c *session.Config) { c.Path.SilentShare = -0.01 },
		},
		"path.jittery_ns": {
			func(c *session.Config) { c.Path.Jittery = time.Second },
			func(c *session.Config) { c.Path.Jittery = time.Second + 1 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := session.Default()
			c.good(&cfg)
			require.NoError(t, cfg.Validate())
			c.bad(&cfg)
			err := cfg.Validate()
			require.ErrorIs(t, err, session.ErrConfig)
			require.ErrorContains(t, err, name)
		})
	}
}

// knobs calls visit with the JSON path and the value of each number of a configuration.
func knobs(of reflect.Value, prefix string, visit func(name string, v reflect.Value)) {
	for i := range of.NumField() {
		name := prefix + of.Type().Field(i).Tag.Get("json")
		switch v := of.Field(i); v.Kind() {
		case reflect.Struct:
			knobs(v, name+".", visit)
		case reflect.String:
		default:
			visit(name, v)
		}
	}
}

func TestEveryKnobHasBothBounds(t *testing.T) {
	cfg := session.Default()
	knobs(reflect.ValueOf(&cfg).Elem(), "", func(name string, v reflect.Value) {
		was := reflect.ValueOf(v.Interface())
		for _, extreme := range []float64{-1e12, 1e12} {
			v.Set(reflect.ValueOf(extreme).Convert(v.Type()))
			err := cfg.Validate()
			require.ErrorIs(t, err, session.ErrConfig, "%s of %v", name, extreme)
			require.ErrorContains(t, err, name+" is")
		}
		v.Set(was)
	})
	require.Equal(t, session.Default(), cfg)
}

func TestTheDocumentationHasEveryKnobWithItsDefault(t *testing.T) {
	text, err := os.ReadFile("../../../docs/classification.md")
	require.NoError(t, err)
	example := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(text)
	require.NotNil(t, example)
	decoder := json.NewDecoder(bytes.NewReader(example[1]))
	decoder.DisallowUnknownFields()
	var documented session.Config
	require.NoError(t, decoder.Decode(&documented))
	require.Equal(t, session.Default(), documented)
	cfg := session.Default()
	knobs(reflect.ValueOf(&cfg).Elem(), "", func(name string, _ reflect.Value) {
		_, key, _ := strings.Cut(name, ".")
		if key == "" {
			key = name
		}
		require.Contains(t, string(example[1]), `"`+key+`"`)
	})
}

func TestConfigurationSurvivesJSON(t *testing.T) {
	text, err := json.Marshal(session.Default())
	require.NoError(t, err)
	var back session.Config
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, session.Default(), back)
}
