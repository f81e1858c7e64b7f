// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// awaitGone waits until an object has disappeared.
func (p *platform) awaitGone(object client.Object) {
	GinkgoHelper()
	Eventually(func() bool {
		return apierrors.IsNotFound(admin.Get(p.ctx, client.ObjectKeyFromObject(object), object))
	}).Should(BeTrue())
}

// secretNames are those of the tenant's namespace.
func (p *platform) secretNames() (names []string) {
	GinkgoHelper()
	var list corev1.SecretList
	Expect(admin.List(p.ctx, &list, client.InNamespace(p.namespace))).To(Succeed())
	for _, s := range list.Items {
		names = append(names, s.Name)
	}
	return names
}

// deployment makes one in a namespace that never gets pods.
func (p *platform) deployment(namespace, name string) *appsv1.Deployment {
	GinkgoHelper()
	labels := map[string]string{"app": name}
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	d.Spec.Replicas = new(int32(0))
	d.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	d.Spec.Template.Labels = labels
	d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "c", Image: "registry.example.com/c:1"}}
	Expect(admin.Create(p.ctx, d)).To(Succeed())
	return d
}

// templateOf returns the annotations that a restart changes.
func (p *platform) templateOf(d *appsv1.Deployment) map[string]string {
	GinkgoHelper()
	Expect(admin.Get(p.ctx, client.ObjectKeyFromObject(d), d)).To(Succeed())
	return d.Spec.Template.Annotations
}

// Whatever server an object refers to, Secrets and workloads are those of its own namespace; and what a server logs in
// with is where the server says, and nowhere else.
var _ = Describe("references stay in their namespace:", func() {
	It("the published Secret, beside one of the same name where the server's credential is", func(ctx SpecContext) {
		p := newPlatform(ctx)
		theirs := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: p.home, Name: targetName}}
		theirs.StringData = map[string]string{"theirs": "precious"}
		Expect(admin.Create(ctx, theirs)).To(Succeed())
		p.awaitReady(p.rotation("r", using(p.shared("server")), adoption(v1alpha1.AdoptIfUnowned)))
		Expect(p.read(targetName).Data).To(HaveKeyWithValue("accesshash", []byte(p.whm.AccessHash("root"))))
		now := &corev1.Secret{}
		Expect(admin.Get(ctx, client.ObjectKeyFromObject(theirs), now)).To(Succeed())
		Expect(now.ResourceVersion).To(Equal(theirs.ResourceVersion))
	})

	It("the name of the server's auth Secret, which is free in the tenant's namespace", func(ctx SpecContext) {
		p := newPlatform(ctx)
		s := p.shared("server")
		p.awaitReady(p.rotation("r", using(s), func(r *v1alpha1.AccessHashRotation) { r.Spec.Secret.Name = authName }))
		Expect(p.read(authName).Data).To(HaveKeyWithValue("accesshash", []byte(p.whm.AccessHash("root"))))
		theirs := &corev1.Secret{}
		Expect(admin.Get(ctx, client.ObjectKey{Namespace: p.home, Name: authName}, theirs)).To(Succeed())
		Expect(theirs.Data).To(HaveKeyWithValue("accesshash", []byte(rootHash)))
	})

	It("workloads", func(ctx SpecContext) {
		p := newPlatform(ctx)
		own, theirs := p.deployment(p.namespace, "both"), p.deployment(p.home, "both")
		only := p.deployment(p.home, "only-there")
		r := p.rotation("r", using(p.shared("server")), func(r *v1alpha1.AccessHashRotation) {
			r.Spec.Restart = []v1alpha1.WorkloadReference{
				{Kind: v1alpha1.DeploymentKind, Name: "both"}, {Kind: v1alpha1.DeploymentKind, Name: "only-there"},
			}
		})
		p.await(r, func(g Gomega, conditions []metav1.Condition) {
			c := meta.FindStatusCondition(conditions, v1alpha1.RestartedCondition)
			g.Expect(c).NotTo(BeNil())
			g.Expect(c.Reason).To(Equal(v1alpha1.RolloutFailedReason))
			g.Expect(c.Message).To(ContainSubstring("only-there"))
		})
		Expect(p.templateOf(own)).To(HaveLen(1))
		Expect(p.templateOf(theirs)).To(BeEmpty())
		Expect(p.templateOf(only)).To(BeEmpty())
	})

	It("a WHMServer, of which there is one of that name elsewhere", func(ctx SpecContext) {
		p := newPlatform(ctx)
		p.readyServer()
		stranger := &bench{ctx: ctx, namespace: newNamespace(ctx), whm: p.whm}
		r := stranger.rotation("r")
		p.awaitStalled(r, v1alpha1.ServerNotFoundReason, "WHMServer server does not exist in this namespace")
		p.expectHashUntouched()
	})

	It("a WHMServer and a ClusterWHMServer of one name are two", func(ctx SpecContext) {
		p := newPlatform(ctx)
		s := p.shared("server", func(s *v1alpha1.ClusterWHMServer) { s.Spec.Policy.AllowedNamespaces = named("default") })
		r := p.rotation("r", func(r *v1alpha1.AccessHashRotation) { r.Spec.ServerRef.Name = s.Name })
		p.awaitStalled(r, v1alpha1.ServerNotFoundReason, "WHMServer "+s.Name+" does not exist in this namespace")
		p.secret(authName, map[string]string{"password": rootPassword})
		p.server(func(own *v1alpha1.WHMServer) { own.Name = s.Name })
		p.awaitReady(r)
	})

	It("the auth Secret of a ClusterWHMServer, which a tenant cannot put in its way", func(ctx SpecContext) {
		p := newPlatform(ctx)
		empty := newNamespace(ctx)
		p.authSecret(p.namespace, rootPassword)
		s := p.newShared("server", func(s *v1alpha1.ClusterWHMServer) { s.Spec.AuthNamespace = v1alpha1.NamespaceName(empty) })
		p.awaitStalled(s, v1alpha1.SecretNotFoundReason, "the auth Secret auth does not exist")
		Expect(p.whm.Ledger().Calls).To(BeEmpty())
		p.authSecret(empty, rootPassword)
		p.awaitReady(s)
	})
})
