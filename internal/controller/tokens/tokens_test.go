// SPDX-License-Identifier: Apache-2.0

package tokens

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const password = "secret"

// accounts are one of each kind.
var accounts = map[string]Account{
	"the operator's own user": {Type: v1alpha1.WHMUser, User: "root"},
	"another user":            {Type: v1alpha1.WHMUser, User: "shop"},
	"a cPanel account":        {Type: v1alpha1.CPanelAccount, User: "alice"},
}

// site is a server whose accounts all have the same tokens.
type site struct {
	*simulator.Server
	Access
}

func newSite(t *testing.T, tokens ...string) *site {
	t.Helper()
	all := func() map[string]simulator.Token {
		m := map[string]simulator.Token{}
		for _, name := range tokens {
			m[name] = simulator.Token{Value: "value-of-" + name}
		}
		return m
	}
	sim, err := simulator.Start(simulator.Config{Inventory: simulator.Inventory{
		Users: map[string]simulator.User{
			"root": {Password: password, Tokens: all()}, "shop": {ACLs: []string{"manage-api-tokens"}, Tokens: all()},
		},
		Accounts: map[string]simulator.Account{"alice": {Tokens: all()}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	login := func(c whm.Credential) (*whm.Client, error) {
		return whm.New(whm.Options{Endpoint: sim.WHMURL(), TLS: whm.TLSOptions{CABundle: sim.CA()}}, c)
	}
	client, err := login(whm.WithPassword("root", whm.NewSecret(password)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &site{Server: sim, Access: Access{Client: client, User: "root", Login: login}}
}

// open reaches an account until the test ends.
func (s *site) open(t *testing.T, account Account) Holder {
	t.Helper()
	h, err := Open(t.Context(), s.Access, account)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close(context.WithoutCancel(t.Context())) })
	return h
}

// left are the tokens of an account by the server's own word.
func (s *site) left(account Account) []string {
	tokens := s.Inventory().Users[account.User].Tokens
	if account.Type == v1alpha1.CPanelAccount {
		tokens = s.Inventory().Accounts[account.User].Tokens
	}
	return slices.Sorted(maps.Keys(tokens))
}

// revocations counts the calls that revoke.
func (s *site) revocations() (n int) {
	for _, c := range s.Ledger().Calls {
		if strings.Contains(strings.ToLower(c.Function), "revoke") {
			n++
		}
	}
	return n
}

func numbered(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("token-%03d", i))
	}
	return names
}

func ours(t Info) bool { return strings.HasPrefix(t.Name, "token-") }

func TestTokensOfEveryKindOfAccount(t *testing.T) {
	t.Parallel()
	for name, account := range accounts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "theirs")
			h := s.open(t, account)
			expires := time.Now().Add(time.Hour).Truncate(time.Second)
			value, err := h.Create(t.Context(), Spec{Name: "token-1", AllPrivileges: account.Type == v1alpha1.WHMUser, ExpiresAt: expires})
			if err != nil || value.IsZero() {
				t.Fatalf("create: %v", err)
			}
			listed, err := h.List(t.Context())
			if err != nil || len(listed) != 2 || !listed["token-1"].ExpiresAt.Equal(expires) || listed["token-1"].CreatedAt.IsZero() {
				t.Fatalf("list: %v, %v", listed, err)
			}
			found, left, err := Purge(t.Context(), h, ours)
			if err != nil || !slices.Equal(found, []string{"token-1"}) || len(left) != 1 {
				t.Errorf("purge found %v, left %v, %v", found, left, err)
			}
			if got := s.left(account); !slices.Equal(got, []string{"theirs"}) {
				t.Errorf("left %v", got)
			}
			found, _, err = Purge(t.Context(), h, ours)
			if err != nil || len(found) > 0 || s.revocations() != 1 {
				t.Errorf("a second purge found %v, %v, and there were %d revocations", found, err, s.revocations())
			}
		})
	}
}

func TestManyTokensAreRevokedInBatches(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"the operator's own user": 3, "another user": 3, "a cPanel account": 2*batch + 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, append(numbered(2*batch+1), "theirs")...)
			h := s.open(t, accounts[name])
			if found, _, err := Purge(t.Context(), h, ours); err != nil || len(found) != 2*batch+1 {
				t.Fatalf("found %d, %v", len(found), err)
			}
			if got := s.left(accounts[name]); !slices.Equal(got, []string{"theirs"}) {
				t.Errorf("left %v", got)
			}
			if got := s.revocations(); got != want {
				t.Errorf("it took %d revocations, want %d", got, want)
			}
		})
	}
}

func TestRevokeTakesAnUnknownNameForGone(t *testing.T) {
	t.Parallel()
	for _, answer := range []simulator.Choice{"refuse", "ok"} {
		for name, account := range accounts {
			t.Run(name+", "+string(answer), func(t *testing.T) {
				t.Parallel()
				s := newSite(t, append(numbered(3), "theirs")...)
				if err := s.SetUnverified(simulator.Unverified{RevokeUnknownToken: answer, RevokeUnknownAccountToken: answer}); err != nil {
					t.Fatal(err)
				}
				left, err := Revoke(t.Context(), s.open(t, account), append(numbered(3), "token-unknown")...)
				if err != nil || len(left) != 1 {
					t.Errorf("left %v, %v", left, err)
				}
				if got := s.left(account); !slices.Equal(got, []string{"theirs"}) {
					t.Errorf("left %v", got)
				}
			})
		}
	}
}

func TestRevokeIsProvenByTheList(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault simulator.Fault
		gone  bool
	}{
		"answer lost":     {simulator.Fault{Kind: simulator.FaultReset, After: true}, true},
		"call lost":       {simulator.Fault{Kind: simulator.FaultReset}, false},
		"answer is false": {simulator.Fault{Kind: simulator.FaultHTML}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, numbered(2)...)
			tt.fault.Function = "api_token_revoke"
			if _, err := s.AddFault(tt.fault); err != nil {
				t.Fatal(err)
			}
			left, err := Revoke(t.Context(), s.open(t, accounts["the operator's own user"]), numbered(2)...)
			if (err == nil) != tt.gone || left == nil || (len(left) == 0) != tt.gone {
				t.Errorf("left %v, %v", left, err)
			}
		})
	}
}
