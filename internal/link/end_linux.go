// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// end is a namespace with a TUN device in it.
type end struct {
	namespace string
	// made tells that the namespace was not there before.
	made   bool
	device *os.File
}

// inThread calls f on a thread that is thrown away afterwards, so that whatever
// namespace f enters is left by nobody else.
func inThread(f func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		result <- f()
	}()

	return <-result
}

// namespaceFolder is where "ip netns" and the netns package keep the names.
const namespaceFolder = "/run/netns"

// openEnd makes the namespace where it is not there yet, and the device in it. It
// leaves nothing behind where it fails.
func openEnd(namespace string, address netip.Prefix, mtu int) (*end, error) {
	e := &end{namespace: namespace}
	err := inThread(func() error {
		if err := e.enter(); err != nil {
			return err
		}

		return e.addDevice(address, mtu)
	})
	if err != nil {
		return nil, errors.Join(err, e.close())
	}

	return e, nil
}

// enter moves the thread into the namespace.
func (e *end) enter() error {
	handle, err := netns.GetFromName(e.namespace)
	if err == nil {
		defer func() { _ = handle.Close() }()

		return netns.Set(handle)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	handle, err = netns.NewNamed(e.namespace)
	if err != nil {
		if !errors.Is(err, fs.ErrExist) {
			// The name may be there already, with nothing behind it.
			_ = os.Remove(filepath.Join(namespaceFolder, e.namespace))
		}

		return fmt.Errorf("making it: %w", err)
	}
	e.made = true

	return handle.Close()
}

// queueLength is how many packets may wait in a device for the reader.
const queueLength = 2000

// addDevice makes the device in the thread's namespace, with its address and a
// default route.
func (e *end) addDevice(address netip.Prefix, mtu int) error {
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	if err := netlink.LinkSetUp(loopback); err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name = deviceName
	tun := &netlink.Tuntap{
		LinkAttrs: attributes, Mode: netlink.TUNTAP_MODE_TUN, Flags: netlink.TUNTAP_NO_PI, NonPersist: true, Queues: 1,
	}
	if err := netlink.LinkAdd(tun); err != nil {
		return fmt.Errorf("device %s: %w: another link may be using the namespace", deviceName, err)
	}
	e.device = tun.Fds[0]
	// Router solicitations and the like would cross the path too. Kernels without IPv6
	// have none to forbid.
	_ = os.WriteFile("/proc/sys/net/ipv6/conf/"+deviceName+"/disable_ipv6", []byte("1"), 0)
	device, err := netlink.LinkByName(deviceName)
	if err != nil {
		return fmt.Errorf("device %s: %w", deviceName, err)
	}
	network := &net.IPNet{IP: address.Addr().AsSlice(), Mask: net.CIDRMask(address.Bits(), address.Addr().BitLen())}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"MTU", func() error { return netlink.LinkSetMTU(device, mtu) }},
		{"queue", func() error { return netlink.LinkSetTxQLen(device, queueLength) }},
		{"address", func() error { return netlink.AddrAdd(device, &netlink.Addr{IPNet: network}) }},
		{"start", func() error { return netlink.LinkSetUp(device) }},
		{"default route", func() error {
			err := netlink.RouteAdd(&netlink.Route{LinkIndex: device.Attrs().Index, Scope: netlink.SCOPE_LINK, Dst: everywhere})
			if errors.Is(err, fs.ErrExist) {
				// A namespace with a way out of its own keeps it.
				return nil
			}

			return err
		}},
	} {
		if err := step.do(); err != nil {
			return fmt.Errorf("device %s: %s: %w", deviceName, step.what, err)
		}
	}

	return nil
}

var everywhere = &net.IPNet{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}

// Send implements [Port].
func (e *end) Send(packet []byte) error {
	_, err := e.device.Write(packet)

	return err
}

// close takes the device away, which goes with its file, and the namespace where it
// was made here.
func (e *end) close() error {
	var err error
	if e.device != nil {
		err = e.device.Close()
	}
	if e.made {
		err = errors.Join(err, netns.DeleteNamed(e.namespace))
	}

	return err
}
