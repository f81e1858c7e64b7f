// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// probe is a call of a function of the simulator, as the sources describe it
// and without the client.
type probe struct {
	form func(*stage) url.Values
	json string // instead of the form
	// inSession is for functions that only a session of cPanel can call.
	inSession bool
}

func form(pairs ...string) func(*stage) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return func(*stage) url.Values { return values }
}

// probes has a call for each function that is described.
var probes = map[string]probe{
	"accesshash":                  {form: form("user", "root", "generate", "1")},
	"api_token_create":            {form: form("token_name", "n", "acl-0", "list-accts", "expires_at", "4102444800", "whitelist_ip-0", "192.0.2.1")},
	"api_token_list":              {form: form()},
	"api_token_get_details":       {form: form("token", spareToken)},
	"api_token_revoke":            {form: form("token_name", "spare")},
	"api_token_update":            {form: form("token_name", "spare", "acl-0", "list-accts", "expires_at", "4102444800", "whitelist_ip-0", "192.0.2.1")},
	"create_user_session":         {form: form("user", "bob", "service", "cpaneld", "locale", "de")},
	"get_login_url":               {form: form("provider", provider, "url_after_login", urlAfterLogin)},
	"validate_login_token":        {form: exchange},
	"myprivs":                     {form: form()},
	"applist":                     {form: form()},
	"version":                     {form: form()},
	"gethostname":                 {form: form()},
	"passwd":                      {form: form("user", "bob", "password", newPassword, "db_pass_update", "0")},
	"get_password_strength":       {form: form("password", newPassword)},
	"getminimumpasswordstrengths": {form: form()},
	"set_mysql_password":          {form: form("user", "bob_app", "password", newPassword, "cpuser", "bob")},
	"listaccts":                   {form: form("search", "bob", "searchtype", "user", "searchmethod", "exact")},
	"accountsummary":              {form: form("user", "bob")},
	"list_users":                  {form: form()},
	"uapi_cpanel":                 {form: form("cpanel.user", "bob", "cpanel.module", "SSH", "cpanel.function", "get_port")},
	"cpanel":                      {form: form("cpanel_jsonapi_user", "bob", "cpanel_jsonapi_module", "SSH", "cpanel_jsonapi_func", "get_port", "cpanel_jsonapi_apiversion", "3")},
	"batch":                       {form: form("command", "gethostname", "command", "myprivs", "abort_on_error", "1")},

	"twofactorauth_generate_tfa_config":     {form: form()},
	"twofactorauth_set_tfa_config":          {form: secondFactor},
	"twofactorauth_remove_user_config":      {form: form("user-1", "bob", "user-2", "shop")},
	"twofactorauth_policy_status":           {form: form()},
	"twofactorauth_get_user_configs":        {form: form("user", "bob")},
	"twofactorauth_get_issuer":              {form: form()},
	"twofactorauth_set_issuer":              {form: form("issuer", "Example")},
	"twofactorauth_enable_policy":           {form: form()},
	"twofactorauth_disable_policy":          {form: form()},
	"twofactorauth_get_tfa_config_for_user": {form: rawSecondFactor},
	"twofactorauth_set_tfa_config_for_user": setRawSecondFactor,

	"Tokens::create_full_access": {form: form("name", "n", "expires_at", "4102444800")},
	"Tokens::list":               {form: form()},
	"Tokens::rename":             {form: form("name", "spare", "new_name", "m")},
	"Tokens::revoke":             {form: form("name", "spare")},
	"Session::create_temp_user":  {form: form(), inSession: true},
	"Session::create_webmail_session_for_mail_user": {
		form: form("login", "info", "domain", "bob.example", "locale", "de", "remote_address", "127.0.0.1"),
	},
	"Session::create_webmail_session_for_mail_user_check_password": {
		form: form("login", "info", "domain", "bob.example", "password", bobPassword),
	},
	"Session::create_webmail_session_for_self":   {form: form()},
	"Email::passwd_pop":                          {form: form("email", "info", "password", newPassword, "domain", "bob.example")},
	"Email::list_pops":                           {form: form("skip_main", "0")},
	"Email::verify_password":                     {form: form("email", "info@bob.example", "password", bobPassword)},
	"Ftp::passwd":                                {form: form("user", "deploy", "pass", newPassword, "domain", "bob.example")},
	"Ftp::list_ftp":                              {form: form()},
	"Mysql::set_password":                        {form: form("user", "bob_app", "password", newPassword)},
	"Mysql::list_users":                          {form: form()},
	"Mysql::get_restrictions":                    {form: form()},
	"Postgresql::set_password":                   {form: form("user", "bob_app", "password", newPassword)},
	"Postgresql::list_users":                     {form: form()},
	"WebDisk::set_password":                      {form: form("user", "disk@bob.example", "password", newPassword, "enabledigest", "1")},
	"TwoFactorAuth::generate_user_configuration": {form: form()},
	"TwoFactorAuth::get_user_configuration":      {form: form()},
	"TwoFactorAuth::set_user_configuration":      {form: secondFactor},
	"TwoFactorAuth::remove_user_configuration":   {form: form()},
	"SSH::get_port":                              {form: form()},
	"PasswdStrength::get_required_strength":      {form: form("app", "mysql")},
	"Market::get_login_url":                      {form: form("provider", provider, "url_after_login", urlAfterLogin)},
	"Market::validate_login_token":               {form: exchange},
}

