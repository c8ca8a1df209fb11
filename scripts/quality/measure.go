// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// measured is what one set-up came to over the time of the clip.
type measured struct {
	name string
	// asked is the mean bitrate that the video encoder was asked for, coded what the
	// real one made of it.
	asked, coded bwe.Bitrate
	// psnr is over all planes, of the mean squared error over all pictures, in dB.
	psnr, ssim float64
	// queue95 is of the whole run, in ms; still the share of time that its player stood.
	queue95, still float64
	series         *netsim.Series
}

// measure plays one set-up of a case and encodes the clip along it.
func measure(ctx context.Context, o *options, clip string, c *comparison, i int) (*measured, error) {
	result, err := simulate(ctx, o, c, &c.setups[i])
	if err != nil {
		return nil, err
	}
	flow := &result.Series.Flows[0]
	from := int(o.warmup / netsim.Bin)
	d := demands{rates: flow.Encoder[from:], tiers: flow.Tier[from:], ladder: result.ladder}
	path := filepath.Join(o.folder, fmt.Sprintf("%s-%d.h264", c.short, i))
	pictures, size, err := encode(ctx, clip, path, d)
	if err != nil {
		return nil, err
	}
	m := &measured{
		name: c.setups[i].name, asked: mean(d.rates), coded: bwe.RateOf(size, o.length),
		queue95: result.Queue95, still: result.Still, series: &result.Series,
	}
	m.psnr, m.ssim, err = compare(ctx, clip, path, pictures)

	return m, err
}

func mean(rates []bwe.Bitrate) bwe.Bitrate {
	sum := bwe.Bitrate(0)
	for _, r := range rates {
		sum += r
	}

	return sum / bwe.Bitrate(len(rates))
}

// compare has ffmpeg compare a coded stream with the clip. Pictures are paired by their
// number; those of smaller tiers are scaled up first, as a player does.
func compare(ctx context.Context, clip, coded string, pictures int) (psnr, ssim float64, err error) {
	// A change of the size starts a filter graph anew, and its sums with it: the
	// pictures are brought to one size before they are compared.
	even := coded + ".y4m"
	size := fmt.Sprintf("scale=%d:%d:flags=bicubic,format=yuv420p", clipFormat.Width, clipFormat.Height)
	err = ffmpeg(ctx, nil, "-f", "h264", "-i", coded, "-vf", size, "-fps_mode", "passthrough", "-f", "yuv4mpegpipe", even)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = os.Remove(even) }()
	var said string
	number := fmt.Sprintf("setpts=N/(%g*TB)", clipFormat.FrameRate)
	err = ffmpeg(ctx, &said, "-i", even, "-i", clip, "-lavfi",
		"[0:v]"+number+",split[a][b];[1:v]"+number+",split[c][d];[a][c]psnr;[b][d]ssim", "-f", "null", "-")
	if err != nil {
		return 0, 0, err
	}
	if !slices.Contains(found(framesPattern, said), float64(pictures)) {
		return 0, 0, fmt.Errorf("ffmpeg compared other than the %d pictures that were coded", pictures)
	}
	psnrs, ssims := found(psnrPattern, said), found(ssimPattern, said)
	if len(psnrs) != 1 || len(ssims) != 1 {
		return 0, 0, fmt.Errorf("ffmpeg said %d times PSNR and %d times SSIM, not once each", len(psnrs), len(ssims))
	}

	return psnrs[0], ssims[0], nil
}

var (
	psnrPattern   = regexp.MustCompile(`PSNR .*average:([\d.]+)`)
	ssimPattern   = regexp.MustCompile(`SSIM .*All:([\d.]+)`)
	framesPattern = regexp.MustCompile(`frame= *(\d+)`)
)

func found(pattern *regexp.Regexp, text string) []float64 {
	var out []float64
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		if v, err := strconv.ParseFloat(match[1], 64); err == nil {
			out = append(out, v)
		}
	}

	return out
}
