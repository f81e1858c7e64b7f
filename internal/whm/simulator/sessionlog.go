// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// purgeReason is why a session ended, by the words of WHM's session log.
type purgeReason string

// The words are those of log lines that public tools for the real log were
// written for, except that of an idle session, which is not verified.
const (
	purgeLogout      purgeReason = "logout"
	purgeExpired     purgeReason = "expired"
	purgePassword    purgeReason = "password_change"
	purgeAddress     purgeReason = "badpass [cookie ip check: IP address has changed]"
	purgeTokenDenied purgeReason = "tokendenied [Too many token failures (3/3)]"
)

// Ways to get a session, by the words of the log.
var sessionMethods = map[string]string{functionLogin: "handle_form_login"}

// logNew enters the beginning of a session.
func (st *state) logNew(s *session, x *exchange, how string) {
	creator, possessed := orDefault(x.who.user, s.user), 0
	if creator != s.user {
		possessed = 1
	}
	_, function, carried := strings.Cut(how, "::")
	if !carried {
		function = orDefault(sessionMethods[how], how)
	}
	st.logSession(x.now, string(s.service), x.remote.String(), fmt.Sprintf(
		"NEW %s address=%s,app=%s,creator=%s,method=%s,path=form,possessed=%d",
		s.logName(), x.remote, s.service, creator, function, possessed,
	))
}

// purge ends a session. Without an address it was the server itself.
func (st *state) purge(s *session, address string, why purgeReason, by origin, now time.Time) {
	if why != purgeExpired {
		s.cred.revoke(by, now, 0)
	}
	source := string(s.service)
	if address == "" {
		source, address = "security", "internal"
	}
	st.logSession(now, source, address, fmt.Sprintf("PURGE %s %s", s.logName(), why))
	st.sessions = slices.DeleteFunc(st.sessions, func(other *session) bool { return other == s })
}

// purgeExpired ends the sessions that were idle for too long, each at its time.
func (st *state) purgeExpired(now time.Time) {
	var idle []*session
	for _, s := range st.sessions {
		if s.cred.expired(now) {
			idle = append(idle, s)
		}
	}
	slices.SortStableFunc(idle, func(a, b *session) int { return a.cred.expiresAt.Compare(b.cred.expiresAt) })
	for _, s := range idle {
		st.purge(s, "", purgeExpired, origin{}, s.cred.expiresAt)
	}
}

func (st *state) logSession(at time.Time, source, address, text string) {
	line := fmt.Sprintf("[%s] info [%s] %s %s", at.Format("2006-01-02 15:04:05 -0700"), source, address, text)
	st.ledger.sessions = append(st.ledger.sessions, line)
}

// logName names a session without the secret: the real log has the first part
// of the cookie there.
func (s *session) logName() string {
	return s.user + ":" + strings.TrimPrefix(s.cred.fingerprint, "sha256:")
}
