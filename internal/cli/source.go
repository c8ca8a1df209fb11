// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/media/x264"
)

// opener opens a source.
type opener func(context.Context) (media.Source, error)

// checkSource finds flags about the source that exclude each other.
func (o *PushOptions) checkSource() error {
	switch {
	case len(o.Renditions) > 0 && o.File != "":
		return fmt.Errorf("%w: %s and --rendition: give the file as one more --rendition", ErrUsage, o.File)
	case len(o.Renditions) > 0 && o.Encode != "":
		return fmt.Errorf("%w: --rendition and --encode: renditions are encoded already; leave one out", ErrUsage)
	case o.Encode != "" && o.File == "":
		return fmt.Errorf("%w: --encode needs a FILE to encode", ErrUsage)
	case o.Encode != "" && !x264.Available:
		return fmt.Errorf("--encode %s: %w", o.Encode, x264.ErrUnavailable)
	case o.Encode != "" && !readableTwice(o.File):
		return fmt.Errorf("%w: --encode %s: not a regular file, and it has to be opened twice", ErrUsage, o.File)
	}
	for _, text := range o.Renditions {
		if path, _ := parseRendition(text); !readableTwice(path) {
			return fmt.Errorf("%w: --rendition %s: not a regular file, and it has to be read ahead", ErrUsage, path)
		}
	}

	return nil
}

// source returns how to open what is pushed, and the congestion control for it.
func (p *push) source(ctx context.Context, warn func(error)) (opener, sender.Config, error) {
	switch {
	case len(p.Renditions) > 0:
		return p.renditions(ctx, warn)
	case p.Encode != "":
		return p.encoder(ctx, warn)
	}
	open := openSource(p.File, warn)
	var file rates
	if readableTwice(p.File) {
		var err error
		if file, err = measure(ctx, openSource(p.File, func(error) {})); err != nil {
			return nil, sender.Config{}, err
		}
	}
	cfg, err := p.Tuning.senderConfig(file)

	return open, cfg, err
}

// renditions opens a set of files. It starts as if the lowest were all there is; the
// others are for what the path turns out to carry.
func (p *push) renditions(ctx context.Context, warn func(error)) (opener, sender.Config, error) {
	cfg, err := p.Tuning.senderConfig(rates{})
	if err != nil {
		return nil, cfg, err
	}
	set := media.RenditionConfig{Warn: warn, ByTier: len(cfg.RateControl.Tiers) == len(p.Renditions)}
	for _, text := range p.Renditions {
		path, rate := parseRendition(text)
		open := func(ctx context.Context) (media.Source, error) { return media.Open(ctx, path) }
		set.Renditions = append(set.Renditions, media.Rendition{
			Name: path, Bitrate: rate, Open: open, OpenAudio: openSource(path, warn),
		})
	}
	shorten(set.Renditions)
	chosen, err := media.NewRenditionSet(ctx, set)
	if err != nil {
		return nil, cfg, err
	}
	lowest := chosen.Renditions()[0]
	file, err := measure(ctx, lowest.OpenAudio)
	if err != nil {
		return nil, cfg, err
	}
	for _, r := range chosen.Renditions() {
		p.screen.message("rendition %s: %v", r.Name, r.Bitrate)
	}
	cfg, err = p.Tuning.senderConfig(rates{video: lowest.Bitrate, audio: file.audio})

	return chosen.Open, cfg, err
}

// parseRendition takes FILE or FILE@BITRATE apart.
func parseRendition(text string) (path string, rate bwe.Bitrate) {
	if at := strings.LastIndexByte(text, '@'); at > 0 {
		var b Bitrate
		if b.UnmarshalText([]byte(text[at+1:])) == nil && b > 0 {
			return text[:at], bwe.Bitrate(b)
		}
	}

	return text, 0
}

// shorten leaves the folders out of the names where the rest still tells them apart.
func shorten(renditions []media.Rendition) {
	known := map[string]bool{}
	for _, r := range renditions {
		known[filepath.Base(r.Name)] = true
	}
	if len(known) < len(renditions) {
		return
	}
	for i := range renditions {
		renditions[i].Name = filepath.Base(renditions[i].Name)
	}
}

// encoder decodes a file and encodes it at what the path carries.
func (p *push) encoder(ctx context.Context, warn func(error)) (opener, sender.Config, error) {
	raw, err := media.OpenRaw(ctx, p.File)
	if err != nil {
		return nil, sender.Config{}, err
	}
	format := raw.Format()
	_ = raw.Close()
	cfg, err := p.Tuning.senderConfig(rates{})
	if err != nil {
		return nil, cfg, err
	}
	if len(cfg.RateControl.Tiers) == 0 {
		tiers := ladder(format)
		if cfg, err = p.Tuning.senderConfig(rates{video: tiers[len(tiers)-1].Min, audio: encodedAudio}); err != nil {
			return nil, cfg, err
		}
		cfg.RateControl.Tiers = tiers
	}
	start := cfg.BWE.StartBitrate

	return func(ctx context.Context) (media.Source, error) { return openEncoder(ctx, p.File, start, warn) }, cfg, cfg.Validate()
}

// encodedAudio is the bitrate of audio that ffmpeg encodes.
const encodedAudio = 96 * bwe.Kbps

// ladder returns the default tiers up to the source's size. Frame rates are left as
// they are.
func ladder(source media.Format) []ratecontrol.Tier {
	var tiers []ratecontrol.Tier
	for _, t := range ratecontrol.DefaultTiers() {
		t.FrameRate = 0
		tiers = append(tiers, t)
		if t.Height >= source.Height {
			break
		}
	}

	return tiers
}

func openEncoder(ctx context.Context, file string, start bwe.Bitrate, warn func(error)) (media.Source, error) {
	raw, err := media.OpenRaw(ctx, file)
	if err != nil {
		return nil, err
	}
	live, err := x264.Open(raw, start, x264.Default(), warn)
	if err != nil {
		return nil, err
	}
	sound, err := media.OpenSound(ctx, file)
	if err != nil {
		if ctx.Err() != nil {
			return nil, errors.Join(err, live.Close())
		}
		warn(fmt.Errorf("pushing without audio: %w", err))
		sound = nil
	}
	source, err := media.NewEncoderSource(live, sound)
	if err != nil {
		return nil, errors.Join(err, live.Close())
	}

	return source, nil
}
