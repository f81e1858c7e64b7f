// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestSetUpSecondFactor(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.136.0.4"))
	root := key("root", rootToken)
	data := mustSucceed(t, s, "twofactorauth_generate_tfa_config", "", root)
	secret := as[string](t, data["secret"])
	parsed, err := otp.NewKeyFromURL(as[string](t, data["otpauth_str"]))
	if err != nil || len(secret) != 16 || parsed.Secret() != secret || parsed.AccountName() != "root" || parsed.Issuer() != "whm1.example.com" {
		t.Errorf("%v (%v)", data, err)
	}
	if s.Authenticates("root", KindTOTP, secret) || len(s.Ledger().Credentials) != len(startServer(t, serviceInventory("11.136.0.4")).Ledger().Credentials) {
		t.Error("a secret that was only generated is stored")
	}
	form := query("secret", secret, "tfa_token", "000000")
	if result, reason := callWHM(t, s, "twofactorauth_set_tfa_config", form, root).result(t); result != 0 || !strings.Contains(reason, "The security code is invalid") {
		t.Errorf("wrong code: %v %q", result, reason)
	}
	form = query("secret", secret, "tfa_token", codeAt(t, secret, s.Now()))
	if data := mustSucceed(t, s, "twofactorauth_set_tfa_config", form, root); data["success"] != 1.0 {
		t.Errorf("set: %v", data)
	}
	call := last(s.Ledger().Calls)
	if !s.Authenticates("root", KindTOTP, secret) || call.Params["secret"] != mask || call.Params["tfa_token"] != mask {
		t.Errorf("not in force, or shown: %+v", call)
	}
	if got, cookie, _ := login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword)); cookie != "" || !strings.Contains(got.body, "tfa_login_form") {
		t.Errorf("login without a code: %d", got.status)
	}
	configs := mustSucceed(t, s, "twofactorauth_get_user_configs", "", root)
	if entry := as[map[string]any](t, configs["root"]); len(configs) != 4 || entry["is_enabled"] != 1.0 || entry["primary_domain"] != "whm1.example.com" {
		t.Errorf("configs: %v", configs)
	}
	removed := mustSucceed(t, s, "twofactorauth_remove_user_config", "user-1=root&user-2=bob&user-3=nobody", root)
	if len(as[[]any](t, removed["users_modified"])) != 2 || len(as[map[string]any](t, removed["failed"])) != 1 {
		t.Errorf("removed: %v", removed)
	}
	if s.Authenticates("root", KindTOTP, secret) {
		t.Error("still in force")
	}
}

func TestClockSkewSpoilsCodes(t *testing.T) {
	t.Parallel()
	inv := serviceInventory("11.136.0.4")
	inv.ClockSkew = Skew(-10 * time.Minute)
	s := startServer(t, inv)
	root := key("root", rootToken)
	secret := as[string](t, mustSucceed(t, s, "twofactorauth_generate_tfa_config", "", root)["secret"])
	set := func(at time.Time) answer {
		return callWHM(t, s, "twofactorauth_set_tfa_config", query("secret", secret, "tfa_token", codeAt(t, secret, at)), root)
	}
	got := set(s.Now())
	if result, _ := got.result(t); result != 0 {
		t.Error("a code of another time was taken")
	}
	date, err := http.ParseTime(got.header.Get("Date"))
	if skew := s.Now().Sub(date); err != nil || skew < 9*time.Minute || skew > 11*time.Minute {
		t.Errorf("Date is off by %v (%v)", skew, err)
	}
	if result, reason := set(date).result(t); result != 1 {
		t.Errorf("a code of the server's time: %s", reason)
	}
	if err := s.SetUnverified(Unverified{WrongSetupCode: "success0"}); err != nil {
		t.Fatal(err)
	}
	got = set(s.Now())
	if result, _ := got.result(t); result != 1 || got.data(t)["success"] != 0.0 {
		t.Errorf("wrongSetupCode=success0: %s", got.body)
	}
}

func TestSecondFactorSwitches(t *testing.T) {
	t.Parallel()
	inv := serviceInventory("11.136.0.4")
	inv.Policies.TwoFactorOff = true
	inv.Unverified = Unverified{OwnTOTPSecret: refuse}
	s := startServer(t, inv)
	root := key("root", rootToken)
	set := func() string {
		t.Helper()
		form := query("secret", totpSecret, "tfa_token", codeAt(t, totpSecret, s.Now()))
		_, reason := callWHM(t, s, "twofactorauth_set_tfa_config", form, root).result(t)
		return reason
	}
	if data := mustSucceed(t, s, "twofactorauth_policy_status", "", root); data["is_enabled"] != 0.0 {
		t.Errorf("policy: %v", data)
	}
	if reason := set(); !strings.Contains(reason, "disabled on the server") {
		t.Errorf("with the policy off: %q", reason)
	}
	mustSucceed(t, s, "twofactorauth_enable_policy", "", root)
	if data := mustSucceed(t, s, "twofactorauth_policy_status", "", root); data["is_enabled"] != 1.0 {
		t.Errorf("policy: %v", data)
	}
	if reason := set(); !strings.Contains(reason, "not generated") {
		t.Errorf("ownTOTPSecret=refuse: %q", reason)
	}
	reseller := basic("res", resPassword)
	if result, _ := callWHM(t, s, "twofactorauth_generate_tfa_config", "", reseller).result(t); result != 0 {
		t.Error("a reseller without create-acct set up a second factor")
	}
}

