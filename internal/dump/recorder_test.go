// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
)

func TestAQueueCountsWhatDoesNotFit(t *testing.T) {
	q := newQueue(1000)
	unit := make([]byte, 500)
	for range 5 {
		q.put(&record{isPacket: true, stage: Wire}, unit)
	}
	b, open := q.take(&batch{})
	require.True(t, open)
	require.Len(t, b.records, 1, "256 bytes count for a record")
	require.Len(t, b.bytes, 500)
	q.put(&record{isPacket: true, stage: Wire}, unit)
	b, _ = q.take(&batch{})
	require.Len(t, b.records, 2)
	require.Equal(t, &skipped{Stage: Wire, Count: 4}, b.records[0].line.Skipped)
	require.True(t, b.records[1].isPacket)
	q.put(&record{stage: Source}, make([]byte, 2000))
	require.True(t, q.close())
	require.False(t, q.close())
	q.put(&record{stage: Source})
	b, open = q.take(&batch{})
	require.False(t, open)
	require.Len(t, b.records, 1)
	require.Equal(t, &skipped{Stage: Source, Count: 1}, b.records[0].line.Skipped)
}

func TestAQueueOfManyRecordsIsFullAsWell(t *testing.T) {
	q := newQueue(100 * 256)
	for range 1000 {
		q.put(&record{stage: Wire})
	}
	b, _ := q.take(&batch{})
	require.Len(t, b.records, 101)
}

func TestADiskThatFailsEndsTheDumpAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var warnings []string
		p, err := NewPush(t.TempDir(), "test", func(text string) {
			mu.Lock()
			defer mu.Unlock()
			warnings = append(warnings, text)
		})
		require.NoError(t, err)
		synctest.Wait()
		require.NoError(t, p.recorder.packetsFile.Close())
		h := &rtp.Header{Version: 2, SSRC: videoSSRC}
		payload := make([]byte, 1100)
		for range 1000 {
			p.PacketSent(h, payload, bwe.PacketVideo)
		}
		time.Sleep(time.Second)
		for range 1000 {
			p.PacketSent(h, payload, bwe.PacketVideo)
		}
		require.ErrorIs(t, p.Close(), os.ErrClosed)
		require.Error(t, p.Close(), "again")
		p.PacketSent(h, payload, bwe.PacketVideo)
		require.Len(t, warnings, 1)
		require.Contains(t, warnings[0], "ends here")
	})
}

func TestADirectoryThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := NewPush(file, "test", nil)
	require.ErrorContains(t, err, "dump: ")
	_, err = NewIngest(file, "test", nil)
	require.ErrorContains(t, err, "dump: ")
}

// TestFormats: every kind of file takes a frame, and gives it back.
func TestFormats(t *testing.T) {
	asc := []byte{0x12, 0x10} // AAC-LC, 44.1 kHz, stereo
	for name, c := range map[string]struct {
		track media.Track
		unit  []byte
		file  string
		kept  bool
	}{
		"VP8":                       {media.Track{Codec: media.VP8}, []byte{1, 2, 3}, "source-0.ivf", true},
		"VP9":                       {media.Track{Codec: media.VP9}, []byte{1, 2, 3}, "source-0.ivf", true},
		"AV1":                       {media.Track{Codec: media.AV1}, []byte{1, 2, 3}, "source-0.ivf", true},
		"H265":                      {media.Track{Codec: media.H265}, []byte{2, 1, 3}, "source-0.h265", true},
		"AAC":                       {media.Track{Codec: media.AAC, Config: asc}, []byte{1, 2, 3}, "source-0.aac", true},
		"AAC without configuration": {media.Track{Codec: media.AAC}, []byte{1, 2, 3}, "source-0.bin", true},
		"mono Opus":                 {media.Track{Codec: media.Opus, Channels: 1}, []byte{0xfc, 1}, "source-0.ogg", true},
		"what is no Opus":           {media.Track{Codec: media.Opus}, []byte{0xff}, "source-0.ogg", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			p, err := NewPush(dir, "test", nil)
			require.NoError(t, err)
			p.Stream(0, c.track, videoCodec, videoSSRC)
			p.Frame(0, &media.AccessUnit{PTS: time.Second, Units: [][]byte{c.unit}})
			p.Dropped("disposable")
			require.NoError(t, p.Close())
			all, closeAll, err := openAll([]string{dir})
			defer closeAll()
			require.NoError(t, err)
			require.Equal(t, c.file, all[0].tracks[0].File)
			units, err := all[0].units(&all[0].frames[0])
			require.NoError(t, err)
			if c.kept {
				require.Equal(t, [][]byte{c.unit}, units)
			} else {
				require.Empty(t, units)
			}
			require.Equal(t, sum([][]byte{c.unit}), all[0].frames[0].SHA256)
		})
	}
}

// TestPacketsAreKeptWhole: extensions, padding, and what rtpdump cannot hold.
func TestPacketsAreKeptWhole(t *testing.T) {
	dir := t.TempDir()
	p, err := NewPush(dir, "test", nil)
	require.NoError(t, err)
	h := rtp.Header{Version: 2, SSRC: videoSSRC, SequenceNumber: 7}
	require.NoError(t, h.SetExtension(5, []byte{1, 2}))
	p.PacketSent(&h, []byte{1, 2, 3}, bwe.PacketVideo)
	padded := rtp.Header{Version: 2, SSRC: videoSSRC, SequenceNumber: 8, Padding: true, PaddingSize: 255}
	p.PacketSent(&padded, nil, bwe.PacketPadding)
	large := rtp.Header{Version: 2, SSRC: videoSSRC, SequenceNumber: 9}
	p.PacketSent(&large, make([]byte, 70000), bwe.PacketVideo)
	require.NoError(t, p.Close())
	all, closeAll, err := openAll([]string{dir})
	defer closeAll()
	require.NoError(t, err)
	require.NoError(t, all[0].readPackets(map[uint32]uint16{videoSSRC: 7}))
	got, ok := all[0].packets.get(videoSSRC, 7)
	require.True(t, ok)
	require.Equal(t, []byte{1, 2, 3}, got.Payload)
	require.Equal(t, []byte{1, 2}, got.GetExtension(5))
	got, ok = all[0].packets.get(videoSSRC, 8)
	require.True(t, ok)
	require.Empty(t, got.Payload)
	require.EqualValues(t, 255, got.PaddingSize)
	got, ok = all[0].packets.get(videoSSRC, 9)
	require.True(t, ok)
	require.Len(t, got.Payload, maxPacket-12)
	require.False(t, all[0].packets.cut)
}

func BenchmarkPacket(b *testing.B) {
	p, err := NewPush(b.TempDir(), "test", nil)
	require.NoError(b, err)
	h := rtp.Header{Version: 2, SSRC: videoSSRC}
	require.NoError(b, h.SetExtension(5, []byte{1, 2}))
	payload := make([]byte, 1180)
	b.ReportAllocs()
	for b.Loop() {
		p.PacketSent(&h, payload, bwe.PacketVideo)
	}
	require.NoError(b, p.Close())
}
