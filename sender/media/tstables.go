// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"context"
	"fmt"

	"github.com/asticode/go-astits"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"
)

// tsElementary is a stream that the programme map declares. codec is empty where
// it cannot be sent; name then says what it is.
type tsElementary struct {
	pid      uint16
	codec    Codec
	channels int
	name     string
}

// maxTablePackets bounds what is kept until the programme map is complete.
const maxTablePackets = 64

// tsTables looks for the programme map.
type tsTables struct {
	packets    []byte
	maps       map[uint16]bool
	passedOver []string
}

// add takes a packet, and returns the elementary streams once a programme map is
// complete.
func (t *tsTables) add(p tsPacket) []tsElementary {
	if p.pid != astits.PIDPAT && !t.maps[p.pid] {
		return nil
	}
	if len(t.packets) >= maxTablePackets*tsPacketSize {
		t.packets = t.packets[:0]
	}
	t.packets = append(t.packets, p.raw...)
	var streams []tsElementary
	// What cannot be parsed yet may be complete with the next packet.
	_ = parse(func() error {
		streams = t.scan()

		return nil
	})
	if streams != nil {
		t.packets = t.packets[:0]
	}

	return streams
}

func (t *tsTables) scan() []tsElementary {
	dem := astits.NewDemuxer(context.Background(), bytes.NewReader(t.packets),
		astits.DemuxerOptPacketSize(tsPacketSize))
	for range maxTablePackets {
		data, err := dem.NextData()
		if err != nil {
			return nil
		}
		switch {
		case data.PAT != nil:
			t.maps = map[uint16]bool{}
			for _, program := range data.PAT.Programs {
				if program.ProgramNumber != 0 {
					t.maps[program.ProgramMapID] = true
				}
			}
		case data.PMT != nil:
			streams := make([]tsElementary, 0, len(data.PMT.ElementaryStreams))
			for _, es := range data.PMT.ElementaryStreams {
				streams = append(streams, tsElementaryOf(es))
			}

			return streams
		}
	}

	return nil
}

// Format identifiers of registration descriptors for private streams.
const (
	tsFormatOpus = 'O'<<24 | 'p'<<16 | 'u'<<8 | 's'
	tsFormatHEVC = 'H'<<24 | 'E'<<16 | 'V'<<8 | 'C'
)

// tsOpusExtension is the extension descriptor's tag for Opus (ETSI TS Opus
// v0.1.3-draft, 5.3).
const tsOpusExtension = 0x80

func tsElementaryOf(es *astits.PMTElementaryStream) tsElementary {
	e := tsElementary{pid: es.ElementaryPID}
	switch es.StreamType {
	case astits.StreamTypeH264Video:
		e.codec = H264
	case astits.StreamTypeH265Video:
		e.codec = H265
	case astits.StreamTypeAACAudio:
		e.codec = AAC
	case astits.StreamTypePrivateData:
		for _, d := range es.ElementaryStreamDescriptors {
			switch {
			case d.Registration != nil && d.Registration.FormatIdentifier == tsFormatHEVC:
				e.codec = H265
			case d.Registration != nil && d.Registration.FormatIdentifier == tsFormatOpus:
				e.codec = Opus
				e.channels = max(e.channels, 2)
			case d.Extension != nil && d.Extension.Tag == tsOpusExtension && d.Extension.Unknown != nil:
				var opus substructs.OpusAudioDescriptor
				if opus.Unmarshal(*d.Extension.Unknown) == nil {
					e.channels = opus.ChannelCount()
				}
			}
		}
	default:
	}
	if e.codec == "" {
		e.name = tsStreamName(es.StreamType)
	}

	return e
}

// tsStreamName names the kinds of streams that people meet most (table 2-34).
func tsStreamName(t astits.StreamType) string {
	switch t {
	case astits.StreamTypeMPEG1Video, astits.StreamTypeMPEG2Video:
		return "MPEG-2 video"
	case astits.StreamTypeMPEG1Audio, astits.StreamTypeMPEG2Audio:
		return "MPEG audio"
	case astits.StreamTypeAACLATMAudio:
		return "AAC audio in LATM"
	case astits.StreamTypeAC3Audio, astits.StreamTypeEAC3Audio:
		return "Dolby audio"
	default:
		return fmt.Sprintf("stream of type 0x%02x", uint8(t))
	}
}
