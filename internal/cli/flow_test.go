// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/trace/capture"
)

func TestSenderAddress(t *testing.T) {
	for text, want := range map[string]netip.AddrPort{
		"192.0.2.1":          netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), 0),
		" 192.0.2.1:5004 ":   netip.MustParseAddrPort("192.0.2.1:5004"),
		"2001:db8::1":        netip.AddrPortFrom(netip.MustParseAddr("2001:db8::1"), 0),
		"[2001:db8::1]":      netip.AddrPortFrom(netip.MustParseAddr("2001:db8::1"), 0),
		"[2001:db8::1]:5004": netip.MustParseAddrPort("[2001:db8::1]:5004"),
		"::1":                netip.AddrPortFrom(netip.MustParseAddr("::1"), 0),
		":5004":              netip.AddrPortFrom(netip.Addr{}, 5004),
		":65535":             netip.AddrPortFrom(netip.Addr{}, 65535),
	} {
		var got SenderAddress
		require.NoError(t, got.UnmarshalText([]byte(text)), text)
		require.Equal(t, want, netip.AddrPort(got), text)
		flow := Flow{Sender: got, SSRC: 1, Extension: 2}
		require.Equal(t, capture.Options{Sender: want, SSRC: 1, ExtensionID: 2}, flow.options().Capture)
	}
	for _, text := range []string{"", ":", ":0", ":65536", "host", "host:5004", "192.0.2.1:", "192.0.2", "192.0.2.1:5004:1"} {
		var got SenderAddress
		require.ErrorContains(t, got.UnmarshalText([]byte(text)), "is no address: write 192.0.2.1", text)
	}
}
