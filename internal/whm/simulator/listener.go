// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// listener is one address with its HTTP server.
type listener struct {
	net.Listener
	http *http.Server
	// done is closed when serving ended; nil before it began.
	done chan struct{}
}

// newListener binds; TLS is spoken when a config is given. Only HTTP/1.1, as
// the real server does.
func newListener(address string, handler http.Handler, config *tls.Config) (*listener, error) {
	bound, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if config != nil {
		bound = tls.NewListener(bound, config)
	}
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	return &listener{
		Listener: bound,
		http: &http.Server{
			Handler: handler, Protocols: protocols, ReadHeaderTimeout: time.Minute,
			// Failed handshakes are what clients with the wrong CA are tried for.
			ErrorLog: log.New(io.Discard, "", 0),
		},
	}, nil
}

func (l *listener) serve() {
	l.done = make(chan struct{})
	go func() {
		defer close(l.done)
		_ = l.http.Serve(l.Listener) // returns when closed
	}()
}

// close also works on a listener that never served.
func (l *listener) close() {
	_ = l.http.Close()
	_ = l.Close() // the HTTP server closes it only once it serves
	if l.done != nil {
		<-l.done
	}
}

func (l *listener) address() string { return l.Addr().String() }

// plainURL is "" for a listener that there is not.
func (l *listener) plainURL() string {
	if l == nil {
		return ""
	}
	return "http://" + l.address()
}

func (l *listener) port() string {
	_, port, _ := net.SplitHostPort(l.address())
	return port
}

// plainHandler redirects to TLS, as servers do unless told otherwise.
func (s *Server) plainHandler(svc service) http.Handler {
	serve := s.handler(svc)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Inventory().Policies.ServePlainHTTP {
			serve.ServeHTTP(w, r)
			return
		}
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		http.Redirect(w, r, "https://"+net.JoinHostPort(host, s.port(svc))+r.URL.RequestURI(), http.StatusMovedPermanently)
	})
}

// cutByFirewall reports whether the peer's address is in the firewall.
func (s *Server) cutByFirewall(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.hulk.firewalled(s.st.policies().CPHulk, peer.Addr().Unmap(), now)
}
