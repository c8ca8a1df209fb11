// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

//go:build x264 && cgo

package x264

/*
#cgo pkg-config: x264
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <x264.h>

typedef struct {
	x264_t *h;
	x264_picture_t in, out;
	x264_nal_t *nals;
	int count;
} encoder;

static encoder *encoder_new(x264_param_t *p) {
	encoder *e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	if (x264_picture_alloc(&e->in, X264_CSP_I420, p->i_width, p->i_height) < 0) {
		free(e);
		return NULL;
	}
	e->h = x264_encoder_open(p);
	if (!e->h) {
		x264_picture_clean(&e->in);
		free(e);
		return NULL;
	}
	return e;
}

static void encoder_free(encoder *e) {
	x264_encoder_close(e->h);
	x264_picture_clean(&e->in);
	free(e);
}

static void fill_plane(x264_image_t *img, int plane, const uint8_t *from, int width, int height) {
	for (int y = 0; y < height; y++)
		memcpy(img->plane[plane] + (size_t)y * img->i_stride[plane], from + (size_t)y * width, width);
}

// encoder_put puts a picture in; it returns the bytes that came out, 0 for none and
// below 0 for a failure.
static int encoder_put(encoder *e, const uint8_t *i420, int width, int height, int64_t pts, int idr) {
	int w = width / 2, h = height / 2;
	fill_plane(&e->in.img, 0, i420, width, height);
	fill_plane(&e->in.img, 1, i420 + (size_t)width * height, w, h);
	fill_plane(&e->in.img, 2, i420 + (size_t)width * height + (size_t)w * h, w, h);
	e->in.i_pts = pts;
	e->in.i_type = idr ? X264_TYPE_IDR : X264_TYPE_AUTO;
	return x264_encoder_encode(e->h, &e->nals, &e->count, &e->in, &e->out);
}

static int encoder_flush(encoder *e) {
	return x264_encoder_encode(e->h, &e->nals, &e->count, NULL, &e->out);
}

static int encoder_headers(encoder *e) { return x264_encoder_headers(e->h, &e->nals, &e->count); }

static int encoder_delayed(encoder *e) { return x264_encoder_delayed_frames(e->h); }

static void set_rate(x264_param_t *p, int kbps, int buffer_kbit) {
	p->rc.i_bitrate = kbps;
	p->rc.i_vbv_max_bitrate = kbps;
	p->rc.i_vbv_buffer_size = buffer_kbit;
}

static int encoder_rate(encoder *e, int kbps, int buffer_kbit) {
	x264_param_t p;
	x264_encoder_parameters(e->h, &p);
	set_rate(&p, kbps, buffer_kbit);
	return x264_encoder_reconfig(e->h, &p);
}
*/
import "C"

import (
	"errors"
	"math"
	"time"
	"unsafe"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
)

// Available tells whether libx264 is linked in.
const Available = true

var errX264 = errors.New("libx264 failed")

// encoder is one encoder of libx264.
type encoder struct {
	c             *C.encoder
	width, height int
	pictures      int64
	buffer        time.Duration
}

// rateScale makes integers of frame rates such as 29.97.
const rateScale = 1000

// open starts an encoder. No picture waits in it but for B-frames: it looks at no
// picture ahead, and its threads share one picture.
func open(cfg Config, f media.Format, rate bwe.Bitrate) (codec, error) {
	preset := C.CString(cfg.Preset)
	defer C.free(unsafe.Pointer(preset))
	profile := C.CString("high")
	defer C.free(unsafe.Pointer(profile))
	var p C.x264_param_t
	if C.x264_param_default_preset(&p, preset, nil) < 0 {
		return nil, errX264
	}
	p.i_log_level = C.X264_LOG_NONE
	p.i_csp = C.X264_CSP_I420
	p.i_width, p.i_height = C.int(f.Width), C.int(f.Height)
	p.i_fps_num, p.i_fps_den = C.uint32_t(math.Round(f.FrameRate*rateScale)), rateScale
	p.i_timebase_num, p.i_timebase_den = p.i_fps_den, p.i_fps_num
	p.b_vfr_input = 0
	p.i_keyint_max = C.int(max(math.Round(f.FrameRate*cfg.KeyInterval.Seconds()), 1))
	p.i_scenecut_threshold = 0
	p.b_open_gop = 0
	p.i_bframe = C.int(cfg.BFrames)
	p.i_bframe_adaptive = C.X264_B_ADAPT_NONE
	p.b_sliced_threads = 1
	p.i_sync_lookahead = 0
	p.rc.i_lookahead = 0
	p.rc.b_mb_tree = 0
	p.rc.i_rc_method = C.X264_RC_ABR
	kbps, buffer := rates(rate, cfg.Buffer)
	C.set_rate(&p, kbps, buffer)
	p.b_repeat_headers = 1
	p.b_annexb = 1
	p.b_aud = 0
	if C.x264_param_apply_profile(&p, profile) < 0 {
		return nil, errX264
	}
	c := C.encoder_new(&p)
	if c == nil {
		return nil, errX264
	}

	return &encoder{c: c, width: f.Width, height: f.Height, buffer: cfg.Buffer}, nil
}

