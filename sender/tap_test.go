// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// One factory for two PeerConnections: what names a stream reaches the right one,
// what names none reaches neither.
func TestTapRoutesBySSRC(t *testing.T) {
	f, err := NewFactory(WithLoggerFactory(quiet()))
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		var e webrtc.SettingEngine
		f.ConfigureSettingEngine(&e)
		open := func(ssrc uint32) *Sender {
			i, err := f.NewInterceptor("pc")
			require.NoError(t, err)
			info := videoInfo()
			info.SSRC = ssrc
			w := i.BindLocalStream(info, discard{})
			_, err = w.Write(&rtp.Header{Version: 2, SSRC: ssrc}, []byte{1}, nil)
			require.NoError(t, err)
			synctest.Wait()
			s, ok := i.(*Sender)
			require.True(t, ok)

			return s
		}
		a, b := open(1), open(2)
		heard := func(ssrc uint32, count uint8) (int, int) {
			buffer := e.BufferFactory(2, ssrc)
			_, err := buffer.Write(nack(9, uint16(count)))
			require.NoError(t, err)
			require.NoError(t, buffer.Close())
			synctest.Wait()

			return int(a.Stats().NACKs), int(b.Stats().NACKs)
		}
		na, nb := heard(1, 1)
		require.Equal(t, [2]int{1, 0}, [2]int{na, nb})
		na, nb = heard(2, 2)
		require.Equal(t, [2]int{1, 1}, [2]int{na, nb})
		na, nb = heard(0, 3)
		require.Equal(t, [2]int{1, 1}, [2]int{na, nb})
		require.NoError(t, a.Close())
		_, nb = heard(0, 4)
		require.Equal(t, 2, nb, "the only one that is left")
		require.NoError(t, b.Close())
		_, nb = heard(2, 5)
		require.Equal(t, 2, nb)
	})
}

// The buffers behave as pion's own do.
func TestTapBuffer(t *testing.T) {
	f, err := NewFactory(WithLoggerFactory(quiet()))
	require.NoError(t, err)
	var e webrtc.SettingEngine
	f.ConfigureSettingEngine(&e)
	for _, kind := range []int{1, 2} {
		b := e.BufferFactory(1, 1)
		if kind == 2 {
			b = e.BufferFactory(2, 1)
		}
		_, err := b.Write([]byte{1, 2, 3})
		require.NoError(t, err)
		got := make([]byte, 10)
		n, err := b.Read(got)
		require.NoError(t, err)
		require.Equal(t, []byte{1, 2, 3}, got[:n])
		d, ok := b.(interface{ SetReadDeadline(time.Time) error })
		require.True(t, ok)
		require.NoError(t, d.SetReadDeadline(time.Unix(1, 0)))
		_, err = b.Read(got)
		require.ErrorContains(t, err, "timeout")
		require.NoError(t, b.Close())
	}
}

// What cannot be understood is passed on all the same.
func TestRTCPReaderPassesEverythingOn(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		garbage := []byte{1, 2, 3, 4, 5}
		reader := r.s.BindRTCPReader(interceptor.RTCPReaderFunc(
			func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
				return copy(b, garbage), a, nil
			}))
		b := make([]byte, 100)
		attr := interceptor.Attributes{"x": 1}
		n, got, err := reader.Read(b, attr)
		require.NoError(t, err)
		require.Equal(t, garbage, b[:n])
		require.Equal(t, attr, got)
		synctest.Wait()
		require.EqualValues(t, 1, r.s.Stats().Ignored.Malformed)
	})
}
