// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// steer feeds a response with one view each 50 ms, even packets spread by spread
// while it tests, until the time is over.
func steer(r *response, from Time, d time.Duration, spread float64, view func(v *pathView)) Time {
	now := from
	for ; now < from.Add(d); now = now.Add(50 * time.Millisecond) {
		for i := range 20 {
			if r.drain.running {
				r.drain.onReceived(now.Add(time.Duration(i)), 0.0025, 0.0025*spread, 0.0024)
			}
		}
		v := pathView{elapsed: 0.05, capacity: 4e6, usable: 4e6, acked: 4e6 * r.share, now: now}
		view(&v)
		r.update(&v)
	}

	return now
}

func TestResponseAllowsWhatNothingSpreads(t *testing.T) {
	cfg := Default().Response
	r := newResponse(&cfg)
	steer(&r, Time(time.Second), 10*time.Second, 1, func(v *pathView) { v.excess = 0.03 })
	require.Equal(t, SharingNone, r.mode)
	require.InDelta(t, 0.044, r.allowance, 0.005)
	require.False(t, r.drain.running)
	small := newResponse(&cfg)
	steer(&small, Time(time.Second), 10*time.Second, 1, func(v *pathView) { v.excess = cfg.Margin.Seconds() * 0.9 })
	require.Zero(t, small.allowance, "below the margin nothing is asked")
}

func TestResponseForgetsAnAllowance(t *testing.T) {
	cfg := Default().Response
	r := newResponse(&cfg)
	now := steer(&r, Time(time.Second), 10*time.Second, 1, func(v *pathView) { v.excess = 0.05 })
	before := r.allowance
	now = steer(&r, now, 20*time.Second, 1, func(v *pathView) { v.excess = 0.05 })
	require.Greater(t, r.allowance, 0.85*before, "kept while it is needed")
	steer(&r, now, 60*time.Second, 1, func(v *pathView) { v.excess = 0 })
	require.Less(t, r.allowance, 0.02)
}

func TestResponseYieldsToOthersAndComesBack(t *testing.T) {
	cfg := Default().Response
	for name, view := range map[string]func(v *pathView){
		"spread": func(v *pathView) { v.excess, v.jitter, v.shaken = 0.04, 0.0015, 0.0015 },
		"shaken": func(v *pathView) { v.excess, v.jitter, v.shaken = 0.04, 0.004, 0.004 },
	} {
		t.Run(name, func(t *testing.T) {
			r := newResponse(&cfg)
			now := steer(&r, Time(time.Second), 4*time.Second, 1.3, view)
			require.Equal(t, SharingYielding, r.mode)
			require.Less(t, r.share, 1.0)
			require.GreaterOrEqual(t, r.share, cfg.MinShare)
			require.Positive(t, r.over(0.04))
			require.Zero(t, r.over(cfg.Target.Seconds()))
			steer(&r, now, 100*time.Second, 1, func(v *pathView) { v.excess, v.acked = 0, min(v.acked, v.usable) })
			require.Equal(t, SharingNone, r.mode)
			require.InDelta(t, 1, r.share, 1e-12)
			require.Zero(t, r.over(1))
		})
	}
}

func TestResponseDoesNotYieldInVainForLong(t *testing.T) {
	cfg := Default().Response
	shaken := func(excess float64) func(*pathView) {
		return func(v *pathView) { v.excess, v.jitter, v.shaken = excess, 0.004, 0.004 }
	}
	enter := func() (response, Time) {
		r := newResponse(&cfg)
		now := steer(&r, Time(time.Second), 1400*time.Millisecond, 1.3, shaken(0.04))
		require.Equal(t, SharingYielding, r.mode)

		return r, now
	}
	r, now := enter()
	stays := r.entered * (cfg.VainDelay + 0.1)
	now = steer(&r, now, cfg.VainTime-time.Second, 1, shaken(stays))
	require.Equal(t, SharingYielding, r.mode, "not before its time")
	require.Less(t, r.share, cfg.VainShare)
	steer(&r, now, 3*time.Second, 1, shaken(stays))
	require.Equal(t, SharingNone, r.mode, "the delay does not answer to what we take")
	require.Greater(t, r.allowance, stays)

	r, now = enter()
	steer(&r, now, cfg.VainTime+2*time.Second, 1, shaken(r.entered*(cfg.VainDelay-0.1)))
	require.Equal(t, SharingYielding, r.mode, "a queue that has become shorter is shared")
}

