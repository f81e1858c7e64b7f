// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

const totpSecret = "JBSWY3DPEHPK3PXP"

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.136.0.4")
	root := inv.Users["root"]
	root.TOTPSecret = totpSecret
	inv.Users["root"] = root
	inv.Policies.RequireTwoFactorForAPI = true
	s := startServer(t, inv)
	s.Advance(100 * time.Hour)
	code, err := totp.GenerateCode(totpSecret, s.Now())
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		options []requestOption
		page    bool
	}{
		"password alone":       {[]requestOption{basic("root", rootPassword)}, true},
		"password, wrong code": {[]requestOption{basic("root", rootPassword), with("X-CPANEL-OTP", "000000")}, true},
		"password and code":    {[]requestOption{basic("root", rootPassword), with("X-CPANEL-OTP", code)}, false},
		"token":                {[]requestOption{key("root", rootToken)}, false},
		"not configured":       {[]requestOption{basic("res", resPassword)}, false},
	} {
		got := callWHM(t, s, "gethostname", "", tc.options...)
		isPage := strings.Contains(got.body, "tfa_login_form") && strings.HasPrefix(got.header.Get("Content-Type"), "text/html")
		if got.status != 200 || isPage != tc.page {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got, cookie, _ := login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword)); cookie != "" || !strings.Contains(got.body, "tfa_login_form") {
		t.Errorf("form without code: %d %s", got.status, got.body)
	}
	if got, cookie, _ := login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword, "tfa_token", code, "login_only", "1")); got.status != 200 || cookie == "" {
		t.Errorf("form with code: %d %s", got.status, got.body)
	}
	if err := s.SetUnverified(Unverified{OTPAskedOfTokens: yes, TwoFactorPageStatus: "401"}); err != nil {
		t.Fatal(err)
	}
	if got := callWHM(t, s, "gethostname", "", key("root", rootToken)); got.status != 401 || !strings.Contains(got.body, "tfa_login_form") {
		t.Errorf("otpAskedOfTokens: %d %s", got.status, got.body)
	}
}
