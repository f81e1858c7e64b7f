// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/whm"
)

const (
	// loginTokenKey is the key of the login token unless the spec names another one.
	loginTokenKey = "loginToken"
	// shortestLoginToken keeps out what could be guessed from its digest, which the status shows.
	shortestLoginToken = 16
	// longestLoginToken is far more than any login token has; no source tells how long they are.
	longestLoginToken = 4096
	// longestLoginURL is what the status takes.
	longestLoginURL = 4096
	// longestToldURL is what fits into an event beside its text.
	longestToldURL = 768
)

// InputSecret returns the name of the Secret with the login token.
func (d *storeLoginDriver) InputSecret(obj Credential) string {
	return storeLoginOf(obj).Spec.LoginTokenSecretRef.Name
}

// Input reads the login token. A Secret or key that does not exist is no mistake: the person has yet to log in.
func (d *storeLoginDriver) Input(ctx context.Context, obj Credential) (whm.Secret, error) {
	o := storeLoginOf(obj)
	secret, err := d.readSecret(ctx, o)
	if err != nil {
		return whm.Secret{}, err
	}
	o.Status.LoginToken = readFrom(secret, d.Used(obj))
	return loginTokenIn(o, secret)
}

func (d *storeLoginDriver) readSecret(ctx context.Context, obj *v1alpha1.StoreLogin) (*corev1.Secret, error) {
	secret, key := &corev1.Secret{}, types.NamespacedName{Namespace: obj.Namespace, Name: d.InputSecret(obj)}
	if err := d.reader.Get(ctx, key, secret); apierrors.IsNotFound(err) {
		return &corev1.Secret{}, nil
	} else if err != nil {
		return nil, fmt.Errorf("read Secret %s with the login token: %w", key.Name, err)
	}
	return secret, nil
}

// readFrom returns what the status says of the login token; nil if there is nothing to say.
func readFrom(secret *corev1.Secret, used string) *v1alpha1.LoginTokenInfo {
	if secret.UID == "" && used == "" {
		return nil
	}
	return &v1alpha1.LoginTokenInfo{UID: string(secret.UID), ResourceVersion: secret.ResourceVersion, Exchanged: used}
}

// loginTokenIn takes line breaks off that editors and shells leave around a value. It stalls on what cannot be a login token,
// because a wrong one might use up the right one.
func loginTokenIn(obj *v1alpha1.StoreLogin, secret *corev1.Secret) (whm.Secret, error) {
	ref := obj.Spec.LoginTokenSecretRef
	key := cmp.Or(ref.Key, loginTokenKey)
	if secret.Labels[v1alpha1.ManagedByLabel] == v1alpha1.ManagedByValue {
		return whm.Secret{}, outcome.Stall(v1alpha1.SecretInvalidReason, "the Secret %s is one that this operator publishes, and its "+
			"content is sent to no store; put the login token into a Secret of its own", ref.Name)
	}
	raw, there := secret.Data[key]
	if !there && len(secret.Data) > 0 {
		return whm.Secret{}, outcome.Stall(v1alpha1.SecretInvalidReason, "the Secret %s has no key %s for the login token; it has the "+
			"keys %s", ref.Name, key, strings.Join(slices.Sorted(maps.Keys(secret.Data)), ", "))
	}
	token := strings.Trim(string(raw), "\r\n")
	if problem := notAToken(token); problem != "" {
		return whm.Secret{}, outcome.Stall(v1alpha1.SecretInvalidReason, "the key %s of the Secret %s %s", key, ref.Name, problem)
	}
	return whm.NewSecret(token), nil
}

// notAToken says why a text cannot be a login token; empty if it can.
func notAToken(token string) string {
	switch {
	case len(token) > longestLoginToken:
		return fmt.Sprintf("holds more than %d bytes; put only the login token there", longestLoginToken)
	case strings.Contains(token, "://"):
		// Which parameter it is is not verified, so it is not picked out.
		return "holds a URL; of the URL that the store sent you back to, put only the value of the parameter there that the store " +
			"has added, decoded"
	case !utf8.ValidString(token), strings.ContainsFunc(token, unicode.IsControl):
		return "holds line breaks or control characters; put only the login token there"
	case token != strings.TrimSpace(token):
		return "begins or ends with a space; put only the login token there"
	case token != "" && len(token) < shortestLoginToken:
		return fmt.Sprintf("holds less than %d bytes; put the whole login token there", shortestLoginToken)
	}
	return ""
}

// InputChanged compares the Secret with what the status has taken down.
func (d *storeLoginDriver) InputChanged(obj Credential, secret *metav1.PartialObjectMetadata) bool {
	read := storeLoginOf(obj).Status.LoginToken
	return read == nil || read.UID != string(secret.UID) || read.ResourceVersion != secret.ResourceVersion
}

// Used returns what the status says was exchanged last.
func (d *storeLoginDriver) Used(obj Credential) string {
	if token := storeLoginOf(obj).Status.LoginToken; token != nil {
		return token.Exchanged
	}
	return ""
}

// ReportUsed takes down what was exchanged last.
func (d *storeLoginDriver) ReportUsed(obj Credential, fingerprint string) {
	st := &storeLoginOf(obj).Status
	if st.LoginToken == nil {
		st.LoginToken = &v1alpha1.LoginTokenInfo{}
	}
	st.LoginToken.Exchanged = fingerprint
}

// Invite asks the server once where a person logs in for the URL in the spec.
func (d *storeLoginDriver) Invite(ctx context.Context, c call) (news string, err error) {
	obj := storeLoginOf(c.obj)
	spec, st := obj.Spec, &obj.Status
	if st.LoginURL != "" && st.URLAfterLogin == spec.URLAfterLogin {
		return "", nil
	}
	d.Dismiss(obj)
	client, err := c.operator()
	if err != nil {
		return "", err
	}
	url, err := client.LoginURL(ctx, spec.Provider, spec.URLAfterLogin)
	if err != nil {
		return "", err
	}
	if len(url) > longestLoginURL {
		return "", outcome.Stall(v1alpha1.RefusedReason, "the server answered with a login URL of more than %d bytes; shorten "+
			"spec.urlAfterLogin", longestLoginURL)
	}
	st.LoginURL, st.URLAfterLogin = url, spec.URLAfterLogin
	return invitation(spec, url), nil
}

// invitation tells a person what to do.
func invitation(spec v1alpha1.StoreLoginSpec, url string) string {
	where := url
	if len(url) > longestToldURL {
		where = "the URL in status.loginURL"
	}
	return fmt.Sprintf("To log in to %s, open %s and put the login token that you come back with into the key %s of the Secret %s",
		spec.Provider, where, cmp.Or(spec.LoginTokenSecretRef.Key, loginTokenKey), spec.LoginTokenSecretRef.Name)
}

// Dismiss takes the URL out of the status.
func (d *storeLoginDriver) Dismiss(obj Credential) {
	st := &storeLoginOf(obj).Status
	st.LoginURL, st.URLAfterLogin = "", ""
}
