// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"context"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/reference"
	"github.com/whm-credentials/operator/internal/controller/tokens"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

const (
	// tokenKey is the part of a value that holds the token, and the default key in the Secret.
	tokenKey = "token"

	defaultNamePrefix = "whm"
)

// apiTokenDriver rotates API tokens. WHM shows a token once and lets several exist under different names, so a lost one is
// revoked by its name.
type apiTokenDriver struct {
	cluster    string
	neighbours neighbours
}

var _ overlapper = (*apiTokenDriver)(nil)

func apiTokenOf(obj Credential) *v1alpha1.APITokenRotation {
	return obj.(*v1alpha1.APITokenRotation) //nolint:forcetypeassert // the reconciler of this kind passes nothing else
}

// Class is Additive.
func (d *apiTokenDriver) Class() rotation.Class { return rotation.Additive }

// ID returns the token's name, which tells cluster, object, revision and attempt.
func (d *apiTokenDriver) ID(obj Credential, revision int64, attempt int) string {
	prefix := cmp.Or(apiTokenOf(obj).Spec.NamePrefix, defaultNamePrefix)
	return names.Of(d.cluster, obj.GetUID()).Token(prefix, revision, attempt)
}

// Account returns whose token it is: the user that the server object logs in as, unless the spec names another.
func (d *apiTokenDriver) Account(obj Credential, server v1alpha1.Server) tokens.Account {
	account := tokens.Account{Type: v1alpha1.WHMUser, User: upstream.User(server)}
	if a := apiTokenOf(obj).Spec.Account; a != nil {
		account.Type = cmp.Or(a.Type, account.Type)
		account.User = cmp.Or(string(a.User), account.User)
	}
	return account
}

// Ask asks for the privileges of the token.
func (d *apiTokenDriver) Ask(obj Credential, server v1alpha1.Server) reference.Ask {
	spec := apiTokenOf(obj).Spec
	return reference.Ask{User: d.Account(obj, server).User, ACLs: aclNames(spec.ACLs), AllPrivileges: spec.AllPrivileges}
}

func aclNames(acls []v1alpha1.ACLName) []string {
	var plain []string
	for _, acl := range acls {
		plain = append(plain, string(acl))
	}
	return plain
}

// Own tells whether the server object logs in with what this object publishes.
func (d *apiTokenDriver) Own(obj Credential, server v1alpha1.Server) bool {
	account := d.Account(obj, server)
	return server.ServerSpec().Auth.APIToken != nil && server.AuthSecretNamespace() == obj.GetNamespace() &&
		upstream.AuthReferences(server)[0].Name == obj.CredentialSpec().Secret.Name &&
		account.Type == v1alpha1.WHMUser && account.User == upstream.User(server)
}

// Wanted returns what the token shall be.
func (d *apiTokenDriver) Wanted(obj Credential, name string, issuedAt time.Time) (tokens.Spec, string) {
	in := apiTokenOf(obj).Spec
	spec := tokens.Spec{Name: name, ACLs: aclNames(in.ACLs), AllPrivileges: in.AllPrivileges}
	for _, address := range in.AllowedIPs {
		spec.AllowedIPs = append(spec.AllowedIPs, string(address))
	}
	var life time.Duration
	if in.ExpiresAfter != nil {
		life = in.ExpiresAfter.Duration
		spec.ExpiresAt = issuedAt.Add(life).Truncate(time.Second)
	}
	return spec, spec.Digest(life)
}

// Issue creates the token.
func (d *apiTokenDriver) Issue(ctx context.Context, c call, e *rotation.Entry) (rotation.Credential, error) {
	holder, err := d.holder(ctx, c)
	if err != nil {
		return rotation.Credential{}, notSent(err)
	}
	defer holder.Close(ctx)
	spec, _ := d.Wanted(c.obj, e.ID, e.IntendedAt)
	token, err := holder.Create(ctx, spec)
	if err != nil {
		return rotation.Credential{}, err
	}
	return rotation.Credential{Value: d.Value(token), Fingerprint: token.Fingerprint(), ExpiresAt: spec.ExpiresAt}, nil
}

func (d *apiTokenDriver) holder(ctx context.Context, c call) (tokens.Holder, error) {
	return holderOf(ctx, c, d.Account(c.obj, c.server))
}

// notSent says of the failure to reach an account that no token was asked for.
func notSent(err error) error {
	if !whm.MayHaveApplied(err) {
		return err
	}
	return outcome.Retry(v1alpha1.UnavailableReason, "%v", err)
}

// mayHaveIssued tells whether a failed issue may have had its effect.
func mayHaveIssued(err error) bool { return whm.ClassOf(err) != "" && whm.MayHaveApplied(err) }

// holderOf reaches the tokens of an account.
func holderOf(ctx context.Context, c call, account tokens.Account) (tokens.Holder, error) {
	return tokens.Open(ctx, tokens.Access{Client: c.client, User: upstream.User(c.server), Login: c.login}, account)
}

// Sample returns a token of the form that WHM's documentation shows.
func (d *apiTokenDriver) Sample(obj Credential) *rotation.Entry {
	return &rotation.Entry{
		ID:    d.ID(obj, 1, 1),
		Value: rotation.Value{tokenKey: "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"},
	}
}

// Keys returns username, token, its name and expiry, and the ready authorization header. The token of a cPanel account is
// for cPanel, not for WHM.
func (d *apiTokenDriver) Keys(obj Credential, server v1alpha1.Server, e *rotation.Entry) map[string]string {
	account, token := d.Account(obj, server), e.Value[tokenKey]
	keys := map[string]string{
		"username":      account.User,
		tokenKey:        token,
		"tokenName":     e.ID,
		"expiresAt":     "",
		"authorization": "whm " + account.User + ":" + token,
	}
	if !e.ExpiresAt.IsZero() {
		keys["expiresAt"] = e.ExpiresAt.UTC().Format(time.RFC3339)
	}
	if account.Type == v1alpha1.CPanelAccount {
		keys["authorization"] = "cpanel " + account.User + ":" + token
		addEndpoint(keys, upstream.CPanelEndpoint(server))
	}
	return keys
}

// PreviousKeys returns the keys of the token that overlaps.
func (d *apiTokenDriver) PreviousKeys(_ Credential, previous *rotation.Entry) map[string]string {
	keys := map[string]string{"previousToken": "", "previousTokenName": ""}
	if previous != nil {
		keys["previousToken"], keys["previousTokenName"] = previous.Value[tokenKey], previous.ID
	}
	return keys
}

// Secret returns the token.
func (d *apiTokenDriver) Secret(value rotation.Value) whm.Secret {
	return whm.NewSecret(value[tokenKey])
}

// Value returns the value that has the token.
func (d *apiTokenDriver) Value(token whm.Secret) rotation.Value {
	return rotation.Value{tokenKey: token.Reveal()}
}

// Successor is empty: there is nothing better.
func (d *apiTokenDriver) Successor(v1alpha1.Server) string { return "" }
