// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
)

// DefaultMTU is that of Ethernet, in bytes.
const DefaultMTU = 1500

// The bounds of the MTU: what IPv4 asks for at least, and the largest packet.
const (
	leastMTU = 68
	mostMTU  = 65_535
)

// deviceName is the name of the device in either namespace.
const deviceName = "rtmcc0"

var errNotRoot = errors.New("network namespaces need root: run it with sudo, or use the relay (--listen, --to), which needs no privilege")

// TunnelConfig says between which namespaces a [Tunnel] lies: the first sends
// forward, the second backward.
type TunnelConfig struct {
	// Namespaces are their names as "ip netns" has them. Those that are not there are
	// made, and taken away at the end. Default pA and pB.
	Namespaces [2]string
	// Addresses are theirs, IPv4, in one network. Default 10.77.0.1/24 and
	// 10.77.0.2/24.
	Addresses [2]netip.Prefix
	// MTU is of the devices, 68 to 65535 bytes. Default 1500.
	MTU int
	// BypassTCP carries TCP past the path at once, for signalling that should not
	// suffer.
	BypassTCP bool
}

// TunnelSummary is the figures of a tunnel.
type TunnelSummary struct {
	// Bypassed is TCP packets that were carried past the path.
	Bypassed uint64 `json:"bypassed"`
	// Ignored is packets that are no IPv4.
	Ignored uint64 `json:"ignored"`
}

// namespaceName keeps names from leaving the folder they are kept in.
var namespaceName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

func (c *TunnelConfig) withDefaults() (TunnelConfig, error) {
	d := *c
	for i, name := range [2]string{"pA", "pB"} {
		if d.Namespaces[i] == "" {
			d.Namespaces[i] = name
		}
		if !namespaceName.MatchString(d.Namespaces[i]) {
			return d, fmt.Errorf("namespace %q: want letters, digits, dots and dashes", d.Namespaces[i])
		}
	}
	for i, addr := range [2]string{"10.77.0.1/24", "10.77.0.2/24"} {
		if !d.Addresses[i].IsValid() {
			d.Addresses[i] = netip.MustParsePrefix(addr)
		}
		if !d.Addresses[i].Addr().Is4() {
			return d, fmt.Errorf("address %v: want IPv4, such as %s", d.Addresses[i], addr)
		}
	}
	if d.MTU == 0 {
		d.MTU = DefaultMTU
	}
	a, b := d.Addresses[0], d.Addresses[1]
	switch {
	case d.Namespaces[0] == d.Namespaces[1]:
		return d, fmt.Errorf("both ends in namespace %s: want two", d.Namespaces[0])
	case a.Masked() != b.Masked() || a.Addr() == b.Addr():
		return d, fmt.Errorf("addresses %v and %v: want two of one network", a, b)
	case d.MTU < leastMTU || d.MTU > mostMTU:
		return d, fmt.Errorf("MTU of %d bytes, want %d to %d", d.MTU, leastMTU, mostMTU)
	}

	return d, nil
}
