// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/internal/jsonfile"
	"github.com/rtmcc/rtmcc/internal/netsim/outside"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// ErrChoice is wrapped by errors about the name of a controller.
var ErrChoice = errors.New("unknown controller")

// Choice names a controller and makes one for every flow that it runs.
type Choice struct {
	// Name is what the choice was parsed from; tables and plots show it.
	Name string

	make func(flowSetup) Controller
	// open makes one for a path that is not simulated, nil where the controller needs the
	// simulation.
	open func(Setting) Controller
}

// flowSetup is what a controller is made from.
type flowSetup struct {
	limits  Limits
	view    PathView
	source  *Source
	observe bwe.Observer
}

// presets are the estimator's own configurations by name.
var presets = map[string]func() bwe.Config{"default": bwe.Default, "gcc": bwe.GCC}

// rateControlSuffix asks for the rate controller on top of an estimator.
const rateControlSuffix = "+rc"

// ParseChoice understands
//
//	default, gcc      a preset of the estimator; with +rc at the end the rate
//	                  controller of a live sender steers the media as well, with +rc:FILE
//	                  in the configuration of a JSON file laid over the default one
//	config:FILE       an estimator with the configuration of a JSON file, which is laid
//	                  over the default one; +rc and +rc:FILE as above
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

		return Choice{Name: name, make: func(f flowSetup) Controller {
			return watched(outside.New(argument, f.limits.Start, f.limits.Min, f.limits.Max), f.observe)
		}, open: func(s Setting) Controller {
			return outside.New(argument, s.Limits.Start, s.Limits.Min, s.Limits.Max)
		}}, nil
	case kind == "fixed":
		var r Rate
		if err := r.UnmarshalText([]byte(argument)); err != nil || r <= 0 {
			return Choice{}, fmt.Errorf("%w: %q, want a bitrate above zero such as fixed:2Mbps", ErrChoice, name)
		}

		return Choice{Name: name, make: func(f flowSetup) Controller {
			return watched(&steady{rate: r.Bitrate()}, f.observe)
		}}, nil
	case name == "oracle":
		return Choice{Name: name, make: func(f flowSetup) Controller {
			return watched(&oracle{view: f.view, max: f.limits.Max}, f.observe)
		}}, nil
	default:
		return parseEstimator(name)
	}
}

func parseEstimator(name string) (Choice, error) {
	base, rateControl, controlled := cutRateControl(name)
	cfg, found := bwe.Config{}, false
	if path, ok := strings.CutPrefix(base, "config:"); ok {
		cfg, found = bwe.Default(), true
		if err := readConfig("estimator configuration", path, &cfg); err != nil {
			return Choice{}, err
		}
	} else if preset, ok := presets[base]; ok {
		cfg, found = preset(), true
	}
	if !found {
		names := make([]string, 0, len(presets))
		for n := range presets {
			names = append(names, n)
		}
		slices.Sort(names)

		return Choice{}, fmt.Errorf("%w %q, want %s or config:FILE (each with +rc or +rc:FILE for the rate controller), oracle, fixed:RATE or exec:COMMAND",
			ErrChoice, name, strings.Join(names, ", "))
	}
	if !controlled {
		return EstimatorChoice(name, cfg, nil), nil
	}
	rc := ratecontrol.Default()
	if rateControl != "" {
		if err := readConfig("rate control configuration", rateControl, &rc); err != nil {
			return Choice{}, err
		}
	}

	return EstimatorChoice(name, cfg, &rc), nil
}

// cutRateControl splits what follows an estimator's name off it: +rc, or +rc: and the
// rate controller's configuration file.
func cutRateControl(name string) (base, file string, found bool) {
	if base, found = strings.CutSuffix(name, rateControlSuffix); found {
		return base, "", true
	}

	if base, file, found = strings.Cut(name, rateControlSuffix+":"); file == "" {
		return name, "", false
	}

	return base, file, found
}

// EstimatorChoice returns a choice of the given configuration, whose least, first
// and largest bitrate the scenario sets. With rc, the rate controller of a live
// sender steers the media as well: the scenario sets its least and largest bitrate and
// what is set aside for audio, and the ladder where rc has none.
func EstimatorChoice(name string, cfg bwe.Config, rc *ratecontrol.Config) Choice {
	return Choice{Name: name, open: openEstimator(cfg, rc), make: func(f flowSetup) Controller {
		cfg := f.limits.apply(cfg)
		if rc == nil && f.observe == nil {
			return &estimatorFlow{cfg: cfg}
		}
		media := ratecontrol.Default()
		if rc != nil {
			media = *rc
		}
		media.MinBitrate, media.MaxBitrate = f.limits.Min, f.limits.Max
		media.AudioBitrate = f.source.Audio.Bitrate()
		if len(media.Tiers) == 0 {
			media.Tiers = f.source.Tiers
		}
		loop := loopFlow{cfg: control.Config{BWE: cfg, RateControl: media, EstimatorAlone: rc == nil}, observe: f.observe}
		if rc != nil {
			return &rateControlledFlow{loopFlow: loop}
		}

		return &loop
	}}
}

// ControllerChoice returns a choice of controllers that the caller makes.
func ControllerChoice(name string, build func(Limits, PathView) Controller) Choice {
	return Choice{Name: name, make: func(f flowSetup) Controller {
		return watched(build(f.limits, f.view), f.observe)
	}}
}

func watched(c Controller, o bwe.Observer) Controller {
	if o == nil {
		return c
	}

	return &observed{Controller: c, observe: o}
}

// readConfig lays a JSON file over the configuration that config holds.
func readConfig(what, path string, config interface{ Validate() error }) error {
	if path == "" {
		return fmt.Errorf("%w: config: names no file, want for example config:mine.json", ErrChoice)
	}
	if err := jsonfile.Load(path, config); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := config.Validate(); err != nil {
		return fmt.Errorf("%s %s: %w", what, path, err)
	}

	return nil
}
