// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
)

// Login returns a client for a server with another credential than the operator's. A rejection of it says nothing about
// the operator's own, so it does not close the gate.
func (p *Pool) Login(server v1alpha1.Server, credential whm.Credential) (*whm.Client, error) {
	return p.login(server, options(server, p.userAgent), credential)
}

// LoginCPanel is Login for cPanel on the same server, where the tokens of cPanel accounts work.
func (p *Pool) LoginCPanel(server v1alpha1.Server, credential whm.Credential) (*whm.Client, error) {
	o := options(server, p.userAgent)
	o.Endpoint = CPanelEndpoint(server)
	return p.login(server, o, credential)
}

func (p *Pool) login(server v1alpha1.Server, o whm.Options, credential whm.Credential) (*whm.Client, error) {
	o.Guard = p.shared(server).guard
	client, err := whm.New(o, credential)
	if err != nil {
		return nil, invalidOptions(server, err)
	}
	return client, nil
}
