// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/vnet"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quiet logs nothing.
func quiet() logging.LoggerFactory {
	f := logging.NewDefaultLoggerFactory()
	f.DefaultLogLevel = logging.LogLevelDisabled
	f.ScopeLevels = map[string]logging.LogLevel{}

	return f
}

// inProcess calls a handler as if over a network that takes no time.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.handler.ServeHTTP(w, r)
	}()
	select {
	case <-done:
		rsp := w.Result()
		rsp.Request = r

		return rsp, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// The addresses on the virtual network. The pusher has the second one where a test asks
// for it; its packets are lost until the first one's are.
const (
	firstAddress  = "10.0.0.1"
	secondAddress = "10.0.0.3"
	serverAddress = "10.0.0.2"
)

// network is two hosts and the router between them.
type network struct {
	pusher, server *vnet.Net
	mu             sync.Mutex
	// cut drops every packet while it is set.
	cut bool
	// dead drops the packets of one address.
	dead string
}

func newNetwork(t *testing.T, pusher ...string) *network {
	t.Helper()
	if len(pusher) == 0 {
		pusher = []string{firstAddress}
	}
	n := &network{dead: secondAddress}
	router, err := vnet.NewRouter(&vnet.RouterConfig{CIDR: "10.0.0.0/24", LoggerFactory: quiet()})
	require.NoError(t, err)
	router.AddChunkFilter(func(c vnet.Chunk) bool {
		n.mu.Lock()
		defer n.mu.Unlock()

		return !n.cut && host(c.SourceAddr()) != n.dead && host(c.DestinationAddr()) != n.dead
	})
	add := func(ips ...string) *vnet.Net {
		h, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: ips})
		require.NoError(t, err)
		require.NoError(t, router.AddNet(h))

		return h
	}
	n.pusher, n.server = add(pusher...), add(serverAddress)
	require.NoError(t, router.Start())
	t.Cleanup(func() { require.NoError(t, router.Stop()) })

	return n
}

func host(a net.Addr) string { return a.(*net.UDPAddr).IP.String() }

// move takes the pusher's first address away and gives it the second; moveBack does the
// reverse.
func (n *network) move()     { n.kill(firstAddress) }
func (n *network) moveBack() { n.kill(secondAddress) }

func (n *network) kill(address string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dead = address
}

func (n *network) setCut(cut bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = cut
}

// on puts a connection onto a host of the virtual network.
func on(h transport.Net) func(*webrtc.SettingEngine) {
	return func(e *webrtc.SettingEngine) {
		e.SetNet(h)
		e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	}
}

// diary keeps the events of a session.
type diary struct {
	t      *testing.T
	busy   sync.Mutex
	mu     sync.Mutex
	states []session.ConnectionState
	texts  []string
	tries  []session.Reconnect
	drops  map[ratecontrol.DropReason]int
}

func (d *diary) observe(e bwe.Event) {
	if !d.busy.TryLock() {
		d.t.Error("two events at once")

		return
	}
	defer d.busy.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	switch e := e.(type) {
	case *session.Connection:
		d.states = append(d.states, e.State)
	case *session.Warning:
		d.texts = append(d.texts, e.Text)
	case *session.Reconnect:
		d.tries = append(d.tries, *e)
	case *session.FrameDrop:
		if d.drops == nil {
			d.drops = map[ratecontrol.DropReason]int{}
		}
		d.drops[e.Reason]++
	}
}

// bench is a pusher's options towards a receiver on a virtual network.
func bench(t *testing.T, source media.Source) (*receiver, *network, *diary, session.Options) {
	t.Helper()

	return benchOn(t, newNetwork(t), source)
}

func benchOn(t *testing.T, n *network, source media.Source) (*receiver, *network, *diary, session.Options) {
	t.Helper()
	s := &receiver{t: t, host: n.server}
	t.Cleanup(s.close)
	d := &diary{t: t}
	cfg := sender.Default()
	cfg.BWE.StartBitrate = 5 * bwe.Mbps

	return s, n, d, session.Options{
		Config:                 cfg,
		URL:                    "http://server.example/whip",
		Open:                   again(source),
		HTTPClient:             &http.Client{Transport: inProcess{s}},
		Observer:               d.observe,
		LoggerFactory:          quiet(),
		ConfigureSettingEngine: on(n.pusher),
	}
}

func again(source media.Source) func(context.Context) (media.Source, error) {
	return func(context.Context) (media.Source, error) { return source, nil }
}
