// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// bind gives a person one of the cluster's own roles in a namespace, as a platform team gives it to its tenants.
func bind(ctx SpecContext, namespace, role, person string) {
	GinkgoHelper()
	Expect(admin.Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: person},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: person}},
	})).To(Succeed())
}

// may asks whether a person may do something to a resource of the operator in a namespace; an empty one means all.
func may(ctx SpecContext, person, verb, resource, subresource, namespace string) bool {
	GinkgoHelper()
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: person,
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Group: v1alpha1.GroupVersion.Group, Resource: resource, Subresource: subresource, Verb: verb, Namespace: namespace,
		},
	}}
	Expect(admin.Create(ctx, review)).To(Succeed())
	return review.Status.Allowed
}

var (
	writes     = []string{"create", "update", "patch", "delete", "deletecollection"}
	reads      = []string{"get", "list", "watch"}
	namespaced = []string{
		"whmservers", "accesshashrotations", "apitokenrotations", "passwordrotations", "loginsessions", "storelogins",
		"twofactorrotations",
	}
)

// The shipped roles make a tenant of whoever may edit or see a namespace, and nobody more than that.
var _ = Describe("the shipped roles", func() {
	for role, writer := range map[string]bool{"admin": true, "edit": true, "view": false} {
		It("let a tenant with the role "+role+" do what belongs to its namespace", func(ctx SpecContext) {
			own, other := newNamespace(ctx), newNamespace(ctx)
			person := own + "-" + role
			bind(ctx, own, role, person)
			Eventually(may).WithArguments(ctx, person, "list", "apitokenrotations", "", own).Should(BeTrue())
			for _, resource := range namespaced {
				for _, verb := range reads {
					Expect(may(ctx, person, verb, resource, "", own)).To(BeTrue(), "%s %s", verb, resource)
				}
				Expect(may(ctx, person, "get", resource, "status", own)).To(BeTrue(), "get %s/status", resource)
				for _, verb := range writes {
					Expect(may(ctx, person, verb, resource, "", own)).To(Equal(writer), "%s %s", verb, resource)
					// A status says which tokens a namespace has, and a server's status holds its gate.
					Expect(may(ctx, person, verb, resource, "status", own)).To(BeFalse(), "%s %s/status", verb, resource)
				}
				for _, verb := range slices.Concat(reads, writes) {
					Expect(may(ctx, person, verb, resource, "", other)).To(BeFalse(), "%s %s elsewhere", verb, resource)
				}
			}
			for _, verb := range slices.Concat(reads, writes) {
				Expect(may(ctx, person, verb, "clusterwhmservers", "", "")).To(BeFalse(), "%s clusterwhmservers", verb)
			}
		})
	}

	It("keep ClusterWHMServers from those with the role edit for the whole cluster", func(ctx SpecContext) {
		person := newNamespace(ctx) + "-everywhere"
		binding := &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: person},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: person}},
		}
		Expect(admin.Create(ctx, binding)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(admin.Delete(ctx, binding)).To(Succeed()) })
		Eventually(may).WithArguments(ctx, person, "create", "apitokenrotations", "", "default").Should(BeTrue())
		for _, verb := range slices.Concat(reads, writes) {
			Expect(may(ctx, person, verb, "clusterwhmservers", "", "")).To(BeFalse(), "%s", verb)
		}
	})

	It("let those who are given them administer ClusterWHMServers", func(ctx SpecContext) {
		for role, writer := range map[string]bool{"editor": true, "viewer": false} {
			person := newNamespace(ctx) + "-" + role
			binding := &rbacv1.ClusterRoleBinding{
				ObjectMeta: metav1.ObjectMeta{Name: person},
				RoleRef: rbacv1.RoleRef{
					APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "whm-credentials-clusterwhmserver-" + role,
				},
				Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: person}},
			}
			Expect(admin.Create(ctx, binding)).To(Succeed())
			DeferCleanup(func(ctx SpecContext) { Expect(admin.Delete(ctx, binding)).To(Succeed()) })
			Eventually(may).WithArguments(ctx, person, "get", "clusterwhmservers", "", "").Should(BeTrue())
			for _, verb := range writes {
				Expect(may(ctx, person, verb, "clusterwhmservers", "", "")).To(Equal(writer), "%s", verb)
			}
			Expect(may(ctx, person, "list", "apitokenrotations", "", "default")).To(BeFalse())
		}
	})
})
