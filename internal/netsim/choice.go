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
	"slices"
	"strings"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/internal/netsim/outside"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// ErrChoice is wrapped by errors about the name of a controller.
var ErrChoice = errors.New("unknown controller")

// Choice names a controller and makes one for every flow that it runs.
type Choice struct {
	// Name is what the choice was parsed from; tables and plots show it.
	Name string

	make func(Limits, PathView, bwe.Observer) Controller
}

// presets are the estimator's own configurations by name.
var presets = map[string]func() bwe.Config{"default": bwe.Default, "gcc": bwe.GCC}

// rateControlSuffix asks for the rate controller on top of an estimator.
const rateControlSuffix = "+rc"

// ParseChoice understands
//
//	default, gcc      a preset of the estimator; with +rc at the end the rate
//	                  controller of a live sender steers the media as well
//	config:FILE       an estimator with the configuration of a JSON file, which is laid
//	                  over the default one; +rc as above
//	oracle            knows the path's capacity one feedback trip late
//	fixed:RATE        one rate, such as fixed:2Mbps
//	exec:COMMAND      a child process for each flow that speaks the driver protocol
func ParseChoice(name string) (Choice, error) {
	kind, argument, _ := strings.Cut(name, ":")
	switch {
	case kind == "exec":
		if strings.TrimSpace(argument) == "" {
			return Choice{}, fmt.Errorf("%w: %q names no command, want for example 'exec:./other --flag'", ErrChoice, name)
		}

		return Choice{Name: name, make: func(l Limits, _ PathView, o bwe.Observer) Controller {
			return watched(outside.New(argument, l.Start, l.Min, l.Max), o)
		}}, nil
	case kind == "fixed":
		var r Rate
		if err := r.UnmarshalText([]byte(argument)); err != nil || r <= 0 {
			return Choice{}, fmt.Errorf("%w: %q, want a bitrate above zero such as fixed:2Mbps", ErrChoice, name)
		}

		return Choice{Name: name, make: func(_ Limits, _ PathView, o bwe.Observer) Controller {
			return watched(&steady{rate: r.Bitrate()}, o)
		}}, nil
	case name == "oracle":
		return Choice{Name: name, make: func(l Limits, v PathView, o bwe.Observer) Controller {
			return watched(&oracle{view: v, max: l.Max}, o)
		}}, nil
	default:
		return parseEstimator(name)
	}
}

func parseEstimator(name string) (Choice, error) {
	base, controlled := strings.CutSuffix(name, rateControlSuffix)
	if path, found := strings.CutPrefix(base, "config:"); found {
		cfg, err := readConfig(path)
		if err != nil {
			return Choice{}, err
		}

		return EstimatorChoice(name, cfg, controlled), nil
	}
	preset, found := presets[base]
	if !found {
		names := make([]string, 0, len(presets))
		for n := range presets {
			names = append(names, n)
		}
		slices.Sort(names)

		return Choice{}, fmt.Errorf("%w %q, want %s (each with +rc for the rate controller), config:FILE, oracle, fixed:RATE or exec:COMMAND",
			ErrChoice, name, strings.Join(names, ", "))
	}

	return EstimatorChoice(name, preset(), controlled), nil
}

// EstimatorChoice returns a choice of the given configuration, whose least, first
// and largest bitrate the scenario sets. With controlled, the rate controller of a
// live sender steers the media as well.
func EstimatorChoice(name string, cfg bwe.Config, controlled bool) Choice {
	return Choice{Name: name, make: func(l Limits, _ PathView, o bwe.Observer) Controller {
		cfg := l.apply(cfg)
		if !controlled && o == nil {
			return &estimatorFlow{cfg: cfg}
		}
		rc := ratecontrol.Default()
		rc.MinBitrate, rc.MaxBitrate = l.Min, l.Max
		loop := loopFlow{cfg: control.Config{BWE: cfg, RateControl: rc}, observe: o}
		if controlled {
			return &rateControlledFlow{loopFlow: loop}
		}

		return &loop
	}}
}

// ControllerChoice returns a choice of controllers that the caller makes.
func ControllerChoice(name string, build func(Limits, PathView) Controller) Choice {
	return Choice{Name: name, make: func(l Limits, v PathView, o bwe.Observer) Controller {
		return watched(build(l, v), o)
	}}
}

func watched(c Controller, o bwe.Observer) Controller {
	if o == nil {
		return c
	}

	return &observed{Controller: c, observe: o}
}

// maxConfig bounds a configuration file.
const maxConfig = 1 << 20

func readConfig(path string) (bwe.Config, error) {
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return bwe.Config{}, fmt.Errorf("estimator configuration: %w", err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxConfig))
	if err != nil {
		return bwe.Config{}, fmt.Errorf("estimator configuration: %w", err)
	}
	cfg := bwe.Default()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&cfg); err != nil {
		return bwe.Config{}, fmt.Errorf("estimator configuration %s: %w", path, err)
	}
	if err := cfg.Validate(); err != nil {
		return bwe.Config{}, fmt.Errorf("estimator configuration %s: %w", path, err)
	}

	return cfg, nil
}
