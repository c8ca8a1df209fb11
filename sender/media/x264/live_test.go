// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package x264

import (
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// frames is a source of flat pictures, each of another brightness.
type frames struct {
	format media.Format
	count  int
	// wait is how long each picture takes, hang the number of the one that never comes.
	wait time.Duration
	hang int
	err  error

	read   int
	closed chan struct{}
	once   sync.Once
}

func newFrames(f media.Format, count int) *frames {
	return &frames{format: f, count: count, hang: -1, err: io.EOF, closed: make(chan struct{})}
}

func (f *frames) Format() media.Format { return f.format }

func (f *frames) Read(b []byte) error {
	time.Sleep(f.wait)
	if f.read == f.hang {
		<-f.closed

		return io.ErrClosedPipe
	}
	if f.read == f.count {
		return f.err
	}
	for i := range b {
		b[i] = byte(f.read)
	}
	f.read++

	return nil
}

func (f *frames) Close() error {
	f.once.Do(func() { close(f.closed) })

	return nil
}

// fake is an encoder that holds each picture back until the next one is put in.
type fake struct {
	log    *record
	format media.Format
	put    int64
	held   []coded
	work   time.Duration
}

// record is what was asked of fakes.
type record struct {
	mu      sync.Mutex
	formats []media.Format
	rates   []bwe.Bitrate
	open    int
	work    time.Duration
	refuse  error
}

func (r *record) codec(_ Config, f media.Format, rate bwe.Bitrate) (codec, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		return nil, r.refuse
	}
	r.open++
	r.formats, r.rates = append(r.formats, f), append(r.rates, rate)

	return &fake{log: r, format: f, work: r.work}, nil
}

func (f *fake) Headers() ([][]byte, error) { return [][]byte{{0x67, 1, 2, 3}, {0x68}}, nil }

func (f *fake) Encode(picture []byte, key bool) (coded, bool, error) {
	time.Sleep(f.work)
	p := coded{pts: f.put, dts: f.put - 1, key: key || f.put == 0, units: [][]byte{{picture[0]}, make([]byte, len(picture))}}
	f.put++
	f.held = append(f.held, p)
	if len(f.held) < 2 {
		return coded{}, false, nil
	}

	return f.Flush()
}

func (f *fake) Flush() (coded, bool, error) {
	if len(f.held) == 0 {
		return coded{}, false, nil
	}
	p := f.held[0]
	f.held = f.held[1:]

	return p, true, nil
}

func (f *fake) SetBitrate(rate bwe.Bitrate) error {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	f.log.rates = append(f.log.rates, rate)

	return nil
}

func (f *fake) Close() {
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	f.log.open--
}

func vga() media.Format { return media.Format{Width: 64, Height: 48, FrameRate: 30} }

func live(t *testing.T, p Pictures, r *record, warn func(error)) *Live {
	t.Helper()
	cfg := Default()
	cfg.MaxBitsPerPixel = 10
	l, err := newLive(p, 100*bwe.Kbps, cfg, warn, r.codec)
	require.NoError(t, err)

	return l
}

func readLive(t *testing.T, l *Live, each func(n int)) []media.AccessUnit {
	t.Helper()
	var out []media.AccessUnit
	for {
		au, err := l.Read()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		require.GreaterOrEqual(t, au.PTS, au.DTS)
		if n := len(out); n > 0 {
			require.GreaterOrEqual(t, au.DTS, out[n-1].DTS)
			require.Greater(t, au.PTS, out[n-1].PTS)
		}
		out = append(out, au)
		if each != nil {
			each(len(out))
		}
	}
}

