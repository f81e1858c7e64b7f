// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"maps"
	"testing"
	"time"
)

// manyTokens are n tokens as others would have left them long ago.
func manyTokens(n int, createdAt time.Time) map[string]Token {
	many := map[string]Token{}
	for i := range n {
		many[fmt.Sprintf("foreign-%d", i)] = Token{
			Value: fmt.Sprintf("FOREIGN%025d", i), ACLs: []string{"list-accts"}, CreatedAt: createdAt,
		}
	}
	return many
}

func loadMany(tb testing.TB, s *Server, n int) {
	tb.Helper()
	created := s.Now().Add(-48 * time.Hour).Truncate(time.Second)
	err := s.Update(func(inv *Inventory) {
		maps.Copy(inv.Users["root"].Tokens, manyTokens(n, created))
		maps.Copy(inv.Accounts["alice"].Tokens, manyTokens(n, created))
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func TestManyTokensLookOldAndAreRevokedAtOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	loadMany(t, s, 1500)
	root := key("root", rootToken)
	tokens := as[map[string]any](t, mustSucceed(t, s, "api_token_list", "", root)["tokens"])
	entry := as[map[string]any](t, tokens["foreign-1499"])
	if age := s.Now().Sub(time.Unix(int64(as[float64](t, entry["create_time"])), 0)); len(tokens) != 1501 || age < 48*time.Hour {
		t.Errorf("%d tokens, the last %v old", len(tokens), age)
	}
	if list := as[[]any](t, accountDo(t, s, "Tokens::list")); len(list) != 1500 {
		t.Errorf("%d account tokens", len(list))
	}
	var form []byte
	for i := range 1500 {
		form = fmt.Appendf(form, "token_name-%d=foreign-%d&", i+1, i)
	}
	mustSucceed(t, s, "api_token_revoke", string(form), root)
	if left := s.Tokens("root"); len(left) != 1 || len(s.AccountTokens("alice")) != 1500 {
		t.Errorf("left %v", left)
	}
	ages := map[string]time.Time{"loaded": s.Now().Add(-time.Hour).Truncate(time.Second)}
	err := s.Update(func(inv *Inventory) {
		token := inv.Users["root"].Tokens["loaded"]
		token.CreatedAt = ages["loaded"]
		inv.Users["root"].Tokens["loaded"] = token
	})
	if err != nil || !s.Tokens("root")["loaded"].CreatedAt.Equal(ages["loaded"]) {
		t.Errorf("made to look old: %v %v", err, s.Tokens("root")["loaded"].CreatedAt)
	}
}

// BenchmarkListManyTokens is the server's part of a sweep over 1500 tokens.
func BenchmarkListManyTokens(b *testing.B) {
	s, err := Start(Config{Inventory: testInventory("11.136.0.4")})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	loadMany(b, s, 1500)
	x := &exchange{srv: s, form: params{}, now: s.Now()}
	x.who = principal{user: "root", cred: s.st.token(KindToken, "root", "loaded")}
	var size int
	for b.Loop() {
		o := listTokens(&call{exchange: x, st: s.st})
		size = len(o.envelope("api_token_list", false).body)
	}
	b.ReportMetric(float64(size), "bytes/list")
}