func TestRawSecrets(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.118.0.4"))
	root := key("root", rootToken)
	post := func(body string) (float64, string) {
		t.Helper()
		got, err := try(t, s, s.WHMURL()+"/json-api/twofactorauth_set_tfa_config_for_user?api.version=1", body, root, with("Content-Type", "application/json"))
		if err != nil {
			t.Fatal(err)
		}
		return got.result(t)
	}
	const boxSecret = "KRSXG5CTMVRXEZLU"
	result, reason := post(`{"alice":{"primary_account":{"secret":"` + totpSecret + `"},"email":{"info@alice.example":{"secret":"` + boxSecret + `"}}}}`)
	if result != 1 || !s.Authenticates("alice", KindTOTP, totpSecret) || !s.Authenticates("info@alice.example", KindTOTP, boxSecret) {
		t.Errorf("%v %s", result, reason)
	}
	data := mustSucceed(t, s, "twofactorauth_get_tfa_config_for_user", "user=alice", root)
	want := `{"email":{"info@alice.example":{"secret":"` + boxSecret + `"}},"primary_account":{"secret":"` + totpSecret + `"},"team":{}}`
	if got := string(encode(data["alice"])); got != want {
		t.Errorf("%s", got)
	}
	for _, body := range []string{`{}`, `{"nobody":{}}`, `{"alice":{"primary_account":{}}}`, `{"alice":1}`} {
		if result, _ := post(body); result != 0 {
			t.Errorf("%s was taken", body)
		}
	}
	for _, call := range s.Ledger().Calls {
		for name, value := range call.Params {
			if strings.Contains(name+value, totpSecret) || strings.Contains(name+value, boxSecret) {
				t.Errorf("the ledger shows a secret: %v", call.Params)
			}
		}
	}
	if err := s.SetVersion("11.116.0.1"); err != nil {
		t.Fatal(err)
	}
	if result, reason := post(`{}`); result != 0 || !strings.Contains(reason, "Unknown app") {
		t.Errorf("before 118: %q", reason)
	}
}

// A session that began with a password alone is stopped once its user has a
// second factor, as the vendor's own client expects.
func TestSessionWithoutCodeIsStopped(t *testing.T) {
	t.Parallel()
	inv := serviceInventory("11.136.0.4")
	inv.Policies.RequireTwoFactorForAPI = true
	s := startServer(t, inv)
	_, cookie, prefix := login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword))
	call := func(prefix, cookie, function, form string) answer {
		t.Helper()
		got, err := try(t, s, s.WHMURL()+prefix+"/json-api/"+function, "api.version=1&"+form, with("Cookie", cookie))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	secret := as[string](t, call(prefix, cookie, "twofactorauth_generate_tfa_config", "").data(t)["secret"])
	form := query("secret", secret, "tfa_token", codeAt(t, secret, s.Now()))
	if result, reason := call(prefix, cookie, "twofactorauth_set_tfa_config", form).result(t); result != 1 {
		t.Fatal(reason)
	}
	if got := call(prefix, cookie, "gethostname", ""); !strings.Contains(got.body, "tfa_login_form") {
		t.Errorf("a session without a code: %d %s", got.status, got.body)
	}
	_, cookie, prefix = login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword, "tfa_token", codeAt(t, secret, s.Now())))
	if result, reason := call(prefix, cookie, "gethostname", "").result(t); result != 1 {
		t.Errorf("a session with a code: %s", reason)
	}
}

func TestAccountSecondFactor(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.136.0.4"))
	data, complaint := execute(t, s, "TwoFactorAuth::generate_user_configuration", "")
	if complaint != "" {
		t.Fatal(complaint)
	}
	secret := as[string](t, as[map[string]any](t, data)["secret"])
	for code, want := range map[string]string{"000000": "The security code is invalid.", codeAt(t, secret, s.Now()): ""} {
		if _, complaint := execute(t, s, "TwoFactorAuth::set_user_configuration", query("secret", secret, "tfa_token", code)); complaint != want {
			t.Errorf("%s: %q", code, complaint)
		}
	}
	data, _ = execute(t, s, "TwoFactorAuth::get_user_configuration", "")
	if got := string(encode(data)); got != `{"is_enabled":1,"issuer":"whm1.example.com"}` || !s.Authenticates("alice", KindTOTP, secret) {
		t.Error(got)
	}
	if _, complaint := execute(t, s, "TwoFactorAuth::remove_user_configuration", ""); complaint != "" || s.Authenticates("alice", KindTOTP, secret) {
		t.Errorf("remove: %q", complaint)
	}
}