func TestLiveGivesEveryPicture(t *testing.T) {
	r := &record{}
	l := live(t, newFrames(vga(), 100), r, nil)
	require.Equal(t, [][]byte{{0x67, 1, 2, 3}, {0x68}}, l.Track().ParameterSets)
	units := readLive(t, l, nil)
	require.Len(t, units, 100)
	for i, au := range units {
		require.Equal(t, byte(i), au.Units[0][0])
		require.InDelta(t, float64(i)/30, au.PTS.Seconds(), 1e-6)
		require.Equal(t, "64x48@30", au.Rendition)
	}
	_, err := l.Read()
	require.ErrorIs(t, err, io.EOF, "the end stays the end")
	require.NoError(t, l.Close())
	require.Zero(t, r.open, "every encoder is closed")
}

func TestLiveFollows(t *testing.T) {
	r := &record{}
	l := live(t, newFrames(vga(), 400), r, nil)
	units := readLive(t, l, func(n int) {
		switch n {
		case 50:
			l.SetBitrate(200 * bwe.Kbps)
		case 100:
			l.RequestKeyFrame()
		case 200:
			l.SetFormat(media.Format{Width: 32, Height: 32, FrameRate: 15})
		case 250:
			l.SetFormat(media.Format{})
		}
	})
	require.NoError(t, l.Close())
	require.Zero(t, r.open)
	require.Equal(t, []media.Format{vga(), vga(), {Width: 32, Height: 24, FrameRate: 15}, vga()}, r.formats)
	// The small pictures are worth 10 bits a pixel at most.
	require.Equal(t, []bwe.Bitrate{100e3, 100e3, 200e3, 10 * 32 * 24 * 15, 200e3}, r.rates)

	// A change meets what waits in the queue and in the encoder first.
	const late = queueLength + 2
	var keys []int
	for i, au := range units {
		if au.Key {
			keys = append(keys, i)
		}
	}
	require.Len(t, keys, 4)
	require.InDelta(t, 100, keys[1], late)
	require.InDelta(t, 200, keys[2], late)
	require.InDelta(t, 250, keys[3], late)
	small := units[keys[2]:keys[3]]
	for i, au := range small {
		require.Equal(t, "32x24@15", au.Rendition)
		require.Len(t, au.Units[1], 32*24*3/2)
		require.InDelta(t, float64(i)/15, (au.PTS - small[0].PTS).Seconds(), 1.0/60+1e-6)
	}
}

// A request that meets a picture that a lower frame rate leaves out is not lost.
func TestLiveKeepsARequest(t *testing.T) {
	l := live(t, newFrames(vga(), 200), &record{}, nil)
	l.SetFormat(media.Format{FrameRate: 7})
	asked := 0
	units := readLive(t, l, func(n int) {
		if n%10 == 0 {
			asked++
			l.RequestKeyFrame()
		}
	})
	require.NoError(t, l.Close())
	keys := 0
	for _, au := range units {
		if au.Key {
			keys++
		}
	}
	require.InDelta(t, 200*7/30, len(units), 1)
	require.InDelta(t, 1+asked, keys, 1)
}

func TestLiveEndsEarly(t *testing.T) {
	t.Run("never read", func(t *testing.T) {
		r := &record{}
		l := live(t, newFrames(vga(), 10), r, nil)
		require.NoError(t, l.Close())
		require.NoError(t, l.Close())
		_, err := l.Read()
		require.ErrorIs(t, err, errClosed)
		require.Zero(t, r.open)
	})
	t.Run("a full queue", func(t *testing.T) {
		r := &record{}
		l := live(t, newFrames(vga(), 1000), r, nil)
		_, err := l.Read()
		require.NoError(t, err)
		require.NoError(t, l.Close())
		require.Zero(t, r.open)
	})
	t.Run("a reader that waits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFrames(vga(), 10)
			f.hang = 0
			l := live(t, f, &record{}, nil)
			time.AfterFunc(time.Second, func() { _ = l.Close() })
			_, err := l.Read()
			require.ErrorIs(t, err, io.ErrClosedPipe)
		})
	})
	t.Run("pictures that fail", func(t *testing.T) {
		f := newFrames(vga(), 5)
		f.err = io.ErrUnexpectedEOF
		l := live(t, f, &record{}, nil)
		var err error
		for err == nil {
			_, err = l.Read()
		}
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.NoError(t, l.Close())
	})
	t.Run("a decoder that hangs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFrames(vga(), 10)
			f.hang = 0
			l := live(t, f, &record{}, nil)
			begin := time.Now()
			_, err := l.Read()
			require.ErrorIs(t, err, errStalled)
			require.Equal(t, stallTimeout, time.Since(begin))
			require.NoError(t, l.Close())
		})
	})
}

