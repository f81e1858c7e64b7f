// SPDX-License-Identifier: Apache-2.0

package reference

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
)

const (
	// allACLs is the privilege that stands for every other one.
	allACLs = "all"
	// anyUser is the pattern that fits everybody.
	anyUser = "*"
)

// Ask is what an object wants of a server.
type Ask struct {
	// User is the WHM user or cPanel account whose credential it is, or a mail address; never empty.
	User string
	// ACLs are the WHM privileges that the credential shall have. Together with AllPrivileges false, none means that it is
	// a credential without WHM privileges, such as the token of a cPanel account.
	ACLs []string
	// AllPrivileges is true for a credential that can do whatever its user can.
	AllPrivileges bool
	// Purpose is what the ACLs are for if they are not listed in the spec; empty if they are.
	Purpose string
}

// Permit stalls if an object of the namespace may not have from the server what it asks for. A WHMServer serves its own
// namespace with whatever its credential can do; a ClusterWHMServer has a policy.
func (r *Resolver) Permit(ctx context.Context, namespace string, server v1alpha1.Server, ask Ask) error {
	shared, ok := server.(*v1alpha1.ClusterWHMServer)
	if !ok {
		return permitLocal(namespace, server)
	}
	granted, err := r.grants(ctx, shared, namespace)
	switch {
	case err != nil:
		return err
	case !granted:
		return refuse("the policy of ClusterWHMServer %s does not let this namespace use it; ask whoever runs the cluster to "+
			"allow %s by name or label (allowedNamespaces), or make a new object that refers to a WHMServer of this namespace",
			shared.Name, namespace)
	case strings.Contains(ask.User, "@") && !slices.Contains(shared.Spec.Policy.AllowedUsers, anyUser):
		// A pattern for accounts can fit the beginning of anybody's address.
		return refuse("the policy of ClusterWHMServer %s allows some users only, and the address %s does not tell whose it is; set "+
			"spec.user to the account and spec.mailbox to the mailbox", shared.Name, ask.User)
	case !allowsUser(shared.Spec.Policy.AllowedUsers, ask.User):
		return refuse("the policy of ClusterWHMServer %s does not allow credentials of %s; ask whoever runs the cluster to add "+
			"that user to its allowedUsers, or make a new object for another user", shared.Name, ask.User)
	}
	return permitACLs(shared, ask)
}

// permitLocal is a second lock: Server does not return a WHMServer of another namespace.
func permitLocal(namespace string, server v1alpha1.Server) error {
	if server.GetNamespace() != namespace {
		return refuse("%s %s is of another namespace; refer to one of this namespace", server.ServerKind(), server.GetName())
	}
	return nil
}

func refuse(format string, args ...any) error {
	return outcome.Stall(v1alpha1.NotPermittedReason, format, args...)
}

// grants tells whether the policy lets the namespace in, by name or by label.
func (r *Resolver) grants(ctx context.Context, server *v1alpha1.ClusterWHMServer, namespace string) (bool, error) {
	grant := server.Spec.Policy.AllowedNamespaces
	if slices.Contains(grant.Names, v1alpha1.NamespaceName(namespace)) {
		return true, nil
	}
	if grant.Selector == nil {
		return false, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(grant.Selector)
	if err != nil {
		// What nobody can read lets nobody in.
		return false, refuse("the selector of ClusterWHMServer %s cannot be used; ask whoever runs the cluster to correct its "+
			"allowedNamespaces: %w", server.Name, err)
	}
	found, err := r.labelsOf(ctx, namespace)
	return err == nil && selector.Matches(found), err
}

// labelsOf reads the labels of a namespace. Of namespaces only the metadata is cached.
func (r *Resolver) labelsOf(ctx context.Context, namespace string) (labels.Set, error) {
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := r.Reader.Get(ctx, client.ObjectKey{Name: namespace}, m); err != nil {
		return nil, fmt.Errorf("read labels of namespace %s: %w", namespace, err)
	}
	return m.Labels, nil
}

// allowsUser tells whether one of the patterns fits. One that is malformed fits nobody.
func allowsUser(patterns []v1alpha1.UserPattern, user string) bool {
	return user != "" && slices.ContainsFunc(patterns, func(p v1alpha1.UserPattern) bool {
		fits, err := path.Match(string(p), user)
		return err == nil && fits
	})
}

// permitACLs compares the privileges. What exceeds the policy comes first in the message, because long ones are cut.
func permitACLs(server *v1alpha1.ClusterWHMServer, ask Ask) error {
	allowed := textOf(server.Spec.Policy.MaxACLs)
	if slices.Contains(allowed, allACLs) {
		return nil
	}
	if ask.AllPrivileges {
		return refuse("the policy of ClusterWHMServer %s does not allow credentials that can do everything that their user may; "+
			"%s, or ask whoever runs the cluster to add all to its maxACLs", server.Name, lesser(allowed))
	}
	exceeding := slices.DeleteFunc(slices.Clone(ask.ACLs), func(acl string) bool { return slices.Contains(allowed, acl) })
	if len(exceeding) == 0 {
		return nil
	}
	slices.Sort(exceeding)
	if ask.Purpose != "" {
		return refuse("the policy of ClusterWHMServer %s does not allow %s, because they open what the privileges %s do; ask whoever "+
			"runs the cluster to add those to its maxACLs", server.Name, ask.Purpose, list(exceeding))
	}
	return refuse("the policy of ClusterWHMServer %s does not allow the privileges %s; take them out of spec.acls, or ask "+
		"whoever runs the cluster to add them to its maxACLs; it allows %s", server.Name, list(exceeding), list(allowed))
}

// lesser tells what to do instead of asking for everything.
func lesser(allowed []string) string {
	if len(allowed) == 0 {
		return "it allows tokens of cPanel accounts only"
	}
	return "use an APITokenRotation whose spec.acls are among " + list(allowed)
}

func textOf(acls []v1alpha1.ACLName) []string {
	all := make([]string, 0, len(acls))
	for _, acl := range acls {
		all = append(all, string(acl))
	}
	slices.Sort(all)
	return all
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
