// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/reference"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

const (
	// sessionIdle is how long a session lives that nobody uses, as cPanel's guides have it.
	sessionIdle = 15 * time.Minute
	// sessionMargin is how long before its end a session has been replaced.
	sessionMargin = 2 * time.Minute
	// sessionUse is how often the operator uses a session that it keeps alive: two uses may fail before the session ends.
	sessionUse = 5 * time.Minute
	// defaultSessionTTL is how long a session is published unless the spec says otherwise.
	defaultSessionTTL = 10 * time.Minute

	// longestSessionName is how much of a user's name goes into an ID.
	longestSessionName = 200

	// addressCheckAdvice is what can be done about sessions that work from one address only.
	addressCheckAdvice = "or let whoever runs the server set \"Cookie IP validation\" in WHM's Tweak Settings to loose or disabled"
)

// Parts of a value, which are default keys in the Secret too.
const (
	sessionKey         = "session"
	sessionURLKey      = "url"
	sessionTokenKey    = "securityToken"
	sessionFormKey     = "form"
	sessionCookieKey   = "cookie"
	sessionDatabaseKey = "databaseUser"
)

// Parts of a value that say whose session it is: the spec may ask for another one by now.
const (
	sessionUserKey    = "username"
	sessionServiceKey = "service"
)

// loginSessionDriver hands out sessions. Nobody can list or name them, and they end by themselves, so one whose answer was
// lost is left to.
type loginSessionDriver struct {
	neighbours neighbours
	// secrets reads the passwords of mailboxes.
	secrets client.Reader
	clock   clock.PassiveClock
	// stopped are the objects whose last attempt failed in a way that only a person can mend, and that must not be repeated
	// at every event.
	stopped pauses
}

var (
	_ lender  = (*loginSessionDriver)(nil)
	_ watcher = (*loginSessionDriver)(nil)
)

func loginSessionOf(obj Credential) *v1alpha1.LoginSession {
	return obj.(*v1alpha1.LoginSession) //nolint:forcetypeassert // the reconciler of this kind passes nothing else
}

// Class is Ephemeral.
func (d *loginSessionDriver) Class() rotation.Class { return rotation.Ephemeral }

// ID returns a name for people: upstream knows a session by its secret only.
func (d *loginSessionDriver) ID(obj Credential, revision int64, attempt int) string {
	name := []rune(sessionUser(obj))
	return fmt.Sprintf("%s-r%da%d", string(name[:min(len(name), longestSessionName)]), revision, attempt)
}

// sessionUser is who is signed in.
func sessionUser(obj Credential) string {
	spec := loginSessionOf(obj).Spec
	if m := spec.Mailbox; m != nil {
		return m.Login + "@" + m.Domain
	}
	return spec.User
}

// Ask asks for the user. A session of WHM can do whatever its user may.
func (d *loginSessionDriver) Ask(obj Credential, _ v1alpha1.Server) reference.Ask {
	spec := loginSessionOf(obj).Spec
	return reference.Ask{User: spec.User, AllPrivileges: spec.Service == v1alpha1.WHMService}
}

// Own is false: the operator does not log in with published sessions.
func (d *loginSessionDriver) Own(Credential, v1alpha1.Server) bool { return false }

// Lend says how long a session is published and whether it is kept alive.
func (d *loginSessionDriver) Lend(obj Credential) loan {
	spec := loginSessionOf(obj).Spec
	of := loan{Spec: sessionDigest(spec), Bound: sessionBound(spec), Margin: sessionMargin}
	if spec.Mode == v1alpha1.SessionKeepFresh {
		of.Refresh = sessionTTL(spec)
	}
	if spec.TemporaryDatabaseUser {
		of.KeepAlive = sessionUse
	} else {
		of.Refresh = min(of.Refresh, sessionIdle-sessionMargin)
	}
	return of
}

func sessionTTL(spec v1alpha1.LoginSessionSpec) time.Duration {
	if spec.TTL == nil {
		return defaultSessionTTL
	}
	return spec.TTL.Duration
}

// sessionDigest identifies what the server is asked for.
func sessionDigest(spec v1alpha1.LoginSessionSpec) string {
	var mailbox v1alpha1.WebmailMailbox
	if spec.Mailbox != nil {
		mailbox = *spec.Mailbox
		// Whether a password is asked for does not make it another session.
		mailbox.PasswordSecretRef = nil
	}
	// Text and booleans can always be encoded.
	raw, _ := json.Marshal([]any{
		spec.Service, spec.User, spec.Locale, spec.App, spec.PreferredDomain, mailbox, spec.TemporaryDatabaseUser,
	})
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])[:16]
}

// sessionBound says why a session works from one address only; empty if whoever opens it first decides.
func sessionBound(spec v1alpha1.LoginSessionSpec) string {
	const why = "the session works only from the address that the operator calls the server from, as long as the server checks " +
		"the addresses of cookies, as servers do by default; "
	switch {
	case spec.TemporaryDatabaseUser:
		return why + "use it from behind the same address, " + addressCheckAdvice
	case spec.Mailbox != nil && spec.Mailbox.RemoteAddress == "":
		return why + "set spec.mailbox.remoteAddress to the address that it is going to be opened from, " + addressCheckAdvice
	}
	return ""
}

// Published describes what is in the Secret. To open a session here could use its URL up.
func (d *loginSessionDriver) Published(obj Credential) string {
	if loginSessionOf(obj).Spec.TemporaryDatabaseUser {
		return "The Secret holds the newest session, which the operator has opened and keeps alive"
	}
	return "The Secret holds the newest session; nobody has tried it, because that could use its URL up"
}

// Verify looks at the form of the URL. What the operator opened itself was used already.
func (d *loginSessionDriver) Verify(_ context.Context, c call, e *rotation.Entry) (verified, error) {
	if loginSessionOf(c.obj).Spec.TemporaryDatabaseUser {
		return verified{}, nil
	}
	return verified{Mismatch: oddURL(e.Value[sessionURLKey], e.Value[sessionTokenKey])}, nil
}

// oddURL says what is wrong with the URL of a session, without quoting it; empty if nothing.
func oddURL(address, token string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return "its URL names no host"
	case u.Scheme != "https":
		return "its URL does not begin with https"
	case !strings.HasPrefix(token, "/cpsess") || !strings.HasPrefix(u.Path, token+"/"):
		return "its URL does not lead into the session"
	}
	return ""
}

// tokenIn returns the first part of a URL's path, for servers that do not tell the security token apart from it.
func tokenIn(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return "/" + first
}

// Secret returns the session's own secret.
func (d *loginSessionDriver) Secret(value rotation.Value) whm.Secret {
	return whm.NewSecret(cmp.Or(value[sessionKey], value[sessionURLKey]))
}

// Value returns the value that has the secret.
func (d *loginSessionDriver) Value(session whm.Secret) rotation.Value {
	return rotation.Value{sessionKey: session.Reveal()}
}

// Successor is empty: there is nothing better.
func (d *loginSessionDriver) Successor(v1alpha1.Server) string { return "" }
