// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// otpHeader carries the one-time code next to a password.
const otpHeader = "X-Cpanel-Otp"

// Credential is one way of proving to be a user. The functions of this package
// that start with "With" make them.
type Credential interface {
	// User is the WHM user or cPanel account that calls are made as.
	User() string
	// bind checks the credential and starts its state, which belongs to one
	// server: a session of one must never be sent to another.
	bind(s *sender) (authenticator, error)
}

// OTPFunc returns the one-time code for now. It is called once per request that
// needs a code.
type OTPFunc func() (string, error)

// authenticator holds the state of a credential on one server.
type authenticator interface {
	// grant returns what a request must carry; it may sign in for that.
	grant(ctx context.Context, s *sender) (grant, error)
	// renew drops g after the server no longer took it, and reports whether the
	// next grant is a new one.
	renew(g grant) bool
}

// grant is what one request carries to be accepted.
type grant struct {
	head    http.Header
	prefix  string // "/cpsess…" of a session, "" otherwise
	secrets []Secret
	fresh   bool // signed in for this request
}

// headerCredential is a credential that fits into headers and has no state.
type headerCredential struct {
	user   string
	secret Secret
	// what names the secret in errors.
	what string
	// scheme is the word before user and secret; "" means Basic.
	scheme string
	otp    OTPFunc // nil: no code is sent
}

// WithAccessHash signs requests with the user's access hash. Line breaks, which
// the hash has when it is copied from WHM, are removed.
func WithAccessHash(user string, hash Secret) Credential {
	return &headerCredential{user: user, secret: singleLine(hash), what: "access hash", scheme: "WHM"}
}

// WithAPIToken signs requests with a WHM API token. Line breaks are removed.
func WithAPIToken(user string, token Secret) Credential {
	return &headerCredential{user: user, secret: singleLine(token), what: "API token", scheme: "whm"}
}

// WithAccountToken signs requests with an API token of a cPanel account. It is
// for an endpoint that is the server's cPanel port, 2083. Line breaks are
// removed.
func WithAccountToken(account string, token Secret) Credential {
	return &headerCredential{user: account, secret: singleLine(token), what: "account token", scheme: "cpanel"}
}

// WithPassword signs requests with user name and password (HTTP Basic).
func WithPassword(user string, password Secret) Credential {
	return &headerCredential{user: user, secret: password, what: "password"}
}

// WithPasswordAndOTP signs requests with user name and password and adds the
// one-time code to every request: without a session, WHM asks for it each time.
func WithPasswordAndOTP(user string, password Secret, code OTPFunc) Credential {
	if code == nil {
		code = func() (string, error) { return "", errors.New("no source of codes was given") }
	}
	return &headerCredential{user: user, secret: password, what: "password", otp: code}
}

func singleLine(s Secret) Secret {
	return NewSecret(strings.NewReplacer("\r", "", "\n", "").Replace(s.Reveal()))
}

// User returns the user that the credential belongs to.
func (c *headerCredential) User() string { return c.user }

func (c *headerCredential) bind(*sender) (authenticator, error) {
	return c, checkCredential(c.user, c.secret, c.what, c.scheme != "")
}

// checkCredential refuses what could not be sent unchanged. Its errors do not
// quote the secret.
func checkCredential(user string, secret Secret, what string, inHeader bool) error {
	switch {
	case user == "":
		return errors.New("credential: the user name is empty")
	case !sendableUser(user):
		return errors.New("credential: the user name contains a space, a colon or a control character")
	case secret.IsZero():
		return fmt.Errorf("credential: the %s is empty", what)
	case inHeader && strings.ContainsFunc(secret.Reveal(), unsendable):
		return fmt.Errorf("credential: the %s contains a space or a control character", what)
	}
	return nil
}

func sendableUser(user string) bool {
	return !strings.ContainsFunc(user, unsendable) && !strings.Contains(user, ":")
}

func unsendable(r rune) bool { return r <= ' ' || r == 0x7f }

func (c *headerCredential) grant(context.Context, *sender) (grant, error) {
	value := c.user + ":" + c.secret.Reveal()
	secrets := []Secret{c.secret}
	if c.scheme == "" {
		value = base64.StdEncoding.EncodeToString([]byte(value))
		secrets = append(secrets, NewSecret(value))
	}
	head := http.Header{"Authorization": {cmp.Or(c.scheme, "Basic") + " " + value}}
	if c.otp != nil {
		code, err := oneTimeCode(c.otp)
		if err != nil {
			return grant{}, err
		}
		head.Set(otpHeader, code.Reveal())
		secrets = append(secrets, code)
	}
	return grant{head: head, secrets: secrets}, nil
}

func (*headerCredential) renew(grant) bool { return false }

func oneTimeCode(f OTPFunc) (Secret, error) {
	code, err := f()
	switch {
	case err != nil:
		return Secret{}, fmt.Errorf("making the one-time code: %w", err)
	case code == "" || strings.ContainsFunc(code, unsendable):
		return Secret{}, errors.New("making the one-time code: the code is empty or contains spaces")
	}
	return NewSecret(code), nil
}
