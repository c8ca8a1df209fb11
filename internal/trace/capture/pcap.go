// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// pcap reads the UDP datagrams of a pcap or a pcapng file.
type pcap struct {
	read   func() ([]byte, gopacket.CaptureInfo, error)
	link   func(gopacket.CaptureInfo) layers.LinkType
	filter *filter
	damage *recording.Damage
	stack  stack
}

// pcapKinds are the beginnings of pcap files: byte order, and units of time a second.
var pcapKinds = map[[4]byte]pcapFraming{
	{0xd4, 0xc3, 0xb2, 0xa1}: {order: binary.LittleEndian, fraction: 1e6},
	{0xa1, 0xb2, 0xc3, 0xd4}: {order: binary.BigEndian, fraction: 1e6},
	{0x4d, 0x3c, 0xb2, 0xa1}: {order: binary.LittleEndian, fraction: 1e9},
	{0xa1, 0xb2, 0x3c, 0x4d}: {order: binary.BigEndian, fraction: 1e9},
}

func newPcap(r *bufio.Reader, kind pcapFraming, damage *recording.Damage) (*pcap, error) {
	records := &filter{r: r, framing: &kind, damage: damage, pending: pcapHeader}
	f, err := pcapgo.NewReader(bufio.NewReader(records))
	if err != nil {
		return nil, headerError("pcap", records, err)
	}
	// A writer may keep more than it says that it does.
	f.SetSnaplen(maxRecord)
	link := f.LinkType()

	return &pcap{
		read:   f.ZeroCopyReadPacketData,
		link:   func(gopacket.CaptureInfo) layers.LinkType { return link },
		filter: records, damage: damage,
	}, nil
}

func newPcapng(r *bufio.Reader, damage *recording.Damage) (*pcap, error) {
	blocks := &filter{r: r, framing: &pcapngFraming{}, damage: damage}
	f, err := pcapgo.NewNgReader(bufio.NewReader(blocks), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		return nil, headerError("pcapng", blocks, err)
	}

	return &pcap{
		read: f.ZeroCopyReadPacketData,
		link: func(c gopacket.CaptureInfo) layers.LinkType {
			link, _ := c.AncillaryData[0].(layers.LinkType)

			return link
		},
		filter: blocks, damage: damage,
	}, nil
}

func headerError(format string, f *filter, err error) error {
	if f.err != nil && !errors.Is(f.err, io.EOF) {
		return fmt.Errorf("reading a capture: %w", f.err)
	}

	return fmt.Errorf("%w: %s: the file's header cannot be read: %w", recording.ErrFormat, format, err)
}

func (p *pcap) next() (datagram, error) {
	for {
		data, info, err := p.read()
		switch {
		case err == nil:
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return datagram{}, io.EOF
		case p.filter.err != nil && !errors.Is(p.filter.err, io.EOF):
			return datagram{}, fmt.Errorf("reading a capture: %w", p.filter.err)
		default:
			p.damage.Note(fmt.Errorf("the rest of the capture cannot be read: %w", err))

			return datagram{}, io.EOF
		}
		if g, ok := p.stack.decode(p.link(info), data); ok {
			g.at = info.Timestamp

			return g, nil
		}
	}
}

func (p *pcap) others() others { return p.stack.others }
