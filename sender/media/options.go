// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

// Option changes how [Open] and [OpenReader] read.
type Option func(*options)

type options struct {
	frameRate float64
	opusAudio bool
	aacAudio  bool
	warn      func(error)
}

func newOptions(opts []Option) options {
	o := options{warn: func(error) {}}
	for _, opt := range opts {
		opt(&o)
	}

	return o
}

// WithFrameRate sets the frames per second of elementary streams, which carry no
// timestamps (.h264, .h265). Without it the rate in the sequence parameter set
// counts, and 30 where there is none. Values that are not above 0 are ignored.
// Containers with timestamps do not need it.
func WithFrameRate(fps float64) Option {
	return func(o *options) {
		if fps > 0 && fps <= maxFrameRate {
			o.frameRate = fps
		}
	}
}

// WithOpusAudio has ffmpeg convert the audio to Opus where it is anything else,
// as standard WebRTC has no AAC. The video is copied. Where ffmpeg is not on
// PATH, [Open] warns and gives the audio as it is.
func WithOpusAudio() Option {
	return func(o *options) { o.opusAudio = true }
}

// WithAACAudio leaves AAC as it is where [WithOpusAudio] converts what WebRTC does not
// know, for servers that take it; see [ConvertAudio] for those that do not.
func WithAACAudio() Option {
	return func(o *options) { o.aacAudio = true }
}

// WithWarnings calls f for what is passed over while reading: tracks of unknown
// codecs, damaged data, jumps of the clock. f is called from within [Open] and
// [Source.Next], at most a bounded number of times a source.
func WithWarnings(f func(error)) Option {
	return func(o *options) {
		if f == nil {
			return
		}
		left := maxWarnings
		o.warn = func(err error) {
			if left > 0 {
				left--
				f(err)
			}
		}
	}
}

// held returns options whose warnings wait until release is called: what could not
// be read does not matter when it is read in another way.
func (o options) held() (waiting options, release func()) {
	var kept []error
	released := false
	waiting = o
	waiting.warn = func(err error) {
		if released {
			o.warn(err)
		} else if len(kept) < maxWarnings {
			kept = append(kept, err)
		}
	}

	return waiting, func() {
		released = true
		for _, err := range kept {
			o.warn(err)
		}
		kept = nil
	}
}

const (
	// maxWarnings bounds what a badly damaged file can say.
	maxWarnings = 100
	// maxFrameRate is above every camera's; it keeps frame durations positive.
	maxFrameRate = 1000
)
