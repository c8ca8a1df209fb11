// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"github.com/pion/rtp/codecs"
)

// NAL unit types of H.264 (Rec. ITU-T H.264 table 7-1, RFC 6184 section 5.2).
const (
	h264SPS       = 7
	h264PPS       = 8
	h264Delimiter = 9
	h264Filler    = 12
	h264FirstRTP  = 24
	h264STAPA     = 24
)

// h264Sets tells payloads with parameter sets, alone or aggregated; nothing else is.
func h264Sets(payload []byte) bool {
	kind := payload[0] & 0x1f

	return kind == h264SPS || kind == h264PPS || kind == h264STAPA
}

// newH264Splitter cuts access units of H.264 for packetization-mode 1 (RFC 6184).
//
// pion's payloader holds parameter sets back and sends the last SPS and the last PPS
// in one STAP-A before the next slice. That is right for one of each in front of a
// slice and loses packets otherwise: of several only the last, all that do not fit
// one packet, and those at the end until some later access unit. Access units that
// are not the plain case are sent NAL unit by NAL unit.
func newH264Splitter(limit uint16) func([][]byte) [][]byte {
	aggregate, single := &codecs.H264Payloader{}, &codecs.H264Payloader{DisableStapA: true}

	return func(units [][]byte) [][]byte {
		payloader := single
		if h264Plain(units, int(limit)) {
			payloader = aggregate
		}
		var payloads [][]byte
		for _, unit := range units {
			// Types from 24 on are RTP's own.
			if len(unit) > 0 && unit[0]&0x1f < h264FirstRTP {
				payloads = append(payloads, payloader.Payload(limit, unit)...)
			}
		}

		return payloads
	}
}

// h264Plain tells an access unit of one SPS, one PPS, and something after both.
func h264Plain(units [][]byte, limit int) bool {
	sps, pps, after := 0, 0, false
	size := 1
	for _, unit := range units {
		if len(unit) == 0 {
			continue
		}
		switch kind := unit[0] & 0x1f; {
		case kind == h264SPS:
			sps, after, size = sps+1, false, size+2+len(unit)
		case kind == h264PPS:
			pps, after, size = pps+1, false, size+2+len(unit)
		case kind != h264Delimiter && kind != h264Filler && kind < h264FirstRTP:
			after = true
		}
	}

	return sps == 1 && pps == 1 && after && size <= limit
}

// NAL unit types of H.265 (Rec. ITU-T H.265 table 7-1, RFC 7798 section 4.4).
const (
	h265VPS       = 32
	h265PPS       = 34
	h265Delimiter = 35
	h265Filler    = 38
	h265FirstRTP  = 48
	h265HeaderLen = 2
)

// h265Sets tells payloads that are a parameter set.
func h265Sets(payload []byte) bool {
	kind := payload[0] >> 1 & 0x3f

	return kind >= h265VPS && kind <= h265PPS
}

// newH265Splitter cuts access units of H.265 (RFC 7798) into single NAL units and
// fragments. It goes without aggregation: pion's aggregating payloader holds parameter
// sets back as its H.264 one does.
func newH265Splitter(limit uint16) func([][]byte) [][]byte {
	payloader := &codecs.H265Payloader{SkipAggregation: true}

	return func(units [][]byte) [][]byte {
		var payloads [][]byte
		for _, unit := range units {
			if len(unit) < h265HeaderLen {
				continue
			}
			kind := unit[0] >> 1 & 0x3f
			if kind != h265Delimiter && kind != h265Filler && kind < h265FirstRTP {
				payloads = append(payloads, payloader.Payload(limit, unit)...)
			}
		}

		return payloads
	}
}
