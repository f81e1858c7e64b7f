// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"net"
	"net/url"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
)

// webmailPort is the port of Webmail over TLS.
const webmailPort = "2096"

// Sample returns a session of the form that WHM's documentation shows.
func (d *loginSessionDriver) Sample(obj Credential) *rotation.Entry {
	spec := loginSessionOf(obj).Spec
	const token = "/cpsess1234567890"
	session := sessionUser(obj) + ":abcdefghijklmnop:create_user_session,0123456789abcdef0123456789abcdef"
	e := &rotation.Entry{
		ID: d.ID(obj, 1, 1), ExpiresAt: time.Date(2030, time.January, 2, 3, 4, 5, 0, time.UTC),
		Value: rotation.Value{
			sessionKey: session, sessionTokenKey: token,
			sessionUserKey: sessionUser(obj), sessionServiceKey: string(spec.Service),
		},
	}
	switch {
	case spec.TemporaryDatabaseUser:
		e.Value[sessionCookieKey], e.Value[sessionDatabaseKey] = "cpsession="+url.QueryEscape(session), "cpses_shabcdefgh"
	case spec.Mailbox != nil:
		e.Value[sessionURLKey] = "https://whm.example.com:2096" + token + "/login"
		e.Value[sessionFormKey] = url.Values{sessionKey: {session}}.Encode()
	default:
		e.Value[sessionURLKey] = "https://whm.example.com:2083" + token + "/login/?session=" + url.QueryEscape(session)
	}
	return e
}

// Keys returns the session with what opens it, who is signed in, and where. Templates find every key, whether there is
// something under it or not.
func (d *loginSessionDriver) Keys(_ Credential, server v1alpha1.Server, e *rotation.Entry) map[string]string {
	keys := map[string]string{"expiresAt": ""}
	for _, part := range []string{
		sessionUserKey, sessionServiceKey, sessionKey, sessionURLKey, sessionTokenKey, sessionFormKey, sessionCookieKey, sessionDatabaseKey,
	} {
		keys[part] = e.Value[part]
	}
	if !e.ExpiresAt.IsZero() {
		keys["expiresAt"] = e.ExpiresAt.UTC().Format(time.RFC3339)
	}
	if u, err := url.Parse(sessionEndpoint(e, server)); err == nil {
		keys["endpoint"], keys["host"], keys["port"] = u.String(), u.Hostname(), u.Port()
	}
	return keys
}

// sessionEndpoint is where the service of the session is reached.
func sessionEndpoint(e *rotation.Entry, server v1alpha1.Server) string {
	switch v1alpha1.SessionService(e.Value[sessionServiceKey]) {
	case v1alpha1.CPanelService:
		return upstream.CPanelEndpoint(server)
	case v1alpha1.WebmailService:
		host, _ := upstream.HostPort(server)
		return "https://" + net.JoinHostPort(host, webmailPort)
	case v1alpha1.WHMService:
	}
	return upstream.Endpoint(server)
}
