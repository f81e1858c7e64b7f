// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/whm"
)

// Admit stalls if the server is too old for what is asked for, if there is no password to ask with, or if the last attempt
// failed in a way that only a person can mend.
func (d *loginSessionDriver) Admit(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	if err := d.supported(obj, server); err != nil {
		return err
	}
	password, err := d.password(ctx, obj)
	if err != nil {
		return err
	}
	if err := d.stopped.repeated(obj.GetUID(), stopKey(obj, password), d.clock.Now()); err != nil {
		return err
	}
	return d.Fits(ctx, obj, server)
}

// Fits tells whether no server object logs in with the Secret: none can log in with a session.
func (d *loginSessionDriver) Fits(ctx context.Context, obj Credential, _ v1alpha1.Server) error {
	return d.neighbours.keepsLogins(ctx, obj, d, func(v1alpha1.Server) bool { return false })
}

// supported stalls if the version is known and too old.
func (d *loginSessionDriver) supported(obj Credential, server v1alpha1.Server) error {
	version := versionOf(server)
	if version.IsZero() || version.AtLeast(54) || !loginSessionOf(obj).Spec.TemporaryDatabaseUser {
		return nil
	}
	return outcome.Stall(v1alpha1.UnsupportedReason, "spec.temporaryDatabaseUser needs WHM 54 or later, and the server has %s; leave "+
		"it out, or upgrade the server", version).RetryAfter(conflictRetry)
}

// InputSecret returns the name of the Secret with the mailbox's password; empty if the spec names none.
func (d *loginSessionDriver) InputSecret(obj Credential) string {
	if m := loginSessionOf(obj).Spec.Mailbox; m != nil && m.PasswordSecretRef != nil {
		return m.PasswordSecretRef.Name
	}
	return ""
}

// password reads the password of the mailbox live. It is zero if the spec names none.
func (d *loginSessionDriver) password(ctx context.Context, obj Credential) (whm.Secret, error) {
	mailbox := loginSessionOf(obj).Spec.Mailbox
	if mailbox == nil || mailbox.PasswordSecretRef == nil {
		return whm.Secret{}, nil
	}
	ref, key, s := mailbox.PasswordSecretRef, passwordKey(mailbox.PasswordSecretRef), &corev1.Secret{}
	switch err := d.secrets.Get(ctx, client.ObjectKey{Namespace: obj.GetNamespace(), Name: ref.Name}, s); {
	case apierrors.IsNotFound(err):
		return whm.Secret{}, outcome.Stall(v1alpha1.SecretNotFoundReason,
			"the Secret %s of spec.mailbox.passwordSecretRef does not exist; create it with the key %s", ref.Name, key)
	case err != nil:
		return whm.Secret{}, fmt.Errorf("read Secret %s: %w", ref.Name, err)
	}
	if s.Type == v1alpha1.JournalSecretType {
		return whm.Secret{}, outcome.Stall(v1alpha1.SecretInvalidReason,
			"the Secret %s of spec.mailbox.passwordSecretRef is a journal of the operator; name the one with the mailbox's password",
			ref.Name)
	}
	// Editors and shells leave line breaks at the end.
	text := strings.Trim(string(s.Data[key]), "\r\n")
	if text == "" {
		return whm.Secret{}, outcome.Stall(v1alpha1.SecretInvalidReason,
			"the key %s of the Secret %s of spec.mailbox.passwordSecretRef is missing or empty; the Secret has the keys %s",
			key, ref.Name, strings.Join(slices.Sorted(maps.Keys(s.Data)), ", "))
	}
	return whm.NewSecret(text), nil
}

func passwordKey(ref *v1alpha1.SecretKeyReference) string {
	return cmp.Or(ref.Key, upstream.PasswordKey)
}

// stop remembers a failure that is not to be repeated for a while, unless the spec or the password changes. It returns what
// it remembers.
func (d *loginSessionDriver) stop(obj Credential, password whm.Secret, pausing time.Duration, why *outcome.Stalled) error {
	now := d.clock.Now()
	d.stopped.begin(obj.GetUID(), pause{
		fingerprint: stopKey(obj, password), until: now.Add(pausing), message: why.Message, stalled: why.Reason,
	}, now)
	return why.RetryAfter(pausing)
}

// stopKey tells one attempt from another. It stays in memory: a password may be easy to guess from its fingerprint.
func stopKey(obj Credential, password whm.Secret) string {
	return sessionDigest(loginSessionOf(obj).Spec) + " " + password.Fingerprint()
}