func rates(rate bwe.Bitrate, buffer time.Duration) (kbps, kbit C.int) {
	k := max(float64(rate)/float64(bwe.Kbps), 1)

	return C.int(min(math.Round(k), math.MaxInt32)), C.int(max(min(math.Round(k*buffer.Seconds()), math.MaxInt32), 1))
}

// Encode implements codec.
func (e *encoder) Encode(picture []byte, key bool) (coded, bool, error) {
	if e.c == nil || len(picture) < (media.Format{Width: e.width, Height: e.height}).I420Size() {
		return coded{}, false, errX264
	}
	idr := C.int(0)
	if key {
		idr = 1
	}
	n := C.encoder_put(e.c, (*C.uint8_t)(unsafe.Pointer(&picture[0])), C.int(e.width), C.int(e.height), C.int64_t(e.pictures), idr)
	e.pictures++

	return e.take(n)
}

// Flush implements codec.
func (e *encoder) Flush() (coded, bool, error) {
	for e.c != nil && C.encoder_delayed(e.c) > 0 {
		if p, ok, err := e.take(C.encoder_flush(e.c)); ok || err != nil {
			return p, ok, err
		}
	}

	return coded{}, false, nil
}

func (e *encoder) take(n C.int) (coded, bool, error) {
	switch {
	case n < 0:
		return coded{}, false, errX264
	case n == 0:
		return coded{}, false, nil
	}
	p := coded{
		pts: int64(e.c.out.i_pts), dts: int64(e.c.out.i_dts), key: e.c.out.i_type == C.X264_TYPE_IDR, disposable: true,
	}
	for _, nal := range unsafe.Slice(e.c.nals, int(e.c.count)) {
		if nal.i_type == C.NAL_SEI {
			continue // the encoder's settings in words
		}
		p.units = append(p.units, withoutStartCode(nal))
		p.disposable = p.disposable && nal.i_ref_idc == 0
	}

	return p, true, nil
}

// Headers implements codec.
func (e *encoder) Headers() ([][]byte, error) {
	if e.c == nil || C.encoder_headers(e.c) < 0 {
		return nil, errX264
	}
	var sets [][]byte
	for _, nal := range unsafe.Slice(e.c.nals, int(e.c.count)) {
		if nal.i_type == C.NAL_SPS || nal.i_type == C.NAL_PPS {
			sets = append(sets, withoutStartCode(nal))
		}
	}

	return sets, nil
}

// withoutStartCode copies a NAL unit; its start code has three or four bytes.
func withoutStartCode(nal C.x264_nal_t) []byte {
	unit := C.GoBytes(unsafe.Pointer(nal.p_payload), nal.i_payload)
	for len(unit) > 1 && unit[0] == 0 {
		unit = unit[1:]
	}

	return unit[1:]
}

// SetBitrate implements codec.
func (e *encoder) SetBitrate(rate bwe.Bitrate) error {
	if e.c == nil {
		return errX264
	}
	kbps, buffer := rates(rate, e.buffer)
	if C.encoder_rate(e.c, kbps, buffer) < 0 {
		return errX264
	}

	return nil
}

// Close implements codec.
func (e *encoder) Close() {
	if e.c != nil {
		C.encoder_free(e.c)
		e.c = nil
	}
}
