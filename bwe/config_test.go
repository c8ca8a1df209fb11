// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPresetsAreValid(t *testing.T) {
	for name, c := range map[string]Config{"default": Default(), "gcc": GCC()} {
		require.NoError(t, c.Validate(), name)
		_, err := New(c, 0)
		require.NoError(t, err, name)
	}
	require.True(t, Default().Capacity.Enabled)
	require.False(t, GCC().Capacity.Enabled)
	require.False(t, GCC().Evidence.Enabled)
}

func TestConfigSurvivesJSON(t *testing.T) {
	b, err := json.Marshal(Default())
	require.NoError(t, err)
	var back Config
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, Default(), back)
	require.NotContains(t, string(b), `"Capacity"`, "every field has a name of its own")
}

// TestEveryKnobIsBounded sets each number of the configuration to nonsense in turn.
func TestEveryKnobIsBounded(t *testing.T) {
	var walk func(v reflect.Value, path string, visit func(f reflect.Value, path string))
	walk = func(v reflect.Value, path string, visit func(f reflect.Value, path string)) {
		for i := range v.NumField() {
			f, p := v.Field(i), path+"."+v.Type().Field(i).Name
			if f.Kind() == reflect.Struct {
				walk(f, p, visit)
			} else {
				visit(f, p)
			}
		}
	}
	c := Default()
	walk(reflect.ValueOf(&c).Elem(), "", func(f reflect.Value, path string) {
		old := reflect.New(f.Type()).Elem()
		old.Set(f)
		for _, v := range []any{math.NaN(), math.Inf(1), -1.0, int64(-5), int64(math.MaxInt64)} {
			switch x := v.(type) {
			case float64:
				if f.Kind() != reflect.Float64 {
					continue
				}
				f.SetFloat(x)
			case int64:
				if !f.CanInt() || x > 0 && strings.HasSuffix(path, "MaxBitrate") {
					continue
				}
				f.SetInt(x)
			}
			require.ErrorIs(t, c.Validate(), ErrConfig, "%s = %v", path, v)
		}
		f.Set(old)
	})
	require.NoError(t, c.Validate())
}

func TestConfigOrder(t *testing.T) {
	for name, change := range map[string]func(c *Config){
		"min above start":  func(c *Config) { c.MinBitrate = c.StartBitrate + 1 },
		"start above max":  func(c *Config) { c.StartBitrate = c.MaxBitrate + 1 },
		"busy at the pace": func(c *Config) { c.Capacity.Busy = c.Capacity.Pace },
		"limited":          func(c *Config) { c.Probe.LimitedLeave = c.Probe.LimitedEnter + 0.01 },
		"memory":           func(c *Config) { c.Capacity.MinMemory = c.Capacity.MaxMemory + 1 },
	} {
		c := Default()
		change(&c)
		require.ErrorIs(t, c.Validate(), ErrConfig, name)
	}
	c := Default()
	c.MinBitrate = c.StartBitrate
	c.MaxBitrate = c.StartBitrate
	require.NoError(t, c.Validate())
}

func TestSetConfigWhileRunning(t *testing.T) {
	e, err := New(Default(), 0)
	require.NoError(t, err)
	bad := Default()
	bad.Capacity.Headroom = 2
	before := e.Latest()
	u, err := e.SetConfig(bad, Time(time.Second))
	require.ErrorIs(t, err, ErrConfig)
	require.Equal(t, before, u)
	less := Default()
	less.MaxBitrate = 350 * Kbps
	less.StartBitrate = 200 * Kbps
	u, err = e.SetConfig(less, Time(time.Second))
	require.NoError(t, err)
	require.LessOrEqual(t, u.Estimate, less.MaxBitrate)
	_, err = New(bad, 0)
	require.ErrorIs(t, err, ErrConfig)
}

func TestWithoutFeedbackREMBBinds(t *testing.T) {
	e, err := New(Default(), 0)
	require.NoError(t, err)
	require.Equal(t, Never, e.NextTimer(), "nothing to wait for before the first packet")
	for i := range 100 {
		e.OnSent(SentPacket{At: Time(i) * Time(50*time.Millisecond), Seq: int64(i), Size: testPacket})
	}
	require.Equal(t, 300*Kbps, e.OnTimer(Time(time.Second)).Estimate)
	u := e.OnREMB(REMB{At: Time(5 * time.Second), Bitrate: 900 * Kbps})
	require.Equal(t, StateNoFeedback, u.State)
	require.Equal(t, 900*Kbps, u.Estimate)
	u = e.OnFeedback(Feedback{At: Time(5 * time.Second), Results: []PacketResult{{Seq: 99, Received: true, ReceivedAt: 1}}})
	require.NotEqual(t, StateNoFeedback, u.State)
	require.NotEqual(t, 900*Kbps, u.Estimate, "transport feedback knows better")
}

func TestIgnoredInputIsCounted(t *testing.T) {
	e, err := New(Default(), 0)
	require.NoError(t, err)
	e.OnSent(SentPacket{Seq: 5, Size: testPacket})
	e.OnSent(SentPacket{Seq: 5, Size: testPacket})
	at := Time(50 * time.Millisecond)
	e.OnFeedback(Feedback{At: at, Results: []PacketResult{{Seq: 4}, {Seq: 5}, {Seq: 6, Received: true}}})
	e.OnFeedback(Feedback{At: at, Results: []PacketResult{{Seq: 5, Received: true, ReceivedAt: 7}}})
	e.OnFeedback(Feedback{At: at, Results: []PacketResult{{Seq: 5, Received: true, ReceivedAt: 7}, {Seq: 5}}})
	require.Equal(t, Stats{SentIgnored: 1, Unknown: 2, Duplicate: 2, LateReceived: 1}, e.Stats())
	require.Zero(t, e.Latest().Loss)
}