func TestResponseCompetesWithWhatFillsQueues(t *testing.T) {
	cfg := Default().Response
	r := newResponse(&cfg)
	full := func(v *pathView) { v.excess, v.jitter, v.shaken = 0.2, 0.005, 0.005 }
	now := steer(&r, Time(time.Second), 15*time.Second, 1, full)
	require.Equal(t, SharingCompeting, r.mode)
	require.InDelta(t, 1, r.share, 1e-12)
	now = steer(&r, now, time.Second, 1, func(v *pathView) { full(v); v.lost = true })
	require.Less(t, r.share, 0.9, "loss cuts")
	require.Greater(t, r.share, 0.3)
	now = steer(&r, now, cfg.CompetitorGone/2, 1, func(v *pathView) { v.excess = 0 })
	require.Equal(t, SharingCompeting, r.mode)
	steer(&r, now, cfg.CompetitorGone+200*time.Millisecond, 1, func(v *pathView) { v.excess = 0 })
	require.Equal(t, SharingNone, r.mode)
}

func TestResponseLeavesALinkThatChangesAlone(t *testing.T) {
	cfg := Default().Response
	r := newResponse(&cfg)
	steer(&r, Time(time.Second), 10*time.Second, 1.3, func(v *pathView) {
		v.excess, v.jitter, v.shaken, v.variation = 0.05, 0.005, 0.005, 2*cfg.Variation
	})
	require.Equal(t, SharingNone, r.mode)
	require.Zero(t, r.allowance)
	bunched := newResponse(&cfg)
	n := 0
	steer(&bunched, Time(time.Second), 20*time.Second, 1, func(v *pathView) {
		v.excess, v.jitter, v.shaken, v.bunched = 0.05, 0.005, 0.005, 2*cfg.Bunched
		if n++; n%100 == 0 {
			v.excess = 0
		}
	})
	require.Equal(t, SharingNone, bunched.mode, "packets pushed together are jitter")
	require.Positive(t, bunched.allowance)
}

func TestLossResponse(t *testing.T) {
	cfg := Default().Loss
	// lossAt returns the loss of each second given what is sent.
	run := func(lossAt func(share float64) float64, explained bool) *lossResponse {
		l := &lossResponse{cfg: &cfg, share: 1}
		var m lossMeter
		now := Time(10 * time.Second)
		for range 600 {
			now = now.Add(50 * time.Millisecond)
			m.advance(now)
			lost := int64(200 * lossAt(l.share))
			m.add(200-lost, lost)
			l.update(&m, explained, 100*time.Millisecond, 0.05, now)
		}

		return l
	}
	random := run(func(float64) float64 { return 0.1 }, false)
	require.InDelta(t, 1, random.share, 0.01)
	require.InDelta(t, 0.1, random.usual, 0.02)
	policed := run(func(share float64) float64 { return max(0, 1-0.7/share) }, false)
	require.Less(t, policed.share, 0.85)
	require.Greater(t, policed.share, 0.55)
	require.InDelta(t, 1, run(func(share float64) float64 { return max(0, 1-0.7/share) }, true).share, 0.01, "a queue explains it")
	require.InDelta(t, 1, run(func(float64) float64 { return 0 }, false).share, 0.001)
}

func TestResponseTakesMoreThanItReadsOnlyWhereMoreArrives(t *testing.T) {
	cfg := Default().Response
	for name, c := range map[string]struct {
		arriving    float64 // as a share of what is sent
		least, most float64
	}{
		"all that is sent arrives": {1, 1.3, cfg.MaxShare},
		"no more than is read":     {0, 0.99, 1.06},
	} {
		t.Run(name, func(t *testing.T) {
			r := newResponse(&cfg)
			r.enter(SharingYielding, Time(time.Second))
			steer(&r, Time(time.Second), 28*time.Second, 1, func(v *pathView) {
				v.acked = v.usable * max(1, c.arriving*r.share)
			})
			require.GreaterOrEqual(t, r.share, c.least)
			require.LessOrEqual(t, r.share, c.most)
		})
	}
}

func TestResponseYieldsToAQueueThatStandsUnderJitter(t *testing.T) {
	cfg := Default().Response
	const usual = 0.3
	for name, c := range map[string]struct {
		bunched        float64
		least, emptied float64 // the delay and what it falls to once in two seconds
		mode           Sharing
	}{
		"stands":                {usual, 0.055, 0.04, SharingYielding},
		"is empty now and then": {usual, 0.055, 0.03, SharingNone},
		"let go in turns":       {cfg.MaxBunched + 0.1, 0.055, 0.04, SharingNone},
	} {
		t.Run(name, func(t *testing.T) {
			r := newResponse(&cfg)
			n := 0
			view := func(v *pathView) {
				n++
				v.excess, v.jitter, v.shaken, v.bunched = c.least, 0.006, 0.006, c.bunched
				if n%40 == 0 {
					v.excess = c.emptied
				}
			}
			now := steer(&r, Time(time.Second), cfg.AllowanceMemory*3/4, 1, view)
			require.Equal(t, SharingNone, r.mode, "not before it stood for long")
			steer(&r, now, 5*time.Second, 1, view)
			require.Equal(t, c.mode, r.mode)
			if c.mode == SharingYielding {
				require.Zero(t, r.allowance)
			}
		})
	}
}

