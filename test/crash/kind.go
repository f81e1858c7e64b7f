// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// Kind is all that the suite has to know of a kind of credential.
type Kind struct {
	// Issue is the function that makes one. Revoke is the one that ends one; empty if only the next issue does.
	Issue, Revoke string

	// class says what becomes of the one before.
	class *Class
	// changeIssues is true if a change of the spec takes a new credential.
	changeIssues bool
	// keepsTime is true if the clocks of operator and server have to agree.
	keepsTime bool
	// ledger is what the simulator calls it.
	ledger simulator.Kind
	// key in the published Secret holds it.
	key string
	// besides are the other parts of the credential by their keys in the published Secret.
	besides map[string]simulator.Kind
	// try is a harmless function to use it for with the published header; empty if there is no header.
	try string

	// empty returns an object to read into.
	empty func() controller.Credential
	// specify fills in what the spec has of its own.
	specify func(controller.Credential, Scenario)
	// change asks for another credential.
	change func(controller.Credential)
	// login lets the operator log in with it.
	login func(user v1alpha1.UserName, from v1alpha1.SecretKeyReference) v1alpha1.ServerAuth
	// held is the one that a server has of a user from the beginning.
	held func(inventory simulator.Inventory, user string) string
	// stored returns those that a server has of a user by name; nil if they have no names.
	stored func(server *simulator.Server, user string) map[string]simulator.Token

	// The following are nil for most kinds.

	// holder is the name that the server knows the credential by, if that is not the user.
	holder func(Scenario) string
	// stock puts into a server what the kind needs.
	stock func(*simulator.Inventory, Scenario)
	// objects are applied before the object itself.
	objects func(*Rig) ([]client.Object, error)
	// works tells whether the server takes a part of a credential, if nobody can log in with it.
	works func(server *simulator.Server, holder, value string) bool
	// ask leads to another credential, where an annotation does not.
	ask func(context.Context, *run) error
	// rescue does what a person has to do about an object that does not settle. It returns nil if there was nothing.
	rescue func(context.Context, *run) error
}

// AccessHash is replaced in one call, and can be read again.
var AccessHash = &Kind{
	Issue: "accesshash", class: replacing, ledger: simulator.KindHash, key: "accesshash", try: "/json-api/myprivs?api.version=1",
	empty: func() controller.Credential { return &v1alpha1.AccessHashRotation{} },
	specify: func(obj controller.Credential, s Scenario) {
		obj.(*v1alpha1.AccessHashRotation).Spec.User = s.User() //nolint:forcetypeassert // it comes from empty
	},
	login: func(user v1alpha1.UserName, from v1alpha1.SecretKeyReference) v1alpha1.ServerAuth {
		return v1alpha1.ServerAuth{AccessHash: &v1alpha1.AccessHashAuth{User: user, SecretRef: from}}
	},
	held: func(inventory simulator.Inventory, user string) string { return inventory.Users[user].AccessHash },
}

// WHMToken is a token of a WHM user.
var WHMToken = &Kind{
	Issue: "api_token_create", Revoke: "api_token_revoke", class: additive,
	ledger: simulator.KindToken, key: "token", try: "/json-api/myprivs?api.version=1",
	empty:   emptyToken,
	specify: specifyWHMToken,
	change: func(obj controller.Credential) {
		spec := tokenSpec(obj)
		spec.ACLs = append(spec.ACLs, "acct-summary")
	},
	login: func(user v1alpha1.UserName, from v1alpha1.SecretKeyReference) v1alpha1.ServerAuth {
		return v1alpha1.ServerAuth{APIToken: &v1alpha1.APITokenAuth{User: user, SecretRef: from}}
	},
	held: func(inventory simulator.Inventory, user string) string {
		return inventory.Users[user].Tokens[bootstrapToken].Value
	},
	stored: (*simulator.Server).Tokens,
}

// AccountToken is a token of a cPanel account.
var AccountToken = &Kind{
	Issue: "Tokens::create_full_access", Revoke: "Tokens::revoke", class: additive, changeIssues: true,
	ledger: simulator.KindAccountToken, key: "token", try: "/execute/SSH/get_port",
	empty: emptyToken,
	specify: func(obj controller.Credential, s Scenario) {
		spec := tokenSpec(obj)
		spec.Account = &v1alpha1.TokenAccount{Type: v1alpha1.CPanelAccount, User: v1alpha1.UserName(s.User())}
		expire(spec, s.Expires)
	},
	change: func(obj controller.Credential) { expire(tokenSpec(obj), changedLife) },
	stored: (*simulator.Server).AccountTokens,
}

// changedLife is what a changed spec asks for.
const changedLife = 5 * time.Hour

func emptyToken() controller.Credential { return &v1alpha1.APITokenRotation{} }

func tokenSpec(obj controller.Credential) *v1alpha1.APITokenRotationSpec {
	return &obj.(*v1alpha1.APITokenRotation).Spec //nolint:forcetypeassert // it comes from emptyToken
}

func expire(spec *v1alpha1.APITokenRotationSpec, after time.Duration) {
	if after > 0 {
		spec.ExpiresAfter = &metav1.Duration{Duration: after}
	}
}

// specifyWHMToken asks for as little as a token needs that may have to replace itself.
func specifyWHMToken(obj controller.Credential, s Scenario) {
	spec := tokenSpec(obj)
	spec.AllPrivileges = s.AllPrivileges
	if !s.AllPrivileges {
		spec.ACLs = []v1alpha1.ACLName{"list-accts"}
	}
	if s.Self && !s.AllPrivileges {
		spec.ACLs = append(spec.ACLs, "manage-api-tokens")
	}
	if s.User() != s.Operator() {
		spec.Account = &v1alpha1.TokenAccount{User: v1alpha1.UserName(s.User())}
	}
	expire(spec, s.Expires)
}

// privileges are those that an object asks for, in order; nil if all.
func privileges(obj controller.Credential) (acls []string) {
	token, ok := obj.(*v1alpha1.APITokenRotation)
	if !ok {
		return nil
	}
	for _, acl := range token.Spec.ACLs {
		acls = append(acls, string(acl))
	}
	slices.Sort(acls)
	return acls
}
