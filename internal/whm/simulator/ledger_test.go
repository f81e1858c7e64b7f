// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

func TestLedgerHoldsNoSecret(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	root := key("root", rootToken)
	fresh := as[string](t, mustSucceed(t, s, "accesshash", "user=root&generate=1", root)["accesshash"])
	made := as[string](t, mustSucceed(t, s, "api_token_create", "token_name=t", root)["token"])
	mustSucceed(t, s, "api_token_get_details", "token="+made, root)
	_, cookie, prefix := login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword))
	get(t, s, s.WHMURL()+prefix+"/json-api/version", with("Cookie", cookie))
	session := createSession(t, s, "res", root)
	get(t, s, as[string](t, session["url"]))
	callWHM(t, s, "nosuchthing", "anything=kept-out-of-the-ledger", root)
	callWHM(t, s, "accesshash", query("user", fresh, "generate", "0"), root)
	callWHM(t, s, "version", "", key("root", "a-wrong-secret"))
	text, err := json.Marshal(s.Ledger())
	if err != nil {
		t.Fatal(err)
	}
	value, _ := url.PathUnescape(strings.TrimPrefix(cookie, "cpsession="))
	for name, secret := range map[string]string{
		"password": rootPassword, "hash": rootHash, "new hash": fresh, "token": made, "inventory token": rootToken, "wrong secret": "a-wrong-secret",
		"cookie": value, "prefix": prefix, "session": as[string](t, session["session"]), "argument": "kept-out-of-the-ledger",
	} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the ledger shows the %s", name)
		}
	}
	for _, call := range s.Ledger().Calls {
		if call.Function == "accesshash" && call.Applied && (call.Params["user"] != "root" || call.Params["generate"] != "1") {
			t.Errorf("harmless arguments are hidden: %v", call.Params)
		}
	}
}
