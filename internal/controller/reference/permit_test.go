// SPDX-License-Identifier: Apache-2.0

package reference_test

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/reference"
)

func readerOf(t *testing.T, objects ...client.Object) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
}

func namespace(name string, labels map[string]string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
}

// shared returns a server that lets in the namespace team-a, for every user and privilege, unless change says otherwise.
func shared(change func(*v1alpha1.ServerPolicy)) *v1alpha1.ClusterWHMServer {
	s := &v1alpha1.ClusterWHMServer{ObjectMeta: metav1.ObjectMeta{Name: "web"}}
	s.Spec.Policy = v1alpha1.ServerPolicy{
		AllowedNamespaces: v1alpha1.NamespaceGrant{Names: []v1alpha1.NamespaceName{"team-a"}},
		AllowedUsers:      []v1alpha1.UserPattern{"*"},
		MaxACLs:           []v1alpha1.ACLName{"all"},
	}
	if change != nil {
		change(&s.Spec.Policy)
	}
	return s
}

// expectRefusal asserts that err is the stall NotPermitted with all of these words.
func expectRefusal(t *testing.T, err error, words ...string) {
	t.Helper()
	stalled := outcome.AsStalled(err)
	if stalled == nil || stalled.Reason != v1alpha1.NotPermittedReason {
		t.Fatalf("got %v, want the stall %s", err, v1alpha1.NotPermittedReason)
	}
	for _, part := range words {
		if !strings.Contains(stalled.Message, part) {
			t.Errorf("%q does not say %q", stalled.Message, part)
		}
	}
}

