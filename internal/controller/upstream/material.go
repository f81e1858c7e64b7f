// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/pquerna/otp/totp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/whm"
)

// Keys under which credentials stand in a Secret unless the reference names another one. They are the keys under which
// the operator publishes them, so that a published Secret can be an auth Secret.
const (
	TokenKey      = "token"
	AccessHashKey = "accesshash"
	PasswordKey   = "password"
	OTPSecretKey  = "secret"
)

// material is the content of the auth Secrets.
type material struct {
	user     string
	endpoint string
	versions []string
	auth     v1alpha1.ServerAuth
	main     whm.Secret
	otp      whm.Secret
	// used are the one-time codes that the server saw already; nil if it saw none.
	used *whm.UsedCodes
}

// key identifies the credential without saying anything about its value. User and endpoint belong to it: a token that was
// rejected because the spec named the wrong user or server is another login once the spec is corrected.
func (m material) key() string {
	sum := sha256.Sum256([]byte(m.user + "\n" + m.endpoint))
	return strings.Join(m.versions, ",") + "@" + hex.EncodeToString(sum[:])[:8]
}

// changeFrom compares with what the connection before used; nil if there was none in this process. Then the key of a
// token or access hash, which is a fingerprint, tells by itself that the value is another one.
func (m material) changeFrom(before *Connection) change {
	switch {
	case before == nil && m.auth.Password != nil:
		return unknown
	case before != nil && before.User == m.user && before.secrets.endpoint == m.endpoint &&
		m.main.Equal(before.secrets.main) && m.otp.Equal(before.secrets.otp):
		return same
	}
	return differs
}

func readMaterial(ctx context.Context, reader client.Reader, server v1alpha1.Server) (material, error) {
	m := material{auth: server.ServerSpec().Auth, user: User(server), endpoint: Endpoint(server)}
	refs := AuthReferences(server)
	if len(refs) == 0 {
		return m, outcome.Stall(v1alpha1.InvalidSpecReason, "spec.auth names no credential")
	}
	var err error
	if m.main, err = m.read(ctx, reader, server.AuthSecretNamespace(), refs[0]); err != nil {
		return m, err
	}
	if len(refs) > 1 {
		m.otp, err = m.read(ctx, reader, server.AuthSecretNamespace(), refs[1])
	}
	return m, err
}

// User returns the user that the operator logs in as.
func User(server v1alpha1.Server) string {
	a := server.ServerSpec().Auth
	var user v1alpha1.UserName
	switch {
	case a.APIToken != nil:
		user = a.APIToken.User
	case a.AccessHash != nil:
		user = a.AccessHash.User
	case a.Password != nil:
		user = a.Password.User
	}
	if user == "" {
		return "root"
	}
	return string(user)
}

// AuthReferences returns the Secrets and keys that hold the server's credential, with the default keys filled in: that of
// the credential itself first, and that of the two-factor secret if there is one.
func AuthReferences(server v1alpha1.Server) []v1alpha1.SecretKeyReference {
	switch a := server.ServerSpec().Auth; {
	case a.APIToken != nil:
		return []v1alpha1.SecretKeyReference{withKey(a.APIToken.SecretRef, TokenKey)}
	case a.AccessHash != nil:
		return []v1alpha1.SecretKeyReference{withKey(a.AccessHash.SecretRef, AccessHashKey)}
	case a.Password != nil && a.Password.OTPSecretRef != nil:
		return []v1alpha1.SecretKeyReference{
			withKey(a.Password.SecretRef, PasswordKey), withKey(*a.Password.OTPSecretRef, OTPSecretKey),
		}
	case a.Password != nil:
		return []v1alpha1.SecretKeyReference{withKey(a.Password.SecretRef, PasswordKey)}
	}
	return nil
}

func withKey(ref v1alpha1.SecretKeyReference, key string) v1alpha1.SecretKeyReference {
	ref.Key = cmp.Or(ref.Key, key)
	return ref
}

