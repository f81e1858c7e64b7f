// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// errInputUsed is why an input is not sent that was used, or may have been, by somebody whose journal is another one.
var errInputUsed = errors.New("it was used already")

// usedUp tells whether an input is never to be used again after an answer that gave nothing for it.
func usedUp(cause error) bool {
	return whm.IsRefused(cause) || whm.IsInvalidInput(cause) || errors.Is(cause, errInputUsed)
}

// readInput reads what a one-shot credential is given for. What is wrong with it is no reason to leave the Secret as it
// should not be, so it is told once nothing else is left to do.
func (r *CredentialReconciler) readInput(ctx context.Context, s *scope) (err error) {
	d, ok := r.driver.(exchanger)
	if !ok {
		return nil
	}
	s.input, err = d.Input(ctx, s.obj)
	if outcome.AsStalled(err) == nil {
		return err
	}
	s.badInput = err
	return nil
}

// watchInput hears of changes of the Secret with the input.
func (r *CredentialReconciler) watchInput(obj Credential) {
	switch d, ok := r.driver.(watcher); {
	case !ok:
	case d.InputSecret(obj) == "":
		r.forgetInput(client.ObjectKeyFromObject(obj))
	default:
		r.Inputs.Want(client.ObjectKeyFromObject(obj), inputKey(d, obj))
	}
}

func (r *CredentialReconciler) forgetInput(obj types.NamespacedName) {
	if _, ok := r.driver.(watcher); ok {
		r.Inputs.Want(obj)
	}
}

func inputKey(d watcher, obj Credential) types.NamespacedName {
	return types.NamespacedName{Namespace: obj.GetNamespace(), Name: d.InputSecret(obj)}
}

// inputVersion tells one content of the watched Secret from another, as far as the watch has seen it, and one spec that says
// what of it is used from another; empty if there is none.
func (r *CredentialReconciler) inputVersion(obj Credential) string {
	d, ok := r.driver.(watcher)
	if !ok || d.InputSecret(obj) == "" {
		return ""
	}
	secret := r.Inputs.Metadata(inputKey(d, obj))
	if secret == nil {
		return ""
	}
	return fmt.Sprintf("%s@%s of generation %d", secret.UID, secret.ResourceVersion, obj.GetGeneration())
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

// inputOf returns the objects whose credential is given for what is in a Secret.
func (r *CredentialReconciler) inputOf(ctx context.Context, secret client.Object) []reconcile.Request {
	d, ok := r.driver.(watcher)
	if !ok {
		return nil
	}
	reads := func(o client.Object) bool {
		return d.InputSecret(o.(Credential)) == secret.GetName() //nolint:forcetypeassert // it lists no other kind
	}
	return requestsWhere(ctx, r.Client, r.kind.newList(), reads, client.InNamespace(secret.GetNamespace()))
}

// exchangedEntry stands for a credential whose journal was lost. What it was given for is in the annotations of the Secret
// or in the status; it must not be used again, even if nothing tells the whole credential. Nil if nothing was ever used.
func (r *CredentialReconciler) exchangedEntry(s *scope, d exchanger) *rotation.Entry {
	e := &rotation.Entry{Attempt: 1, Phase: rotation.Intended}
	if publishedRevision(s) > 0 {
		of := s.secret.Annotations
		e.ID, e.Fingerprint = of[v1alpha1.CredentialIDAnnotation], of[v1alpha1.FingerprintAnnotation]
		// What somebody changed says nothing.
		e.IssuedAt, _ = time.Parse(time.RFC3339, of[v1alpha1.IssuedAtAnnotation])
		e.Value = r.exchangedValue(s, e)
	}
	if current := s.status().Current; current != nil {
		e.ID = cmp.Or(e.ID, current.ID)
	}
	e.ID = cmp.Or(e.ID, d.Used(s.obj))
	switch e.Baseline = e.ID; {
	case e.Baseline == "":
		return nil
	case e.Value == nil || e.IssuedAt.IsZero():
		e.Value, e.Fingerprint = nil, ""
	default:
		e.Phase = rotation.Issued
	}
	return e
}

// exchangedValue returns the value in the Secret, if what a template would make of it is what stands there: a part that the
// template puts elsewhere is not to be overwritten with nothing.
func (r *CredentialReconciler) exchangedValue(s *scope, e *rotation.Entry) rotation.Value {
	value := r.heldValue(s, e.Fingerprint)
	if value == nil || s.template == nil || r.renders(s, e, value) {
		return value
	}
	for part := range r.driver.Sample(s.obj).Value {
		if _, known := value[part]; known {
			continue
		}
		for _, raw := range s.secret.Data {
			whole := value.Clone()
			if whole[part] = string(raw); r.renders(s, e, whole) {
				return whole
			}
		}
	}
	return nil
}

// renders tells whether the Secret holds what would be published of a value.
func (r *CredentialReconciler) renders(s *scope, e *rotation.Entry, value rotation.Value) bool {
	of := *e
	of.Value = value
	data, err := render(s.template, keysOf(r.driver, s.obj, s.server, &of, nil))
	return err == nil && maps.EqualFunc(data, s.secret.Data, bytes.Equal)
}

// recallInputs adds what the status says was used to a journal that does not know it (any more), and tells whether there was
// anything.
func (r *CredentialReconciler) recallInputs(s *scope) (news bool) {
	d, ok := r.driver.(exchanger)
	if !ok {
		return false
	}
	var used []string
	if current := s.status().Current; current != nil {
		used = append(used, current.ID)
	}
	// The last one stands last.
	used = append(used, d.Used(s.obj))
	for _, input := range used {
		if input != "" && !s.record.IsUsed(input) {
			s.record.Use(input)
			news = true
		}
	}
	return news
}

// reportInput reports what was used last, in case the journal is lost.
func (r *CredentialReconciler) reportInput(s *scope) {
	d, ok := r.driver.(exchanger)
	if !ok {
		return
	}
	// A journal that was lost and is not made anew yet says nothing.
	if used := s.record.LastUsed(); used != "" {
		d.ReportUsed(s.obj, used)
	}
}

// notExchanged takes note of an exchange that was asked for in vain. What was not used up may be used again.
func (r *CredentialReconciler) notExchanged(ctx context.Context, s *scope, cause error) error {
	if usedUp(cause) {
		if !errors.Is(cause, errInputUsed) {
			s.note("Refused", "Exchange", "The server refused the login token: "+cause.Error())
		}
		return r.missing(ctx, s, rotation.RestConsumed)
	}
	s.record.Forgo()
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	s.refusal = cause
	return r.refuse(s)
}

// missing tells what a person has to bring before anything can be done; nil if nothing.
func (r *CredentialReconciler) missing(ctx context.Context, s *scope, why rotation.RestReason) error {
	d, ok := r.driver.(exchanger)
	switch {
	case !ok || s.spec().Suspend:
		return nil
	case s.badInput != nil:
		return s.badInput
	case why != rotation.RestInput && why != rotation.RestConsumed:
		d.Dismiss(s.obj)
		return nil
	}
	// Nobody shall log in for what cannot be exchanged.
	if err := r.driver.Admit(ctx, s.obj, s.server); err != nil {
		return err
	}
	c, err := r.passiveCall(ctx, s)
	if err != nil {
		return err
	}
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
	return outcome.Stall(v1alpha1.LoginTokenConsumedReason, "the login token in the Secret %s was used once and is never used again: "+
		"its answer was lost or refused, or a later one was used since, or another object has used it; open status.loginURL in a browser, log in, and put the new "+
		"login token there", d.InputSecret(s.obj))
}
