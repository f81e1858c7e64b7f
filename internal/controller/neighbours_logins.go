// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
)

// partOf tells which part of the operator's login a credential can be.
func partOf(d driver) upstream.Part {
	if of, ok := d.(insider); ok {
		return of.Part()
	}
	return upstream.MainPart
}

// noLockOut stalls if a server object logs in with the credential that would be replaced, from anywhere but the Secret that
// gets the new one.
func (n neighbours) noLockOut(ctx context.Context, d sole, obj Credential, server v1alpha1.Server) error {
	all, err := n.references.Servers(ctx)
	if err != nil {
		return err
	}
	for _, other := range all {
		if !concerns(other, server) || !d.LogsIn(obj, other) {
			continue
		}
		ref := upstream.AuthReferences(other)[d.Part()]
		if other.AuthSecretNamespace() == obj.GetNamespace() && ref.Name == obj.CredentialSpec().Secret.Name &&
			publishesUnder(d, obj, ref.Key) {
			continue
		}
		return outcome.Stall(v1alpha1.WouldLockOutReason,
			"%s logs in with %s from %s, which would not get the new one under the key that it reads; publish into that Secret "+
				"and key, or let it log in with something else",
			called(string(other.ServerKind()), other, obj), d.Subject(obj, server), calledSecret(other, obj, ref.Name)).
			RetryAfter(conflictRetry)
	}
	return nil
}

// keepsLogins stalls if the Secret is what a server object logs in with and would get something else under the key that
// it reads. own tells whether it is this very credential that the server object logs in with.
func (n neighbours) keepsLogins(ctx context.Context, obj Credential, d driver, own func(v1alpha1.Server) bool) error {
	secret := obj.CredentialSpec().Secret.Name
	all, err := n.references.Servers(ctx, client.MatchingFields{AuthSecretField: secretKey(obj.GetNamespace(), secret)})
	if err != nil {
		return err
	}
	data, part := sampleData(d, obj), int(partOf(d))
	for _, other := range all {
		for i, ref := range upstream.AuthReferences(other) {
			written, touched := data[ref.Key]
			right := own(other) && i == part && string(written) == d.Secret(d.Sample(obj).Value).Reveal()
			if ref.Name != secret || !touched && !own(other) || right {
				continue
			}
			return outcome.Stall(v1alpha1.WouldLockOutReason,
				"%s %s logs in with the key %s of the Secret %s, which this rotation would overwrite with another "+
					"credential; publish under another name", other.ServerKind(), other.GetName(), ref.Key, ref.Name).
				RetryAfter(conflictRetry)
		}
	}
	return nil
}

func calledSecret(server v1alpha1.Server, obj client.Object, name string) string {
	if server.AuthSecretNamespace() != obj.GetNamespace() {
		return "a Secret there"
	}
	return "the Secret " + name
}

// publishesUnder tells whether the Secret holds the bare credential under the key.
func publishesUnder(d driver, obj Credential, key string) bool {
	return string(sampleData(d, obj)[key]) == d.Secret(d.Sample(obj).Value).Reveal()
}

// sampleData returns what the rotation would write, with a made-up credential; nothing if its template does not render.
func sampleData(d driver, obj Credential) map[string][]byte {
	set, err := parseTemplate(obj.CredentialSpec())
	if err != nil {
		return nil
	}
	data, err := trySample(d, obj, set, &v1alpha1.WHMServer{})
	if err != nil {
		return nil
	}
	return data
}