// AuthSecrets returns the names of the Secrets that hold the server's credential.
func AuthSecrets(server v1alpha1.Server) []string {
	var names []string
	for _, ref := range AuthReferences(server) {
		names = append(names, ref.Name)
	}
	return names
}

func (m *material) read(
	ctx context.Context, reader client.Reader, namespace string, ref v1alpha1.SecretKeyReference,
) (whm.Secret, error) {
	s := &corev1.Secret{}
	switch err := reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: ref.Name}, s); {
	case apierrors.IsNotFound(err):
		return whm.Secret{}, outcome.Stall(v1alpha1.SecretNotFoundReason,
			"the auth Secret %s does not exist; create it with the key %s", ref.Name, ref.Key)
	case err != nil:
		return whm.Secret{}, fmt.Errorf("read auth Secret %s: %w", ref.Name, err)
	}
	value, problem := clean(s.Data[ref.Key], m.auth.Password == nil)
	if problem != "" {
		return whm.Secret{}, outcome.Stall(v1alpha1.SecretInvalidReason,
			"the key %s of the auth Secret %s %s; the Secret has the keys %s", ref.Key, ref.Name, problem,
			strings.Join(slices.Sorted(maps.Keys(s.Data)), ", "))
	}
	secret := whm.NewSecret(value)
	m.versions = append(m.versions, m.version(s, secret))
	return secret, nil
}

// version identifies a value. The server generates tokens and access hashes, so their fingerprint says nothing about
// them, and is the same when only the Secret's metadata changes. That of a password might be guessed from.
func (m *material) version(s *corev1.Secret, value whm.Secret) string {
	if m.auth.Password == nil {
		return value.Fingerprint()
	}
	return string(s.UID) + "@" + s.ResourceVersion
}

// clean takes line breaks off that editors and shells leave around a value. Access hashes were once copied with line breaks
// inside, which the client removes; inside a password they are a mistake.
func clean(raw []byte, lines bool) (value, problem string) {
	value = strings.Trim(string(raw), "\r\n")
	broken := strings.ContainsAny(value, "\r\n")
	switch {
	case value == "":
		return "", "is missing or empty"
	case strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' }):
		return "", "holds control characters"
	case broken && !lines:
		return "", "holds more than one line"
	}
	return value, ""
}

// credential returns the client's form of the material.
func (m material) credential(clk clock.PassiveClock) (whm.Credential, error) {
	code, err := m.code(clk)
	if err != nil {
		return nil, err
	}
	switch {
	case m.auth.APIToken != nil:
		return whm.WithAPIToken(m.user, m.main), nil
	case m.auth.AccessHash != nil:
		return whm.WithAccessHash(m.user, m.main), nil
	case m.auth.Password.Session && m.used != nil:
		return whm.WithLoginAfter(m.user, m.main, code, m.used), nil
	case m.auth.Password.Session:
		return whm.WithLogin(m.user, m.main, code), nil
	case code != nil:
		return whm.WithPasswordAndOTP(m.user, m.main, code), nil
	}
	return whm.WithPassword(m.user, m.main), nil
}

// code returns the function that computes one-time codes, or nil if the server asks for none.
func (m material) code(clk clock.PassiveClock) (whm.OTPFunc, error) {
	if m.otp.IsZero() {
		return nil, nil
	}
	secret := whm.NewSecret(plainBase32(m.otp.Reveal()))
	code := func() (string, error) { return totp.GenerateCode(secret.Reveal(), clk.Now()) }
	if _, err := code(); err != nil || secret.IsZero() {
		return nil, outcome.Stall(v1alpha1.SecretInvalidReason,
			"the two-factor secret in the Secret %s is not base32; use the secret that WHM showed at set-up, not a code",
			m.auth.Password.OTPSecretRef.Name)
	}
	return code, nil
}

// plainBase32 undoes how apps and pages show two-factor secrets: in groups, in lower case, padded.
func plainBase32(shown string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "\u00a0", "", "-", "", "=", "").Replace(shown))
}
