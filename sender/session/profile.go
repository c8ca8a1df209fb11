// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"fmt"
	"strings"

	"github.com/rtmcc/rtmcc/sender/signalling"
	"github.com/rtmcc/rtmcc/sender/srs"
	"github.com/rtmcc/rtmcc/sender/tencent"
	"github.com/rtmcc/rtmcc/sender/volcengine"
	"github.com/rtmcc/rtmcc/sender/whip"
)

// Profile is a signalling protocol.
type Profile string

// The signalling protocols. ProfileAuto is SRS for webrtc URLs and WHIP for all others.
const (
	ProfileAuto       Profile = "auto"
	ProfileWHIP       Profile = "whip"
	ProfileSRS        Profile = "srs"
	ProfileTencent    Profile = "tencent"
	ProfileVolcengine Profile = "volcengine"
)

const webrtcScheme = "webrtc://"

func (o *Options) isWebRTC() bool {
	return len(o.URL) >= len(webrtcScheme) && strings.EqualFold(o.URL[:len(webrtcScheme)], webrtcScheme)
}

// profile resolves [ProfileAuto].
func (o *Options) profile() Profile {
	switch {
	case o.Signalling != ProfileAuto:
		return o.Signalling
	case o.isWebRTC():
		return ProfileSRS
	default:
		return ProfileWHIP
	}
}

// client makes the client that the options ask for.
func (o *Options) client() (signalling.Client, error) {
	opts := []signalling.Option{
		signalling.WithToken(o.Token), signalling.WithConfig(o.HTTP), signalling.WithHTTPClient(o.HTTPClient),
	}
	switch profile := o.profile(); profile {
	case ProfileWHIP:
		if o.isWebRTC() {
			return nil, fmt.Errorf("%w: WHIP needs an http:// or https:// URL; webrtc:// ones are for the profiles %s, %s and %s",
				ErrOptions, ProfileSRS, ProfileTencent, ProfileVolcengine)
		}

		return orNil(whip.New(o.URL, opts...))
	case ProfileSRS:
		return orNil(srs.New(o.URL, opts...))
	case ProfileTencent:
		return orNil(tencent.New(o.URL, opts...))
	case ProfileVolcengine:
		return orNil(volcengine.New(o.URL, opts...))
	default:
		return nil, fmt.Errorf("%w: signalling %q is none of %s, %s, %s, %s",
			ErrOptions, profile, ProfileWHIP, ProfileSRS, ProfileTencent, ProfileVolcengine)
	}
}

// orNil keeps a nil pointer from looking like a client.
func orNil[C signalling.Client](client C, err error) (signalling.Client, error) {
	if err != nil {
		return nil, err
	}

	return client, nil
}
