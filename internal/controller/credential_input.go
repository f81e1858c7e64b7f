// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// readInput reads what a one-shot credential is given for.
func (r *CredentialReconciler) readInput(ctx context.Context, s *scope) (err error) {
	d, ok := r.driver.(exchanger)
	if !ok {
		return nil
	}
	s.input, err = d.Input(ctx, s.obj)
	return err
}

// watchInput hears of changes of the Secret with the input.
func (r *CredentialReconciler) watchInput(obj Credential) {
	if d, ok := r.driver.(exchanger); ok {
		r.Inputs.Want(client.ObjectKeyFromObject(obj), inputKey(d, obj))
	}
}

func (r *CredentialReconciler) forgetInput(obj Credential) {
	if _, ok := r.driver.(exchanger); ok {
		r.Inputs.Want(client.ObjectKeyFromObject(obj))
	}
}

func inputKey(d exchanger, obj Credential) types.NamespacedName {
	return types.NamespacedName{Namespace: obj.GetNamespace(), Name: d.InputSecret(obj)}
}

// inputChanged tells whether the Secret with the input was changed since it was read last.
func (r *CredentialReconciler) inputChanged(s *scope) bool {
	d, ok := r.driver.(exchanger)
	if !ok {
		return false
	}
	secret := r.Inputs.Metadata(inputKey(d, s.obj))
	return secret != nil && d.InputChanged(s.obj, secret)
}

// inputOf returns the objects that wait for what a person puts into a Secret.
func (r *CredentialReconciler) inputOf(ctx context.Context, secret client.Object) []reconcile.Request {
	d, ok := r.driver.(exchanger)
	if !ok {
		return nil
	}
	var requests []reconcile.Request
	for _, request := range requestsFor(ctx, r.Client, r.kind.newList(), client.InNamespace(secret.GetNamespace())) {
		obj := r.kind.newObject()
		if r.Client.Get(ctx, request.NamespacedName, obj) == nil && d.InputSecret(obj) == secret.GetName() {
			requests = append(requests, request)
		}
	}
	return requests
}

// exchangedEntry stands for a credential whose journal was lost. What it was given for is in the annotations of the Secret;
// it must not be used again, even if the Secret does not tell the whole credential.
func exchangedEntry(e *rotation.Entry) *rotation.Entry {
	e.Baseline = e.ID
	if e.Value == nil {
		e.Phase, e.Fingerprint = rotation.Intended, ""
	}
	return e
}

// reportedInput stands for a credential of which nothing is left but the report of what it was given for.
func (r *CredentialReconciler) reportedInput(s *scope) *rotation.Entry {
	current := s.status().Current
	if _, ok := r.driver.(exchanger); !ok || current == nil {
		return nil
	}
	return exchangedEntry(&rotation.Entry{Attempt: 1, ID: current.ID})
}

// notExchanged takes note of an exchange that was asked for in vain. What was not used up may be used again.
func (r *CredentialReconciler) notExchanged(ctx context.Context, s *scope, cause error) error {
	if whm.IsRefused(cause) || whm.IsInvalidInput(cause) {
		s.warn(v1alpha1.LoginTokenConsumedReason, "Exchange", "The server refused the login token: "+cause.Error())
		return r.missing(ctx, s, rotation.RestConsumed)
	}
	s.record.Forgo()
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	return upstream.Outcome(cause)
}

// missing tells what a person has to bring before anything can be done; nil if nothing.
func (r *CredentialReconciler) missing(ctx context.Context, s *scope, why rotation.RestReason) error {
	d, ok := r.driver.(exchanger)
	switch {
	case !ok || s.spec().Suspend:
		return nil
	case why != rotation.RestInput && why != rotation.RestConsumed:
		d.Dismiss(s.obj)
		return nil
	}
	c, done, err := r.call(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	news, err := d.Invite(ctx, c)
	if err != nil {
		return upstream.Outcome(err)
	}
	if news != "" {
		s.note("LoginURL", "Invite", news)
	}
	if why == rotation.RestInput {
		return outcome.Wait(0, v1alpha1.WaitingForLoginTokenReason, "open status.loginURL in a browser, log in, and put the login "+
			"token that you come back with into the Secret %s", d.InputSecret(s.obj))
	}
	return outcome.Stall(v1alpha1.LoginTokenConsumedReason, "the login token in the Secret %s was used once, and its answer was lost "+
		"or refused; it is never used again, so open status.loginURL, log in, and put the new login token there", d.InputSecret(s.obj))
}
