// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	tsmux "github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	tscodecs "github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/testdata"
)

// The readers must take any bytes: no panic, no endless loop, no more memory than
// the bytes account for, and what comes out keeps a source's promises.

func FuzzMPEGTS(f *testing.F) {
	small := smallTS(f)
	f.Add(small)
	f.Add(moveClock(small, tsClockWrap-2000))
	f.Add(testdata.Clip[:10*tsPacketSize])
	fuzzContainer(f, containerMPEGTS)
}

func FuzzMP4(f *testing.F) {
	f.Add(smallMP4(f))
	f.Add(smallFragmentedMP4(f))
	fuzzContainer(f, containerMP4)
}

func FuzzH264(f *testing.F) {
	f.Add(annexBOf(smallPictures(f, H264)))
	fuzzContainer(f, containerH264)
}

func FuzzH265(f *testing.F) {
	f.Add(annexBOf(smallPictures(f, H265)))
	fuzzContainer(f, containerH265)
}

func FuzzOgg(f *testing.F) {
	f.Add(oggFile(opusPackets(5), 2))
	f.Add(oggFile([][]byte{{0xfc, 1}, bytes.Repeat([]byte{0xfc}, 600)}, 1))
	fuzzContainer(f, containerOgg)
}

func FuzzIVF(f *testing.F) {
	for _, name := range []string{"tiny-vp8.ivf", "tiny-vp9.ivf", "tiny-av1.ivf"} {
		f.Add(load(f, name)[:500])
	}
	fuzzContainer(f, containerIVF)
}

// smallPictures are the first few of a clip, without the encoder's signature. The
// fuzzer is far quicker with small files.
func smallPictures(t testing.TB, c Codec) []AccessUnit {
	t.Helper()
	src := openBytes(t, load(t, map[Codec]string{H264: "tiny.h264", H265: "tiny.h265"}[c]), "")
	units := readAll(t, src)[:6]
	units[0].Units = append(append([][]byte(nil), src.Tracks()[0].ParameterSets...), slicesOf(c, units[0])...)
	for i := range units {
		last := &units[i].Units[len(units[i].Units)-1]
		*last = (*last)[:min(len(*last), 60)]
	}

	return units
}

// smallTS has pictures and Opus.
func smallTS(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tsmux.Writer{W: &out, Tracks: []*tsmux.Track{
		{PID: 256, Codec: &tscodecs.H264{}}, {PID: 257, Codec: &tscodecs.Opus{Desc: &substructs.OpusAudioDescriptor{ChannelConfigCode: 2}}},
		{PID: 258, Codec: &tscodecs.MPEG4Audio{Config: mpeg4audio.AudioSpecificConfig{
			Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2,
		}}},
	}}
	require.NoError(t, w.Initialize())
	for i, au := range smallPictures(t, H264) {
		ticks := func(d time.Duration) int64 { return int64(d * 90 / time.Millisecond) }
		require.NoError(t, w.WriteH264(w.Tracks[0], ticks(au.PTS), ticks(au.DTS), au.Units))
		require.NoError(t, w.WriteOpus(w.Tracks[1], int64(i*3600), [][]byte{{0xfc, 1}, {0xfc, 2}}))
		require.NoError(t, w.WriteMPEG4Audio(w.Tracks[2], int64(i*3600), [][]byte{{1, 2, 3}, {4}}))
	}

	return out.Bytes()
}

// FuzzIdentify covers what is read before a format is known.
func FuzzIdentify(f *testing.F) {
	for _, name := range []string{"tiny.ogg", "tiny-vp8.ivf", "tiny.h264", "tiny.h265", "tiny-aac.mkv"} {
		f.Add(load(f, name)[:100], name)
	}
	f.Add(testdata.Clip[:600], "")
	f.Fuzz(func(_ *testing.T, head []byte, name string) {
		_ = identify(head, name)
	})
}

// fuzzContainer reads the format both from a seekable reader and from a pipe.
func fuzzContainer(f *testing.F, c container) {
	f.Helper()
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		readFuzzed(t, &file{r: r, seeker: r, closer: io.NopCloser(nil)}, c, len(b))
		readFuzzed(t, &file{r: io.MultiReader(bytes.NewReader(b)), closer: io.NopCloser(nil)}, c, len(b))
	})
}

func readFuzzed(t *testing.T, in *file, c container, size int) {
	t.Helper()
	src, err := openNative(in, c, newOptions(nil))
	if err != nil {
		return
	}
	if len(src.Tracks()) == 0 {
		t.Fatal("a source without tracks")
	}
	last := map[int]time.Duration{}
	for n := 0; ; n++ {
		au, err := src.Next()
		if err != nil {
			break
		}
		switch {
		case au.Track < 0 || au.Track >= len(src.Tracks()):
			t.Fatalf("track %d of %d", au.Track, len(src.Tracks()))
		case len(au.Units) == 0 || au.Size() == 0:
			t.Fatal("an empty access unit")
		case au.DTS < last[au.Track]:
			t.Fatalf("DTS of track %d goes from %v to %v", au.Track, last[au.Track], au.DTS)
		case au.PTS < au.DTS:
			t.Fatalf("PTS %v is before DTS %v", au.PTS, au.DTS)
		case n > size:
			t.Fatal("more access units than bytes")
		}
		last[au.Track] = au.DTS
	}
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
}
