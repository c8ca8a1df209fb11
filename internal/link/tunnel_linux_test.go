// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vishvananda/netns"

	"github.com/rtmcc/rtmcc/internal/netsim"
)

func TestTunnelNeedsRoot(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("this is root")
	}
	_, err := NewTunnel(TunnelConfig{}, nil)
	require.ErrorIs(t, err, errNotRoot)
}

// asRoot skips a test that changes the machine's network, unless it is asked for.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Getenv("RTMCC_TEST_TUN") == "" {
		t.Skip("makes network namespaces: run it as root with RTMCC_TEST_TUN=1")
	}
}

var testNamespaces = [2]string{"rtmcc-test-a", "rtmcc-test-b"}

func openTestTunnel(t *testing.T, scenario *netsim.Scenario, cfg TunnelConfig) *Tunnel {
	t.Helper()
	e, err := New(Config{Scenario: scenario})
	require.NoError(t, err)
	cfg.Namespaces = testNamespaces
	tunnel, err := NewTunnel(cfg, e)
	require.NoError(t, err)

	return tunnel
}

func TestTunnelCarriesPackets(t *testing.T) {
	asRoot(t)
	tunnel := openTestTunnel(t, oneLink(netsim.Link{Capacity: netsim.Constant(100 * mbps), Delay: 5 * millisecond}), TunnelConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- tunnel.Run(ctx) }()

	var server net.PacketConn
	var client net.Conn
	require.NoError(t, inThread(func() (err error) {
		if err = tunnel.ends[1].enter(); err == nil {
			server, err = net.ListenPacket("udp", "10.77.0.2:7000")
		}

		return err
	}))
	require.NoError(t, inThread(func() (err error) {
		if err = tunnel.ends[0].enter(); err == nil {
			client, err = net.Dial("udp", "10.77.0.2:7000")
		}

		return err
	}))
	deadline := time.Now().Add(30 * time.Second)
	require.NoError(t, server.SetDeadline(deadline))
	require.NoError(t, client.SetDeadline(deadline))
	buffer := make([]byte, largeBuffer)
	// The last one leaves in fragments.
	for _, size := range []int{1, 1472, 20_000} {
		payload := bytes.Repeat([]byte{byte(size)}, size)
		_, err := client.Write(payload)
		require.NoError(t, err)
		n, from, err := server.ReadFrom(buffer)
		require.NoError(t, err)
		require.Equal(t, payload, buffer[:n])
		_, err = server.WriteTo(buffer[:n], from)
		require.NoError(t, err)
		n, err = client.Read(buffer)
		require.NoError(t, err)
		require.Equal(t, payload, buffer[:n])
	}
	require.NoError(t, client.Close())
	require.NoError(t, server.Close())

	require.NoError(t, tunnel.Execute(exec.CommandContext(ctx, "test", "-e", "/proc/sys/net/ipv4/conf/"+deviceName), 0))
	require.Error(t, tunnel.Execute(exec.CommandContext(ctx, "false"), 1))
	stopped, stop := context.WithTimeout(ctx, 100*time.Millisecond)
	defer stop()
	require.Error(t, tunnel.Execute(exec.CommandContext(stopped, "sh", "-c", "sleep 60; true"), 1))

	cancel()
	require.NoError(t, <-ended)
	require.NoError(t, tunnel.Close())
	for _, name := range testNamespaces {
		require.NoFileExists(t, filepath.Join(namespaceFolder, name))
	}
	s := tunnel.emulator.Summary()
	require.Equal(t, uint64(2+14), s.Forward.Delivered)
	require.Equal(t, s.Forward.DeliveredBytes, s.Backward.DeliveredBytes)
}

func TestTunnelKeepsWhatItFound(t *testing.T) {
	asRoot(t)
	require.NoError(t, inThread(func() error {
		handle, err := netns.NewNamed(testNamespaces[0])
		if err != nil {
			return err
		}

		return handle.Close()
	}))
	defer func() { require.NoError(t, netns.DeleteNamed(testNamespaces[0])) }()
	tunnel := openTestTunnel(t, oneLink(netsim.Link{}), TunnelConfig{})
	// A second one finds the device taken, and leaves everything as it is.
	_, err := NewTunnel(TunnelConfig{Namespaces: testNamespaces}, tunnel.emulator)
	require.ErrorContains(t, err, deviceName)
	require.NoError(t, tunnel.emulator.Close())
	require.NoError(t, tunnel.Close())
	require.FileExists(t, filepath.Join(namespaceFolder, testNamespaces[0]))
	require.NoFileExists(t, filepath.Join(namespaceFolder, testNamespaces[1]))
}
