// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"testing"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// provocations bring the described failures about.
var provocations = map[string]func(*testing.T, *stage) answer{
	"wrong credential": func(t *testing.T, b *stage) answer {
		t.Helper()
		return b.raw("version", "api.version=1", "whm root:"+spareToken+"X")
	},
	"unknown function": func(t *testing.T, b *stage) answer {
		t.Helper()
		return b.raw("nosuch", "api.version=1", "")
	},
	"unknown function without api.version": func(t *testing.T, b *stage) answer {
		t.Helper()
		return b.raw("nosuch", "", "")
	},
	"refusal of a function": func(t *testing.T, b *stage) answer {
		t.Helper()
		return b.raw("api_token_create", "api.version=1&token_name=own", "")
	},
	"account of somebody else": func(t *testing.T, b *stage) answer {
		t.Helper()
		return b.raw("passwd", "api.version=1&user=ghost&db_pass_update=0&"+url.Values{"password": {newPassword}}.Encode(), "")
	},
	"missing privilege": func(t *testing.T, b *stage) answer {
		t.Helper()
		return b.raw("api_token_list", "api.version=1", "whm shop:"+shopToken)
	},
	"weak password": func(t *testing.T, b *stage) answer {
		t.Helper()
		return b.raw("passwd", "api.version=1&user=bob&password=weak&db_pass_update=0", "")
	},
	"second factor wanted": func(t *testing.T, b *stage) answer {
		t.Helper()
		err := b.server.Update(func(inv *simulator.Inventory) {
			root := inv.Users["root"]
			root.TOTPSecret = totpSecret
			inv.Users["root"] = root
			inv.Policies.RequireTwoFactorForAPI = true
		})
		if err != nil {
			t.Fatal(err)
		}
		head := http.Header{"Content-Type": {contentForm}, "Authorization": {basic("root", rootPassword)}}
		return post(t, b.server, b.server.WHMURL(), request{http.MethodPost, viaWHM + "version", "", "api.version=1", head})
	},
	"bad user of the cpanel function": func(t *testing.T, b *stage) answer {
		t.Helper()
		return b.raw("cpanel", "api.version=1&cpanel_jsonapi_user=ghost&cpanel_jsonapi_module=SSH&cpanel_jsonapi_func=get_port&cpanel_jsonapi_apiversion=3", "")
	},
	"missing function of API 2": func(t *testing.T, b *stage) answer {
		t.Helper()
		return b.raw("cpanel", "api.version=1&cpanel_jsonapi_user=bob&cpanel_jsonapi_module=Email&cpanel_jsonapi_func=nosuch&cpanel_jsonapi_apiversion=2", "")
	},
	"refusal of UAPI": func(t *testing.T, b *stage) answer {
		t.Helper()
		_, got := b.ask(probe{}, "Tokens::rename", viaExecute, url.Values{"name": {"nosuch"}, "new_name": {"m"}})
		return got
	},
}

// raw calls a function of WHM with a body as it stands. "" is root's token.
func (b *stage) raw(function, body, authorization string) answer {
	b.t.Helper()
	head := http.Header{"Content-Type": {contentForm}, "Authorization": {orElse(authorization, "whm root:"+rootToken)}}
	return post(b.t, b.server, b.server.WHMURL(), request{http.MethodPost, viaWHM + function, "", body, head})
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}