func secondFactor(b *stage) url.Values {
	return url.Values{"secret": {totpSecret}, "tfa_token": {b.code()}}
}

// setRawSecondFactor gives a mailbox a second factor, so that there is one to
// be read.
var setRawSecondFactor = probe{
	json: `{"bob":{"primary_account":{"secret":"` + totpSecret + `"},"email":{"info@bob.example":{"secret":"` + totpSecret + `"}}}}`,
}

func rawSecondFactor(b *stage) url.Values {
	b.ask(setRawSecondFactor, "twofactorauth_set_tfa_config_for_user", viaWHM, nil)
	return url.Values{"user": {"bob"}}
}

func exchange(b *stage) url.Values {
	return url.Values{"login_token": {b.storeLogin()}, "provider": {provider}, "url_after_login": {urlAfterLogin}}
}

// The ways to call a function: as one of WHM, as the account itself, and through
// the two carriers of WHM.
const (
	viaWHM     = "/json-api/"
	viaExecute = "/execute/"
	viaUAPI    = "uapi_cpanel"
	viaCPanel  = "cpanel"
)

// ways are those in which a function can be called on a release.
func (p probe) ways(all table, name, release string) []string {
	switch {
	case !all.functions[name].isUAPI():
		return []string{viaWHM}
	case p.inSession:
		return []string{viaExecute}
	case olderThan(release, all.functions[viaUAPI].Since):
		return []string{viaExecute, viaCPanel}
	default:
		return []string{viaExecute, viaUAPI, viaCPanel}
	}
}

// answer is one, read to its end.
type answer struct {
	status              int
	phrase, contentType string
	body                []byte
}

// ask calls a function in one of the ways and returns the request, too.
func (b *stage) ask(p probe, name, way string, values url.Values) (request, answer) {
	b.t.Helper()
	module, function, _ := strings.Cut(name, "::")
	base, path := b.server.WHMURL(), viaWHM+name
	full := url.Values{"api.version": {"1"}}
	maps.Copy(full, values)
	switch way {
	case viaExecute:
		base, path = b.server.CPanelURL(), viaExecute+module+"/"+function
		full.Del("api.version")
	case viaUAPI:
		path = viaWHM + viaUAPI
		full["cpanel.user"], full["cpanel.module"], full["cpanel.function"] = []string{"bob"}, []string{module}, []string{function}
	case viaCPanel:
		path = viaWHM + viaCPanel
		full["cpanel_jsonapi_user"], full["cpanel_jsonapi_module"], full["cpanel_jsonapi_func"] = []string{"bob"}, []string{module}, []string{function}
		full["cpanel_jsonapi_apiversion"] = []string{"3"}
	}
	head := http.Header{"Content-Type": {contentForm}, "Authorization": {"whm root:" + rootToken}}
	if way == viaExecute {
		head.Set("Authorization", "cpanel bob:"+accountToken)
	}
	if p.inSession {
		live := b.liveSession()
		head.Del("Authorization")
		head.Set("Cookie", live.Cookie.Reveal())
		path = live.SecurityToken.Reveal() + path
	}
	r := request{http.MethodPost, path, "", full.Encode(), head}
	if p.json != "" {
		r.query, r.body = "api.version=1", p.json
		head.Set("Content-Type", "application/json")
	}
	return r, post(b.t, b.server, base, r)
}

func post(t *testing.T, s *simulator.Server, base string, r request) answer {
	t.Helper()
	target := base + r.path
	if r.query != "" {
		target += "?" + r.query
	}
	sent, err := http.NewRequestWithContext(t.Context(), r.method, target, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	sent.Header = r.head
	got, err := trusting(t, s).RoundTrip(sent)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{got.StatusCode, strings.TrimPrefix(got.Status, "403 "), got.Header.Get("Content-Type"), body}
}
