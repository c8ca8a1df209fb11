// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package signalling

import (
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/pion/stun/v4"
)

// errICEHost is why the address of an ICE server is none.
var errICEHost = errors.New("what follows the scheme is neither host nor host:port (IPv6 addresses in brackets)")

// ParseICEURL reads the address of an ICE server: stun, stuns, turn or turns (RFC 7064,
// RFC 7065). An address from outside has to pass it before pion may see it.
func ParseICEURL(raw string) (*stun.URI, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("ICE server: %w", err)
	}
	// Where a port does not mend what lacks one, pion's parser adds ports until the
	// process has no stack left.
	if _, _, err := net.SplitHostPort(u.Opaque); err != nil {
		if _, _, err := net.SplitHostPort(u.Opaque + ":0"); err != nil {
			return nil, fmt.Errorf("ICE server %q: %w", raw, errICEHost)
		}
	}
	uri, err := stun.ParseURI(raw)
	if err != nil {
		return nil, fmt.Errorf("ICE server %q: %w", raw, err)
	}

	return uri, nil
}