func TestPermitNamespaces(t *testing.T) {
	t.Parallel()
	names := func(names ...v1alpha1.NamespaceName) v1alpha1.NamespaceGrant {
		return v1alpha1.NamespaceGrant{Names: names}
	}
	label := func(value string) v1alpha1.NamespaceGrant {
		return v1alpha1.NamespaceGrant{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": value}}}
	}
	expression := func(operator metav1.LabelSelectorOperator, values ...string) v1alpha1.NamespaceGrant {
		return v1alpha1.NamespaceGrant{Selector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "tier", Operator: operator, Values: values},
		}}}
	}
	reader := readerOf(t, namespace("team-a", map[string]string{"tier": "gold"}), namespace("team-b", nil))
	r := &reference.Resolver{Reader: reader}
	for name, tt := range map[string]struct {
		grant   v1alpha1.NamespaceGrant
		refused string
	}{
		"named":                        {grant: names("team-b", "team-a")},
		"another one named":            {grant: names("team-b"), refused: "does not let this namespace use it"},
		"a name that begins alike":     {grant: names("team-a2", "team"), refused: "allow team-a by name or label (allowedNamespaces)"},
		"names are not patterns":       {grant: names("team-*", "*"), refused: "does not let this namespace use it"},
		"selected":                     {grant: label("gold")},
		"another label selected":       {grant: label("silver"), refused: "does not let this namespace use it"},
		"selected, and another named":  {grant: v1alpha1.NamespaceGrant{Names: names("x").Names, Selector: label("gold").Selector}},
		"named, and another selected":  {grant: v1alpha1.NamespaceGrant{Names: names("team-a").Names, Selector: label("x").Selector}},
		"neither":                      {refused: "or make a new object that refers to a WHMServer of this namespace"},
		"an empty selector":            {grant: v1alpha1.NamespaceGrant{Selector: &metav1.LabelSelector{}}},
		"an expression":                {grant: expression(metav1.LabelSelectorOpIn, "silver", "gold")},
		"an expression that shuts out": {grant: expression(metav1.LabelSelectorOpNotIn, "gold"), refused: "does not let"},
		"an operator that is none":     {grant: expression("Like", "g"), refused: "cannot be used; ask whoever runs the cluster"},
		"a label that is none":         {grant: v1alpha1.NamespaceGrant{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"a b": ""}}}, refused: "cannot be used; ask whoever"},
		"an operator without values":   {grant: expression(metav1.LabelSelectorOpIn), refused: "cannot be used; ask whoever"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := shared(func(p *v1alpha1.ServerPolicy) { p.AllowedNamespaces = tt.grant })
			err := r.Permit(t.Context(), "team-a", server, reference.Ask{User: "root", AllPrivileges: true})
			if tt.refused != "" {
				expectRefusal(t, err, "ClusterWHMServer web", tt.refused)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPermitNeedsNamespace(t *testing.T) {
	t.Parallel()
	r := &reference.Resolver{Reader: readerOf(t)}
	selecting := shared(func(p *v1alpha1.ServerPolicy) {
		p.AllowedNamespaces = v1alpha1.NamespaceGrant{Selector: &metav1.LabelSelector{}}
	})
	ask := reference.Ask{User: "root", AllPrivileges: true}
	err := r.Permit(t.Context(), "team-a", selecting, ask)
	if outcome.AsStalled(err) != nil || !apierrors.IsNotFound(err) {
		t.Errorf("a namespace that cannot be read: got %v, want an error that is tried again", err)
	}
	if err := r.Permit(t.Context(), "team-a", shared(nil), ask); err != nil {
		t.Errorf("a namespace that is named need not be read: %v", err)
	}
}

func TestPermitUsers(t *testing.T) {
	t.Parallel()
	r := &reference.Resolver{Reader: readerOf(t)}
	for _, tt := range []struct {
		patterns, user string
		allowed        bool
	}{
		{"shop", "shop", true},
		{"shop", "shop1", false},
		{"shop", "ashop", false},
		{"shop", "sho", false},
		{"*", "root", true},
		{"*", "", false},
		{"**", "root", true},
		{"shop-*", "shop-", true},
		{"shop-*", "shop-1", true},
		{"shop-*", "shop-1-2", true},
		{"shop-*", "shop", false},
		{"shop-*", "shop_1", false},
		{"shop-*", "a-shop-1", false},
		{"*-shop", "eu-shop", true},
		{"*-shop", "eu-shop2", false},
		{"s*p", "sp", true},
		{"s*p", "shoppe", false},
		{"a*b*c", "a1b2b3c", true},
		{"a*b*c", "acb", false},
		{"a,b", "b", true},
		{"a,b", "a,b", false},
		// The API server lets none of these in, and they must not fit by accident.
		{"[a-z]*", "-", false},
		{"[a", "[a", false},
		{"", "", false},
		{"?", "", false},
	} {
		server := shared(func(p *v1alpha1.ServerPolicy) {
			p.AllowedUsers = nil
			for pattern := range strings.SplitSeq(tt.patterns, ",") {
				p.AllowedUsers = append(p.AllowedUsers, v1alpha1.UserPattern(pattern))
			}
		})
		err := r.Permit(t.Context(), "team-a", server, reference.Ask{User: tt.user})
		if tt.allowed && err != nil {
			t.Errorf("%s, user %q: %v", tt.patterns, tt.user, err)
		}
		if !tt.allowed {
			expectRefusal(t, err, "does not allow credentials of "+tt.user, "add that user to its allowedUsers")
		}
	}
}

func TestPermitAddressesOnlyToEverybody(t *testing.T) {
	t.Parallel()
	r := &reference.Resolver{Reader: readerOf(t)}
	for patterns, allowed := range map[string]bool{"*": true, "shop,*": true, "info*": false, "**": false, "shop": false} {
		server := shared(func(p *v1alpha1.ServerPolicy) {
			p.AllowedUsers = nil
			for pattern := range strings.SplitSeq(patterns, ",") {
				p.AllowedUsers = append(p.AllowedUsers, v1alpha1.UserPattern(pattern))
			}
		})
		err := r.Permit(t.Context(), "team-a", server, reference.Ask{User: "info@shop.example.com"})
		if allowed && err != nil {
			t.Errorf("%s: %v", patterns, err)
		}
		if !allowed {
			expectRefusal(t, err, "does not tell whose it is", "spec.mailbox")
		}
	}
}

func TestPermitUsersTellsNothingOfOthers(t *testing.T) {
	t.Parallel()
	r := &reference.Resolver{Reader: readerOf(t)}
	server := shared(func(p *v1alpha1.ServerPolicy) {
		p.AllowedUsers = []v1alpha1.UserPattern{"secretive"}
		p.AllowedNamespaces.Names = append(p.AllowedNamespaces.Names, "discreet")
	})
	for _, namespace := range []string{"team-a", "team-b"} {
		err := r.Permit(t.Context(), namespace, server, reference.Ask{User: "shop"})
		expectRefusal(t, err)
		if strings.Contains(err.Error(), "secretive") || strings.Contains(err.Error(), "discreet") {
			t.Errorf("%s is told of others: %v", namespace, err)
		}
	}
}

func TestPermitACLs(t *testing.T) {
	t.Parallel()
	acls := func(names ...string) reference.Ask { return reference.Ask{User: "shop", ACLs: names} }
	all := reference.Ask{User: "shop", AllPrivileges: true}
	r := &reference.Resolver{Reader: readerOf(t)}
	for name, tt := range map[string]struct {
		max     []v1alpha1.ACLName
		ask     reference.Ask
		refused []string
	}{
		"within":              {max: []v1alpha1.ACLName{"list-accts", "acct-summary"}, ask: acls("acct-summary")},
		"all of them":         {max: []v1alpha1.ACLName{"list-accts", "acct-summary"}, ask: acls("acct-summary", "list-accts")},
		"none asked for":      {max: []v1alpha1.ACLName{"list-accts"}, ask: acls()},
		"none asked, none to": {ask: acls()},
		"all cover each":      {max: []v1alpha1.ACLName{"all"}, ask: acls("passwd")},
		"all cover all":       {max: []v1alpha1.ACLName{"all"}, ask: all},
		"one beyond": {
			max: []v1alpha1.ACLName{"list-accts", "acct-summary"}, ask: acls("list-accts", "passwd"),
			refused: []string{"the privileges passwd; take them out of spec.acls", "it allows acct-summary, list-accts"},
		},
		"two beyond": {
			max: []v1alpha1.ACLName{"list-accts"}, ask: acls("passwd", "create-user-session", "list-accts"),
			refused: []string{"the privileges create-user-session, passwd; take them out", "it allows list-accts"},
		},
		"none to have": {ask: acls("list-accts"), refused: []string{"the privileges list-accts;", "it allows none"}},
		"all by name": {
			max: []v1alpha1.ACLName{"list-accts"}, ask: acls("all"),
			refused: []string{"the privileges all;", "it allows list-accts"},
		},
		"all": {
			max: []v1alpha1.ACLName{"list-accts", "acct-summary"}, ask: all,
			refused: []string{"everything that their user may", "spec.acls are among acct-summary, list-accts", "add all to its maxACLs"},
		},
		"all, where none are to have": {ask: all, refused: []string{"it allows tokens of cPanel accounts only"}},
		"a name that begins alike":    {max: []v1alpha1.ACLName{"list"}, ask: acls("list-accts"), refused: []string{"the privileges list-accts;"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := r.Permit(t.Context(), "team-a", shared(func(p *v1alpha1.ServerPolicy) { p.MaxACLs = tt.max }), tt.ask)
			if len(tt.refused) > 0 {
				expectRefusal(t, err, tt.refused...)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPermitLocalServer(t *testing.T) {
	t.Parallel()
	r := &reference.Resolver{Reader: readerOf(t)}
	server := &v1alpha1.WHMServer{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "own"}}
	ask := reference.Ask{User: "root", AllPrivileges: true}
	if err := r.Permit(t.Context(), "team-a", server, ask); err != nil {
		t.Error(err)
	}
	expectRefusal(t, r.Permit(t.Context(), "team-b", server, ask), "WHMServer own is of another namespace")
}
