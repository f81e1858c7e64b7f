// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
)

// Login returns a client for a server with another credential than the operator's. A rejection of it says nothing about
// the operator's own, so it does not close the gate.
func (p *Pool) Login(server v1alpha1.Server, credential whm.Credential) (*whm.Client, error) {
	o := options(server, p.userAgent)
	o.Guard = p.shared(server).guard
	return newClient(server, o, credential)
}

// Part is a part of the operator's login to a server, in the order of AuthReferences.
type Part int

// The parts.
const (
	// MainPart is the token, access hash or password.
	MainPart Part = iota
	// OTPPart is what one-time codes are made from.
	OTPPart
)

// Rehearse returns a client that logs in as the operator will once a part of its login has another value. A rejection of it
// does not close the gate. One-time codes that were sent already are not sent again.
func (p *Pool) Rehearse(ctx context.Context, server v1alpha1.Server, part Part, value whm.Secret) (*whm.Client, error) {
	m, err := readMaterial(ctx, p.reader, server)
	if err != nil {
		return nil, err
	}
	if part == OTPPart {
		m.otp = value
	} else {
		m.main = value
	}
	m.used = &p.shared(server).usedCodes
	credential, err := m.credential(p.clock)
	if err != nil {
		return nil, err
	}
	return p.Login(server, credential)
}

// Charge counts a failed login as the operator's user that was made with Rehearse, so that all of them together stay within
// the budget, also over a restart.
func (p *Pool) Charge(server v1alpha1.Server) {
	s := p.shared(server)
	s.gate.charge()
	s.notify()
}

// Spend remembers a one-time code of the operator's user that was used for something else than a login.
func (p *Pool) Spend(server v1alpha1.Server, code whm.Secret) { p.shared(server).usedCodes.Spend(code) }

// LoginCPanel is Login for cPanel on the same server, where the tokens of cPanel accounts work.
func (p *Pool) LoginCPanel(server v1alpha1.Server, credential whm.Credential) (*whm.Client, error) {
	o := options(server, p.userAgent)
	o.Endpoint = CPanelEndpoint(server)
	o.Guard = p.shared(server).guardCPanel
	return newClient(server, o, credential)
}

func newClient(server v1alpha1.Server, o whm.Options, credential whm.Credential) (*whm.Client, error) {
	client, err := whm.New(o, credential)
	if err != nil {
		return nil, invalidOptions(server, err)
	}
	return client, nil
}