func TestResponseGoesOnYieldingWhenATallQueueIsGone(t *testing.T) {
	cfg := Default().Response
	jitter := func(excess, bunched float64) func(v *pathView) {
		return func(v *pathView) { v.excess, v.jitter, v.shaken, v.bunched = excess, 0.006, 0.006, bunched }
	}
	for name, c := range map[string]struct {
		bunched float64
		mode    Sharing
	}{
		"jitter pushes packets together": {0.3, SharingYielding},
		"let go in turns":                {cfg.MaxBunched + 0.1, SharingNone},
	} {
		t.Run(name, func(t *testing.T) {
			r := newResponse(&cfg)
			now := steer(&r, Time(time.Second), 4*time.Second, 1, jitter(0.2, c.bunched))
			require.Equal(t, SharingYielding, r.mode)
			low := r.share
			now = steer(&r, now, 2*time.Second, 1, jitter(0, c.bunched))
			require.Equal(t, c.mode, r.mode)
			if c.mode == SharingYielding {
				require.Less(t, r.share, 2*low+0.1, "not all at once")
				steer(&r, now, 100*time.Second, 1, func(v *pathView) {
					jitter(0, c.bunched)(v)
					v.acked = min(v.acked, v.usable)
				})
				require.Equal(t, SharingNone, r.mode, "where nobody is there it ends")
			}
		})
	}
}

func TestResponseUnderJitterSteersByWhatStands(t *testing.T) {
	cfg := Default().Response
	for name, c := range map[string]struct {
		bunched float64
		falls   bool
	}{
		"jitter": {0.3, false},
		"clean":  {0, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newResponse(&cfg)
			r.bunched = c.bunched
			r.stand(Time(time.Second))
			n := 0
			steer(&r, Time(time.Second), 3*time.Second, 1, func(v *pathView) {
				n++
				v.jitter, v.shaken, v.bunched = 0.006, 0.006, c.bunched
				if n%4 != 0 {
					v.excess = 0.06
				}
			})
			require.Equal(t, SharingYielding, r.mode)
			require.Equal(t, c.falls, r.share < 0.9, "share %g", r.share)
		})
	}
}

func TestResponseUnderJitterAnswersToNoMoreThanAStandingQueueUntilItIsTall(t *testing.T) {
	cfg := Default().Response
	share := func(excess float64) float64 {
		r := newResponse(&cfg)
		r.bunched = 0.3
		r.stand(Time(time.Second))
		steer(&r, Time(time.Second), 2*time.Second, 1, func(v *pathView) {
			v.excess, v.jitter, v.shaken, v.bunched = excess, 0.006, 0.006, 0.3
		})
		require.Equal(t, SharingYielding, r.mode)

		return r.share
	}
	most := (cfg.BunchedTarget + cfg.StandingQueue).Seconds()
	require.Greater(t, share(most-0.01), share(most)+0.1)
	require.InDelta(t, share(most), share(cfg.MaxJitter.Seconds()-0.001), 1e-9)
	require.Less(t, share(cfg.MaxJitter.Seconds()+0.001), share(most)-0.05, "tall")
}

func TestResponseToAQueueThatStoodIsNotInVainWhereItSwings(t *testing.T) {
	cfg := Default().Response
	tall := (cfg.MaxJitter + 10*time.Millisecond).Seconds()
	short := (cfg.StandingQueue + 10*time.Millisecond).Seconds()
	for name, c := range map[string]struct {
		delay, low float64
		after      time.Duration
		mode       Sharing
	}{
		"tall, for a while": {tall, tall, cfg.VainTime - time.Second/2, SharingYielding},
		"tall, stays":       {tall, tall, cfg.VainTime + 2*time.Second, SharingNone},
		"tall, swings":      {tall, 0, cfg.VainTime + 2*time.Second, SharingYielding},
		"for a while":       {short, short, cfg.VainTime/2 - time.Second/2, SharingYielding},
		"stays":             {short, short, cfg.VainTime/2 + 2*time.Second, SharingNone},
		"swings":            {short, 0, cfg.VainTime/2 + 2*time.Second, SharingYielding},
	} {
		t.Run(name, func(t *testing.T) {
			r := newResponse(&cfg)
			r.bunched, r.mean = 0.3, c.delay
			r.stand(Time(time.Second))
			n := 0
			steer(&r, Time(time.Second), c.after, 1, func(v *pathView) {
				n++
				v.excess, v.jitter, v.shaken, v.bunched = c.delay, 0.006, 0.006, 0.3
				if n%40 == 0 {
					v.excess = c.low
				}
			})
			require.Equal(t, c.mode, r.mode)
		})
	}
}
