// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// defaultProvider is the store that the vendor's examples name.
const defaultProvider = "cPStore"

// pathStore is the page of the control interface that stands for the store's
// own site.
const pathStore = "/store/login"

// IssueStoreLogin does what a person does in a browser: it logs in to a store
// and comes back to a URL with a login token, which is returned.
func (s *Server) IssueStoreLogin(provider, urlAfterLogin string) (loginToken string, err error) {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.issueStoreLogin(provider, urlAfterLogin, now)
}

func (st *state) issueStoreLogin(provider, urlAfterLogin string, now time.Time) (string, error) {
	if complaint := st.checkStore(provider, urlAfterLogin); complaint != "" {
		return "", fmt.Errorf("log in to the store: %s", complaint)
	}
	c := credential{kind: KindStoreLogin, name: provider, value: randomFrom(alphaNumeric, 40)}
	if lifetime := time.Duration(st.unverified().LoginTokenLifetime); lifetime > 0 {
		c.expiresAt = now.Add(lifetime)
	}
	if st.storeURLs == nil {
		st.storeURLs = map[*credential]string{}
	}
	stored := st.issue(c, origin{how: "store"}, now)
	st.storeURLs[stored] = urlAfterLogin
	return stored.value, nil
}

// checkStore says what is wrong with the two arguments that every store
// function has, or "".
func (st *state) checkStore(provider, urlAfterLogin string) string {
	parsed, err := url.Parse(urlAfterLogin)
	switch {
	case provider == "" || urlAfterLogin == "":
		return "The parameters “provider” and “url_after_login” are required."
	case !slices.Contains(st.inv.StoreProviders, provider):
		return "The provider “" + provider + "” does not exist."
	case err != nil || parsed.Scheme == "" || parsed.Host == "":
		return "The parameter “url_after_login” is not a URL."
	default:
		return ""
	}
}

// storeLoginURL is where a person logs in. Of a real server it is on the
// store's site.
func (s *Server) storeLoginURL(provider, urlAfterLogin string) string {
	query := url.Values{"provider": {provider}, "url_after_login": {urlAfterLogin}}
	return s.AdminURL() + pathStore + "?" + query.Encode()
}

// exchangeLogin uses a login token up, or says why not. The reasons of a real
// server are not documented.
func (st *state) exchangeLogin(x *exchange, user, how string) (complaint string, access, refresh *credential) {
	provider, after := x.form.get("provider"), x.form.get("url_after_login")
	if !x.form.has("login_token") {
		return "The parameter “login_token” is required.", nil, nil
	}
	if complaint := st.checkStore(provider, after); complaint != "" {
		return complaint, nil, nil
	}
	if !st.takeLogin(x, provider, after, how) {
		return "The login token is invalid.", nil, nil
	}
	token := credential{user: user, name: provider}
	token.kind, token.value = KindStoreAccess, randomFrom(alphaNumeric, 40)
	access = st.issue(token, x.by(how), x.now)
	token.kind, token.value = KindStoreRefresh, randomFrom(alphaNumeric, 40)
	return "", access, st.issue(token, x.by(how), x.now)
}

// takeLogin reports whether the login token is good, and uses it up as the
// switches say.
func (st *state) takeLogin(x *exchange, provider, urlAfterLogin, how string) bool {
	login := st.matching(KindStoreLogin, "", x.form.get("login_token"), x.now)
	if login == nil || login.expired(x.now) {
		return false
	}
	u := st.unverified()
	right := login.name == provider && st.storeURLs[login] == urlAfterLogin
	burnt := right && u.LoginTokenSingleUse == yes || !right && u.WrongExchangeBurnsLoginToken == yes
	if burnt {
		login.revoke(x.by(how), x.now, 0)
	}
	if right {
		login.lastUsedAt = x.now
	}
	x.call.Applied = right || burnt
	return right
}

// adminStore lets people and tests log in to the store.
func (s *Server) adminStore(mux *http.ServeMux) {
	mux.HandleFunc("GET "+pathStore, func(w http.ResponseWriter, r *http.Request) {
		back, err := s.loggedInToStore(r.URL.Query().Get("provider"), r.URL.Query().Get("url_after_login"))
		if err != nil {
			complain(w, http.StatusUnprocessableEntity, err)
			return
		}
		http.Redirect(w, r, back, http.StatusFound)
	})
	mux.HandleFunc("POST "+pathStore, func(w http.ResponseWriter, r *http.Request) {
		var login struct {
			Provider      string `json:"provider"`
			URLAfterLogin string `json:"urlAfterLogin"`
		}
		if !read(w, r, &login) {
			return
		}
		token, err := s.IssueStoreLogin(login.Provider, login.URLAfterLogin)
		if err != nil {
			complain(w, http.StatusUnprocessableEntity, err)
			return
		}
		show(w, map[string]string{"loginToken": token})
	})
}

// loggedInToStore is the URL that a browser is sent back to. The name of the
// argument with the login token is not verified.
func (s *Server) loggedInToStore(provider, urlAfterLogin string) (string, error) {
	token, err := s.IssueStoreLogin(provider, urlAfterLogin)
	if err != nil {
		return "", err
	}
	back, err := url.Parse(urlAfterLogin)
	if err != nil {
		return "", err
	}
	query := back.Query()
	query.Set("code", token)
	back.RawQuery = query.Encode()
	return back.String(), nil
}
