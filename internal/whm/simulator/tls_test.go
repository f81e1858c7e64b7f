// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"testing"
)

func handshake(s *Server, config *tls.Config) error {
	conn, err := (&tls.Dialer{Config: config, NetDialer: &net.Dialer{}}).Dial("tcp", strings.TrimPrefix(s.WHMURL(), "https://"))
	if err == nil {
		err = conn.Close()
	}
	return err
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	s := startConfig(t, Config{Inventory: testInventory("11.136.0.4"), Names: []string{"more.example.com", "192.0.2.7"}})
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CA()) {
		t.Fatal("CA is not PEM")
	}
	for name, want := range map[string]bool{
		"127.0.0.1": true, "localhost": true, "whm1.example.com": true, "more.example.com": true, "192.0.2.7": true, "other.example.com": false,
	} {
		if err := handshake(s, &tls.Config{RootCAs: pool, ServerName: name}); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if handshake(s, &tls.Config{ServerName: "localhost"}) == nil {
		t.Error("trusted without the CA")
	}
	old := &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if err := handshake(s, old); err == nil {
		t.Error("TLS 1.1 is accepted")
	}
}

func TestTwoServersHaveTwoAuthorities(t *testing.T) {
	t.Parallel()
	a, b := startServer(t, testInventory("11.136.0.4")), startServer(t, testInventory("11.136.0.4"))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(a.CA())
	if handshake(b, &tls.Config{RootCAs: pool, ServerName: "localhost"}) == nil {
		t.Error("one server's CA vouches for another")
	}
}

func TestStartSaysWhichAddressIsTaken(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	taken := strings.TrimPrefix(s.WHMURL(), "https://")
	if _, err := Start(Config{Inventory: testInventory("11.136.0.4"), CPanelAddress: taken}); err == nil || !strings.Contains(err.Error(), taken) {
		t.Errorf("error %v", err)
	}
	if _, err := Start(Config{}); err == nil || !strings.Contains(err.Error(), "root") {
		t.Errorf("error %v", err)
	}
}
