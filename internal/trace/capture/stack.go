// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import (
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// stack takes UDP datagrams out of the packets of a network.
type stack struct {
	ethernet layers.Ethernet
	vlan     layers.Dot1Q
	sll      layers.LinuxSLL
	sll2     layers.LinuxSLL2
	loopback layers.Loopback
	ipv4     layers.IPv4
	ipv6     layers.IPv6
	udp      layers.UDP
	tcp      layers.TCP

	// parsers are by the outermost layer.
	parsers map[gopacket.LayerType]*gopacket.DecodingLayerParser
	decoded []gopacket.LayerType
	others  others
}

// parser returns the parser for packets that begin with a layer.
func (s *stack) parser(first gopacket.LayerType) *gopacket.DecodingLayerParser {
	p := s.parsers[first]
	if p == nil {
		p = gopacket.NewDecodingLayerParser(first,
			&s.ethernet, &s.vlan, &s.sll, &s.sll2, &s.loopback, &s.ipv4, &s.ipv6, &s.udp, &s.tcp)
		p.IgnoreUnsupported = true
		if s.parsers == nil {
			s.parsers = map[gopacket.LayerType]*gopacket.DecodingLayerParser{}
		}
		s.parsers[first] = p
	}

	return p
}

// decode returns the datagram of a packet, which may be cut. ok is false for what is
// not UDP, which is counted.
func (s *stack) decode(link layers.LinkType, data []byte) (g datagram, ok bool) {
	s.decoded = s.decoded[:0]
	if first := firstLayer(link, data); first != gopacket.LayerTypeZero {
		// An error tells of a layer that is broken or cut: those before it are there.
		_ = s.parser(first).DecodeLayers(data, &s.decoded)
	}
	var src, dst net.IP
	for _, layer := range s.decoded {
		switch layer {
		case layers.LayerTypeIPv4:
			src, dst = s.ipv4.SrcIP, s.ipv4.DstIP
		case layers.LayerTypeIPv6:
			src, dst = s.ipv6.SrcIP, s.ipv6.DstIP
		case layers.LayerTypeTCP:
			s.others.TCP++

			return g, false
		case layers.LayerTypeUDP:
			g.payload, g.length = s.udp.Payload, max(len(s.udp.Payload), int(s.udp.Length)-udpHeader)
			g.flow = flow{src: address(src, uint16(s.udp.SrcPort)), dst: address(dst, uint16(s.udp.DstPort))}

			return g, true
		}
	}
	s.others.Unsupported++

	return g, false
}

const udpHeader = 8

func address(ip net.IP, port uint16) netip.AddrPort {
	a, _ := netip.AddrFromSlice(ip)

	return netip.AddrPortFrom(a.Unmap(), port)
}

// firstLayer returns the outermost layer of a link's packets.
func firstLayer(link layers.LinkType, data []byte) gopacket.LayerType {
	switch link {
	case layers.LinkTypeEthernet:
		return layers.LayerTypeEthernet
	case layers.LinkTypeLinuxSLL:
		return layers.LayerTypeLinuxSLL
	case layers.LinkTypeLinuxSLL2:
		return layers.LayerTypeLinuxSLL2
	case layers.LinkTypeNull, layers.LinkTypeLoop:
		return layers.LayerTypeLoopback
	case layers.LinkTypeIPv4, layers.LinkTypeIPv6, layers.LinkTypeRaw, linkTypeRawBSD, linkTypeRawOpenBSD:
		if len(data) > 0 && data[0]>>4 == 6 {
			return layers.LayerTypeIPv6
		}

		return layers.LayerTypeIPv4
	default:
		return gopacket.LayerTypeZero
	}
}

// What some systems write for raw IP (libpcap, pcap-common.c).
const (
	linkTypeRawBSD     layers.LinkType = 12
	linkTypeRawOpenBSD layers.LinkType = 14
)
