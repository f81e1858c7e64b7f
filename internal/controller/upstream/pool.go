// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/whm"
)

// Pool holds the connections to all servers.
type Pool struct {
	reader    client.Reader
	clock     clock.PassiveClock
	userAgent string
	notify    func(v1alpha1.Server)

	mu      sync.Mutex
	servers map[types.UID]*shared
}

// NewPool returns an empty pool. The reader reads auth Secrets live; notify is told when a server rejected the
// operator's credential, so that the server object can report it.
func NewPool(reader client.Reader, clk clock.PassiveClock, userAgent string, notify func(v1alpha1.Server)) *Pool {
	return &Pool{reader: reader, clock: clk, userAgent: userAgent, notify: notify, servers: map[types.UID]*shared{}}
}

// Connection is a way to call one server with the credential that is in its auth Secret now.
type Connection struct {
	// Operator calls with the operator's own credential.
	Operator *whm.Client
	// User that it logs in as.
	User string
	// Credential identifies the credential: the fingerprint of a token or access hash, and UID and resourceVersion of
	// each Secret of a password; and a digest of user and endpoint.
	Credential string

	secrets    material
	generation int64
	login      *login
}

// Connect returns the connection to a server. The auth Secret is read live; as long as neither it nor the spec has
// changed the same connection is returned, with its open TLS connections and login session.
func (p *Pool) Connect(ctx context.Context, server v1alpha1.Server) (*Connection, error) {
	secrets, err := readMaterial(ctx, p.reader, server)
	if err != nil {
		return nil, err
	}
	s := p.shared(server)
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.connection
	if old != nil && old.generation == server.GetGeneration() && old.Credential == secrets.key() {
		return old, nil
	}
	change := secrets.changeFrom(old)
	if change == same && old.generation == server.GetGeneration() {
		s.connection = old.renamed(secrets)
		s.gate.use(s.connection.Credential, same)
		return s.connection, nil
	}
	c, err := p.open(server, s, secrets)
	if err != nil {
		return nil, err
	}
	s.gate.use(c.Credential, change)
	if old != nil {
		old.Operator.Close()
		if old.generation != server.GetGeneration() {
			// The spec was corrected, perhaps because of what opened the breaker.
			s.whm.reset()
			s.cpanel.reset()
		}
	}
	s.connection = c
	return c, nil
}

// renamed returns the connection under the name that its Secrets have now, whose values are the same: a login session goes
// on, instead of one more login for a new label.
func (c *Connection) renamed(secrets material) *Connection {
	now := *c
	now.Credential, now.secrets = secrets.key(), secrets
	now.login.rename(now.Credential)
	return &now
}

func (p *Pool) open(server v1alpha1.Server, s *shared, secrets material) (*Connection, error) {
	c := &Connection{
		User: secrets.user, Credential: secrets.key(), secrets: secrets, generation: server.GetGeneration(),
		login: &login{credential: secrets.key(), codes: !secrets.otp.IsZero()},
	}
	o := options(server, p.userAgent)
	o.Guard = s.guardOperator(c.login)
	secrets.used = &s.usedCodes
	credential, err := secrets.credential(p.clock)
	if err != nil {
		return nil, err
	}
	if c.Operator, err = whm.New(o, credential); err != nil {
		return nil, invalidOptions(server, err)
	}
	return c, nil
}

func invalidOptions(server v1alpha1.Server, err error) error {
	return outcome.Stall(v1alpha1.InvalidSpecReason, "%s %s: %w", server.ServerKind(), server.GetName(), err)
}

func options(server v1alpha1.Server, userAgent string) whm.Options {
	o := whm.Options{Endpoint: Endpoint(server), UserAgent: userAgent, Timeout: Timeout(server)}
	if t := server.ServerSpec().TLS; t != nil {
		o.TLS = whm.TLSOptions{CABundle: []byte(t.CABundle), ServerName: t.ServerName}
	}
	return o
}

func (p *Pool) shared(server v1alpha1.Server) *shared {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.servers[server.GetUID()]
	if s == nil {
		// The caller goes on to change its object while others are told.
		told := server.DeepCopyObject().(v1alpha1.Server) //nolint:forcetypeassert // a copy has the type of its original
		s = newShared(p.clock, server.ServerStatus().Authentication, func() { p.notify(told) })
		p.servers[server.GetUID()] = s
	}
	s.limit(server.ServerSpec().Limits)
	return s
}

// Forget drops what is kept for a server that no longer exists.
func (p *Pool) Forget(uid types.UID) {
	p.mu.Lock()
	s := p.servers[uid]
	delete(p.servers, uid)
	p.mu.Unlock()
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connection != nil {
		s.connection.Operator.Close()
	}
}

// Gate returns the gate of a server.
func (p *Pool) Gate(server v1alpha1.Server) *Gate { return p.shared(server).gate }

// TrySlot takes one of the server's slots; release gives it back. It does not wait, because a server that hangs must
// not hold the workers that others need: the caller comes back later.
func (p *Pool) TrySlot(server v1alpha1.Server) (release func(), ok bool) {
	s := p.shared(server)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken >= s.slots {
		return nil, false
	}
	s.taken++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.taken--
	}), true
}