func TestLiveIsBoundToRealTime(t *testing.T) {
	for name, tc := range map[string]struct {
		decode, encode time.Duration
		says           string
	}{
		"fast":         {0, 30 * time.Millisecond, ""},
		"a camera":     {time.Second / 30, 2 * time.Millisecond, ""},
		"slow encoder": {time.Millisecond, 50 * time.Millisecond, "1.53 s for each second, 0.03 of it in the decoder"},
		"slow decoder": {50 * time.Millisecond, 0, "1.50 s for each second, 1.50 of it in the decoder"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFrames(vga(), 600)
				f.wait = tc.decode
				var said []error
				l := live(t, f, &record{work: tc.encode}, func(err error) { said = append(said, err) })
				readLive(t, l, nil)
				require.NoError(t, l.Close())
				if tc.says == "" {
					require.Empty(t, said)

					return
				}
				require.Len(t, said, 1, "once, not for each window")
				require.ErrorContains(t, said[0], tc.says)
			})
		})
	}
}

func TestLiveRefuses(t *testing.T) {
	bad := func(change func(*Config)) Config {
		c := Default()
		change(&c)

		return c
	}
	for name, cfg := range map[string]Config{
		"preset":    bad(func(c *Config) { c.Preset = "warp" }),
		"B-frames":  bad(func(c *Config) { c.BFrames = maxBFrames + 1 }),
		"B below":   bad(func(c *Config) { c.BFrames = -1 }),
		"keys":      bad(func(c *Config) { c.KeyInterval = 0 }),
		"keys over": bad(func(c *Config) { c.KeyInterval = time.Hour }),
		"buffer":    bad(func(c *Config) { c.Buffer = 0 }),
		"buffer up": bad(func(c *Config) { c.Buffer = time.Minute }),
		"bits":      bad(func(c *Config) { c.MaxBitsPerPixel = 0 }),
		"bits up":   bad(func(c *Config) { c.MaxBitsPerPixel = 11 }),
		"":          Default(),
	} {
		_, err := newLive(newFrames(vga(), 1), bwe.Mbps, cfg, nil, (&record{}).codec)
		if name == "" {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, ErrConfig, name)
		}
	}
	for _, f := range []media.Format{
		{}, {Width: 63, Height: 48, FrameRate: 30}, {Width: 64, Height: 47, FrameRate: 30}, {Width: 64, Height: 48},
		{Width: 14, Height: 48, FrameRate: 30}, {Width: 64, Height: maxSide + 2, FrameRate: 30}, {Width: 64, Height: 48, FrameRate: 301},
	} {
		_, err := newLive(newFrames(f, 1), bwe.Mbps, Default(), nil, (&record{}).codec)
		require.ErrorIs(t, err, ErrConfig, f)
	}
	refused := errors.New("no")
	_, err := newLive(newFrames(vga(), 1), bwe.Mbps, Default(), nil, (&record{refuse: refused}).codec)
	require.ErrorIs(t, err, refused)
}

func TestBitrateIsBoundByThePicture(t *testing.T) {
	c := Default()
	hd := media.Format{Width: 1280, Height: 720, FrameRate: 30}
	require.Equal(t, bwe.Bitrate(8_294_400), c.bound(100*bwe.Mbps, hd))
	require.Equal(t, 5*bwe.Mbps, c.bound(5*bwe.Mbps, hd))
	require.Equal(t, leastBitrate, c.bound(0, hd))
}
