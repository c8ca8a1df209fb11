// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package minisdp

import (
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/rtmcc/rtmcc/sdpext"
)

// codecNames are encoding names by [CodecKind].
var codecNames = [...]string{"opus", "MP4A-LATM", "MP4A-ADTS", "H264", "H265", "flexfec-03"}

func codecKind(name string) (CodecKind, bool) {
	for i, known := range codecNames {
		if strings.EqualFold(name, known) {
			return CodecKind(i), true //nolint:gosec // an index
		}
	}

	return 0, false
}

// extensionURIs are URIs by their numbers.
var extensionURIs = [...]string{
	sdp.ABSSendTimeURI, sdpext.PlayoutDelayURI, sdp.TransportCCURI,
	sdpext.MetaData01URI, sdpext.MetaData02URI, sdpext.MetaData03URI,
	sdpext.DecodingTimestampURI, sdpext.VideoCompositionTimeURI, sdpext.VideoFrameTypeURI,
	sdpext.CompositionTimeURI,
}

var directionNames = [...]string{sdp.AttrKeySendOnly, sdp.AttrKeyRecvOnly, sdp.AttrKeySendRecv}

var roleNames = [...]string{"actpass", "active", "passive"}

// mediaNames are names in m= lines by [MediaKind].
var mediaNames = [...]string{"audio", "video", "application"}

func index(names []string, name string) (uint8, bool) {
	for i, known := range names {
		if name == known {
			return uint8(i), true //nolint:gosec // short lists
		}
	}

	return 0, false
}
