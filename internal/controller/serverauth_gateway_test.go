// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"io"
	"maps"
	"net"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// gateway passes connections on from an address of its own, as a router does whose address changes now and then.
type gateway struct {
	net.Listener
	target string

	mu     sync.Mutex
	source string
	open   map[net.Conn]bool
}

// startGateway forwards to a server until the spec ends. The server sees connections come from source.
func startGateway(s *simulator.Server, source string) *gateway {
	GinkgoHelper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	g := &gateway{
		Listener: listener, target: strings.TrimPrefix(s.WHMURL(), "https://"), source: source, open: map[net.Conn]bool{},
	}
	go g.run()
	DeferCleanup(func() {
		Expect(g.Close()).To(Succeed())
		g.move("127.0.0.1")
	})
	return g
}

func (g *gateway) run() {
	for {
		in, err := g.Accept()
		if err != nil {
			return
		}
		go g.forward(in)
	}
}

func (g *gateway) forward(in net.Conn) {
	g.mu.Lock()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(g.source)}}
	g.mu.Unlock()
	out, err := dialer.DialContext(ctx, "tcp", g.target)
	if err != nil {
		_ = in.Close()
		return
	}
	g.mu.Lock()
	g.open[in], g.open[out] = true, true
	g.mu.Unlock()
	go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
	_, _ = io.Copy(in, out)
	_ = in.Close()
}

// move cuts all connections and has new ones come from another address.
func (g *gateway) move(source string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.source = source
	for c := range maps.Keys(g.open) {
		_ = c.Close()
	}
	clear(g.open)
}
