// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rtmcc/rtmcc/sender/media"
)

// clipFormat is what the clip is made in, and what everything is compared in.
var clipFormat = media.Format{Width: 1280, Height: 720, FrameRate: 30}

// generators make the clip: a fractal that is zoomed into while the picture pans over
// it, and upon it a moving test picture and a drifting game of life. All of it is
// the same each time.
const generators = "mandelbrot=size=1600x900:rate=30:maxiter=200:start_scale=2:end_scale=0.2:end_pts=1500:outer=normalized_iteration_count," +
	"gblur=sigma=1.2,crop=1280:720:160+150*sin(t*0.9):90+80*cos(t*0.7)[ground];" +
	"testsrc2=size=320x180:rate=30[card];" +
	"life=size=80x45:rate=3:seed=1:ratio=0.2:mold=20:life_color=#c0e060:death_color=#604020:mold_color=#203040," +
	"fps=30,scale=480:270:flags=bicubic[life];" +
	"[ground][card]overlay=x='80+60*sin(t)':y=60[two];" +
	"[two][life]overlay=x='700-80*t+800*floor(t/10)':y=380,format=yuv420p"

// makeClip makes the clip without loss, unless it is there, and returns its path.
func makeClip(ctx context.Context, o *options) (string, error) {
	path := filepath.Join(o.folder, fmt.Sprintf("clip-%s.mkv", o.length))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	part := path + ".part"
	err := ffmpeg(ctx, nil, "-filter_complex", generators, "-t", seconds(o.length.Seconds()),
		"-c:v", "libx264", "-qp", "0", "-preset", "ultrafast", "-f", "matroska", part)
	if err != nil {
		return "", err
	}

	return path, os.Rename(part, path)
}

func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 3, 64) }

// ffmpeg runs to its end; output, unless nil, gets what it says of the pictures.
func ffmpeg(ctx context.Context, output *string, args ...string) error {
	level := "error"
	if output != nil {
		level = "info"
	}
	command := exec.CommandContext(ctx, "ffmpeg", append([]string{"-nostdin", "-hide_banner", "-nostats", "-loglevel", level, "-y"}, args...)...) //nolint:gosec // fixed arguments
	said, err := command.CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(said)), "\n")

		return fmt.Errorf("ffmpeg: %w: %s", err, lines[len(lines)-1])
	}
	if output != nil {
		*output = string(said)
	}

	return nil
}
