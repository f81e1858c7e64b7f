// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// anyLoopback is where a listener goes that was given no address.
const anyLoopback = "127.0.0.1:0"

// Config says what to simulate and where to listen. Every address that is left
// out is a free port on 127.0.0.1.
type Config struct {
	// Inventory is the server to simulate. users.root is required.
	Inventory Inventory
	// WHMAddress, CPanelAddress and WebmailAddress speak TLS.
	WHMAddress, CPanelAddress, WebmailAddress string
	// PlainAddress is WHM over plain HTTP, the others are cPanel and Webmail.
	// Omitted: no such listener.
	PlainAddress, PlainCPanelAddress, PlainWebmailAddress string
	// AdminAddress is the control interface, plain HTTP and for loopback only.
	AdminAddress string
	// Names are further host names or IP addresses for the certificate, which
	// always holds 127.0.0.1, ::1, localhost and the inventory's hostname.
	Names []string
	// Now replaces the real clock. The virtual offset is added to it.
	Now func() time.Time
	// OnCall is the first hook, see [Server.OnCall].
	OnCall func(Call)
}

// Server is a running simulation. Its methods are safe for concurrent use.
type Server struct {
	clock     *clock
	functions map[string]*function
	uapi      map[string]*uapiFunction
	authority *authority
	closing   chan struct{}
	closeOnce sync.Once

	whm, cpanel, webmail, admin      *listener
	plain, plainCPanel, plainWebmail *listener

	mu       sync.Mutex // guards what follows
	st       *state
	faults   faults
	lastCall int
	onCall   func(Call)
	choose   func(Call) *Fault
}

// Start begins to serve. The caller must Close the server.
func Start(cfg Config) (*Server, error) {
	s := &Server{
		clock: newClock(cfg.Now), functions: functionTable(), uapi: uapiTable(),
		closing: make(chan struct{}), onCall: cfg.OnCall,
	}
	st, err := newState(cfg.Inventory, s.Now())
	if err != nil {
		return nil, fmt.Errorf("inventory: %w", err)
	}
	s.st = st
	if s.authority, err = newAuthority(); err != nil {
		return nil, err
	}
	if err := s.listen(cfg); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Server) listen(cfg Config) error {
	tlsConfig, err := s.authority.serverConfig(append([]string{s.st.inv.Hostname, "localhost", "127.0.0.1", "::1"}, cfg.Names...))
	if err != nil {
		return err
	}
	var failed error
	open := func(address string, handler http.Handler, secure bool) *listener {
		config := tlsConfig
		if !secure {
			config = nil
		}
		l, err := newListener(orDefault(address, anyLoopback), handler, config)
		failed = errors.Join(failed, err)
		return l
	}
	s.whm = open(cfg.WHMAddress, s.handler(serviceWHM), true)
	s.cpanel = open(cfg.CPanelAddress, s.handler(serviceCPanel), true)
	s.webmail = open(cfg.WebmailAddress, s.handler(serviceWebmail), true)
	s.admin = open(cfg.AdminAddress, s.adminHandler(), false)
	for _, plain := range s.plainListeners(cfg) {
		if plain.address != "" {
			*plain.listener = open(plain.address, s.plainHandler(plain.service), false)
		}
	}
	if failed != nil {
		return failed
	}
	for _, l := range s.listeners() {
		l.serve()
	}
	return nil
}

// plainListener is a listener that is there only if it got an address.
type plainListener struct {
	listener **listener
	address  string
	service  service
}

func (s *Server) plainListeners(cfg Config) []plainListener {
	return []plainListener{
		{&s.plain, cfg.PlainAddress, serviceWHM}, {&s.plainCPanel, cfg.PlainCPanelAddress, serviceCPanel},
		{&s.plainWebmail, cfg.PlainWebmailAddress, serviceWebmail},
	}
}

// listeners are the open ones.
func (s *Server) listeners() []*listener {
	var open []*listener
	for _, l := range []*listener{s.whm, s.cpanel, s.webmail, s.plain, s.plainCPanel, s.plainWebmail, s.admin} {
		if l != nil {
			open = append(open, l)
		}
	}
	return open
}

// Close ends every connection, also hanging ones, and waits for the listeners.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		close(s.closing)
		for _, l := range s.listeners() {
			l.close()
		}
	})
}

// WHMURL is the base of WHM: https://127.0.0.1:port.
func (s *Server) WHMURL() string { return "https://" + s.whm.address() }

// CPanelURL is the base of cPanel.
func (s *Server) CPanelURL() string { return "https://" + s.cpanel.address() }

// WebmailURL is the base of Webmail.
func (s *Server) WebmailURL() string { return "https://" + s.webmail.address() }

// PlainWHMURL is the base of WHM over plain HTTP, or "" without that listener.
func (s *Server) PlainWHMURL() string { return s.plain.plainURL() }

// PlainCPanelURL is the base of cPanel over plain HTTP, or "".
func (s *Server) PlainCPanelURL() string { return s.plainCPanel.plainURL() }

// PlainWebmailURL is the base of Webmail over plain HTTP, or "".
func (s *Server) PlainWebmailURL() string { return s.plainWebmail.plainURL() }

// AdminURL is the base of the control interface.
func (s *Server) AdminURL() string { return "http://" + s.admin.address() }

// CA is the authority's certificate in PEM.
func (s *Server) CA() []byte { return append([]byte(nil), s.authority.pem...) }

// port is where a service listens.
func (s *Server) port(svc service) string {
	switch svc {
	case serviceWHM:
		return s.whm.port()
	case serviceCPanel:
		return s.cpanel.port()
	default:
		return s.webmail.port()
	}
}
