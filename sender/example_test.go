// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender_test

import (
	"fmt"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/cc"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
)

// The interceptor in pion's registry. It stands first, nearest to the network; what
// it does itself, pion's interceptors for NACK, reports and TWCC are left out for.
func Example() {
	factory, err := sender.NewFactory()
	if err != nil {
		panic(err)
	}
	factory.OnNewSender(func(_ string, s *sender.Sender) {
		s.OnDecision(func(d ratecontrol.Decision) { fmt.Println("encode video at", d.Video) })
	})

	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		panic(err)
	}
	if err := factory.ConfigureMediaEngine(media); err != nil {
		panic(err)
	}
	var settings webrtc.SettingEngine
	factory.ConfigureSettingEngine(&settings)
	registry := &interceptor.Registry{}
	registry.Add(factory)

	api := webrtc.NewAPI(
		webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(registry),
	)
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		panic(err)
	}
	defer func() { _ = pc.Close() }()
}

// The same in the place of pion's gcc.NewSendSideBWE.
func ExampleNewBandwidthEstimator() {
	cfg := sender.Default()
	cfg.BWE.StartBitrate = bwe.Mbps
	factory, err := cc.NewInterceptor(func() (cc.BandwidthEstimator, error) {
		return sender.NewBandwidthEstimator(sender.WithConfig(cfg))
	})
	if err != nil {
		panic(err)
	}
	factory.OnNewPeerConnection(func(_ string, e cc.BandwidthEstimator) {
		fmt.Println("starts at", bwe.Bitrate(e.GetTargetBitrate())/bwe.Kbps > 0)
		e.OnTargetBitrateChange(func(bitrate int) { fmt.Println("encode at", bitrate) })
	})

	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		panic(err)
	}
	registry := &interceptor.Registry{}
	registry.Add(factory)
	if err := webrtc.ConfigureTWCCHeaderExtensionSender(media, registry); err != nil {
		panic(err)
	}
	if err := webrtc.RegisterDefaultInterceptorsWithOptions(media, registry); err != nil {
		panic(err)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		panic(err)
	}
	defer func() { _ = pc.Close() }()
	// Output:
	// starts at true
}
