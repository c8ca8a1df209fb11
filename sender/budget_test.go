// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// settledTarget waits until the Sender has dealt with everything and returns its target.
func (s *Sender) settledTarget() bwe.Bitrate {
	synctest.Wait()

	return s.Stats().Target
}

func TestSendersShareABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := NewBudget(3 * bwe.Mbps)
		require.NoError(t, err)
		join := func(weight float64, estimate bwe.Bitrate) *Sender {
			cfg := Default()
			cfg.BWE.StartBitrate = estimate
			cfg.RateControl.Overhead, cfg.RateControl.Smoothing.Enabled = 0, false
			cfg.RateControl.Encoder.MinInterval = 0
			f, err := NewFactory(WithConfig(cfg), WithLoggerFactory(quiet()), WithBudget(b, weight))
			require.NoError(t, err)
			s, err := f.newSender()
			require.NoError(t, err)
			s.Stats() // the first work starts the Sender

			return s
		}
		heavy := join(2, 5*bwe.Mbps)
		require.Equal(t, 3*bwe.Mbps, heavy.settledTarget(), "alone")
		light := join(1, 5*bwe.Mbps)
		require.InDelta(t, 1e6, float64(light.settledTarget()), 2)
		require.InDelta(t, 2e6, float64(heavy.settledTarget()), 2)

		require.NoError(t, b.SetTotal(6*bwe.Mbps))
		require.InDelta(t, 4e6, float64(heavy.settledTarget()), 2)
		require.ErrorIs(t, b.SetTotal(-1), ratecontrol.ErrBudget)
		require.NoError(t, b.SetTotal(3*bwe.Mbps))

		small := join(10, 300*bwe.Kbps)
		require.InDelta(t, 1.8e6, float64(heavy.settledTarget()), 2, "who needs little leaves the rest to the others")
		require.Equal(t, 300*bwe.Kbps, small.settledTarget())

		require.NoError(t, small.Close())
		require.NoError(t, light.Close())
		require.Equal(t, 3*bwe.Mbps, heavy.settledTarget())
		require.NoError(t, heavy.Close())
	})
}

func TestBudgetOptionIsChecked(t *testing.T) {
	b, err := NewBudget(0)
	require.NoError(t, err)
	for _, opt := range []Option{WithBudget(nil, 1), WithBudget(b, 0), WithBudget(b, ratecontrol.MostWeight+1)} {
		_, err := NewFactory(opt)
		require.ErrorIs(t, err, ErrConfig)
	}
	_, err = NewBudget(-1)
	require.ErrorIs(t, err, ratecontrol.ErrBudget)
}
