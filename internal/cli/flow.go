// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/rtmcc/rtmcc/internal/trace/capture"
	"github.com/rtmcc/rtmcc/internal/trace/formats"
)

// Flow are the flags that say which packets of a capture are followed. Its zero value
// leaves that to the capture.
type Flow struct {
	Sender    SenderAddress `placeholder:"ADDRESS" help:"Follow what this address sent in a capture (pcap): 192.0.2.1, 192.0.2.1:5004, [2001:db8::1]:5004 or :5004. By default the sender with the most RTP."`
	SSRC      uint32        `name:"ssrc" placeholder:"N" help:"Follow the sender of this SSRC in a capture, in decimal or as 0x…."`
	Extension uint8         `placeholder:"ID" help:"ID from 1 to 255 under which the capture's packets have their transport-wide sequence number. By default it is found."`
}

// options are those for reading a recording.
func (f *Flow) options() formats.Options {
	return formats.Options{Capture: capture.Options{Sender: netip.AddrPort(f.Sender), SSRC: f.SSRC, ExtensionID: f.Extension}}
}

// SenderAddress is an address on the command line, with a port or without, or a port
// alone after a colon.
type SenderAddress netip.AddrPort

// UnmarshalText implements [encoding.TextUnmarshaler].
func (a *SenderAddress) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	portAlone := strings.HasPrefix(s, ":") && !strings.HasPrefix(s, "::")
	if portAlone {
		s = netip.IPv4Unspecified().String() + s
	}
	parsed, err := netip.ParseAddrPort(s)
	if err != nil {
		var address netip.Addr
		address, err = netip.ParseAddr(strings.Trim(s, "[]"))
		parsed = netip.AddrPortFrom(address, 0)
	}
	if portAlone {
		parsed = netip.AddrPortFrom(netip.Addr{}, parsed.Port())
	}
	if err != nil || portAlone && parsed.Port() == 0 {
		return fmt.Errorf("%q is no address: write 192.0.2.1, 192.0.2.1:5004, [2001:db8::1]:5004 or :5004", text)
	}
	*a = SenderAddress(parsed)

	return nil
}
