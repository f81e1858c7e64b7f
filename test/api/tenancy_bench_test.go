// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// platform is a bench whose namespace is a tenant's, with a namespace of those who run the cluster.
type platform struct {
	*bench
	home string
}

func newPlatform(ctx SpecContext, edit ...func(*simulator.Inventory)) *platform {
	GinkgoHelper()
	p := &platform{bench: newBench(ctx, edit...), home: newNamespace(ctx)}
	p.authSecret(p.home, rootPassword)
	DeferCleanup(p.empty)
	return p
}

// empty deletes what refers to a server, because a server in use stays.
func (p *platform) empty(ctx SpecContext) {
	for _, kind := range []client.Object{
		&v1alpha1.AccessHashRotation{}, &v1alpha1.APITokenRotation{}, &v1alpha1.PasswordRotation{}, &v1alpha1.LoginSession{},
	} {
		Expect(admin.DeleteAllOf(ctx, kind, client.InNamespace(p.namespace))).To(Succeed())
	}
	for _, list := range []client.ObjectList{
		&v1alpha1.AccessHashRotationList{}, &v1alpha1.APITokenRotationList{}, &v1alpha1.PasswordRotationList{},
		&v1alpha1.LoginSessionList{},
	} {
		Eventually(func(g Gomega) {
			g.Expect(admin.List(ctx, list, client.InNamespace(p.namespace))).To(Succeed())
			g.Expect(meta.LenList(list)).To(BeZero())
		}).Should(Succeed())
	}
}

// authSecret makes the Secret that holds root's credentials in a namespace.
func (p *platform) authSecret(namespace, password string) {
	GinkgoHelper()
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: authName}}
	s.StringData = map[string]string{"password": password, "accesshash": rootHash}
	Expect(admin.Create(p.ctx, s)).To(Succeed())
}

// shared makes a ClusterWHMServer that lets the tenant have everything, unless edit changes that, and waits until it
// answers.
func (p *platform) shared(name string, edit ...func(*v1alpha1.ClusterWHMServer)) *v1alpha1.ClusterWHMServer {
	GinkgoHelper()
	s := p.newShared(name, edit...)
	p.awaitReady(s)
	return s
}

func (p *platform) newShared(name string, edit ...func(*v1alpha1.ClusterWHMServer)) *v1alpha1.ClusterWHMServer {
	GinkgoHelper()
	s := &v1alpha1.ClusterWHMServer{
		// What is not in a namespace needs a name of the spec's own.
		ObjectMeta: metav1.ObjectMeta{Name: p.namespace + "-" + name},
		Spec: v1alpha1.ClusterWHMServerSpec{
			WHMServerSpec: v1alpha1.WHMServerSpec{
				Endpoint:       p.whm.WHMURL(),
				CPanelEndpoint: p.whm.CPanelURL(),
				Auth: v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{
					SecretRef: v1alpha1.SecretKeyReference{Name: authName},
				}},
				TLS: &v1alpha1.ServerTLS{CABundle: string(p.whm.CA())},
			},
			AuthNamespace: v1alpha1.NamespaceName(p.home),
			Policy: v1alpha1.ServerPolicy{
				AllowedNamespaces: named(p.namespace),
				AllowedUsers:      []v1alpha1.UserPattern{"*"},
				MaxACLs:           []v1alpha1.ACLName{"all"},
			},
		},
	}
	for _, f := range edit {
		f(s)
	}
	Expect(admin.Create(p.ctx, s)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(admin.Delete(ctx, s))).To(Succeed()) })
	return s
}

func named(namespaces ...string) (grant v1alpha1.NamespaceGrant) {
	for _, name := range namespaces {
		grant.Names = append(grant.Names, v1alpha1.NamespaceName(name))
	}
	return grant
}

func selected(key, value string) v1alpha1.NamespaceGrant {
	return v1alpha1.NamespaceGrant{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}}
}

// label gives the namespace a label; null, as in merge patches, takes it away.
func (p *platform) label(key, value string) {
	GinkgoHelper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.namespace}}
	patch := `{"metadata": {"labels": {"` + key + `": ` + value + `}}}`
	Expect(admin.Patch(p.ctx, ns, client.RawPatch("application/merge-patch+json", []byte(patch)))).To(Succeed())
}

// on refers to a server.
func on(server v1alpha1.Server) v1alpha1.ServerReference {
	return v1alpha1.ServerReference{Kind: server.ServerKind(), Name: server.GetName()}
}

// using lets a rotation refer to a server.
func using(server v1alpha1.Server) func(*v1alpha1.AccessHashRotation) {
	return func(r *v1alpha1.AccessHashRotation) { r.Spec.ServerRef = on(server) }
}

// regenerations returns for whom an access hash was asked for.
func (p *platform) regenerations() (users []string) {
	for _, call := range p.whm.Ledger().Calls {
		if call.Function == "accesshash" && call.Mutating {
			users = append(users, call.Params["user"])
		}
	}
	return users
}
