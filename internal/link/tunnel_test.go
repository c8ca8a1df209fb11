// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTunnelDefaults(t *testing.T) {
	c := TunnelConfig{}
	d, err := c.withDefaults()
	require.NoError(t, err)
	require.Equal(t, TunnelConfig{
		Namespaces: [2]string{"pA", "pB"},
		Addresses:  [2]netip.Prefix{netip.MustParsePrefix("10.77.0.1/24"), netip.MustParsePrefix("10.77.0.2/24")},
		MTU:        1500,
	}, d)
}

func TestTunnelRefuses(t *testing.T) {
	prefixes := func(a, b string) [2]netip.Prefix {
		return [2]netip.Prefix{netip.MustParsePrefix(a), netip.MustParsePrefix(b)}
	}
	for want, c := range map[string]TunnelConfig{
		"namespace \"../x\"": {Namespaces: [2]string{"../x", "b"}},
		"namespace \"..\"":   {Namespaces: [2]string{"a", ".."}},
		"both ends":          {Namespaces: [2]string{"pB", ""}},
		"want IPv4":          {Addresses: prefixes("fd00::1/64", "fd00::2/64")},
		"of one network":     {Addresses: prefixes("10.0.0.1/24", "10.0.1.2/24")},
		"10.0.0.1/24 and":    {Addresses: prefixes("10.0.0.1/24", "10.0.0.1/24")},
		"MTU of 67":          {MTU: 67},
		"MTU of 65536":       {MTU: 65_536},
	} {
		_, err := NewTunnel(c, nil)
		require.ErrorContains(t, err, want)
	}
}
