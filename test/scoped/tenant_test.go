// SPDX-License-Identifier: Apache-2.0

package scoped_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/whm/simulator"
	"github.com/whm-credentials/operator/test/testbed"
)

// The objects of a tenant.
const (
	serverName   = "server"
	authName     = "auth"
	rotationName = "rotation"
	tokenName    = "token"
	targetName   = "published"
	workloadName = "consumer"
	userName     = "billing"
	rootPassword = "root-password-of-the-simulation"
)

// tenant is a namespace with a server of its own, a rotation and a workload that uses what is published.
type tenant struct {
	*testbed.Cluster
	*simulator.Server
	namespace string
}

func newNamespace(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

// newTenant fills an existing namespace.
func newTenant(ctx context.Context, cluster *testbed.Cluster, namespace string) *tenant {
	GinkgoHelper()
	sim, err := simulator.Start(simulator.Config{Inventory: simulator.Inventory{
		Users:    map[string]simulator.User{"root": {Password: rootPassword}, userName: {AccessHash: "first-hash"}},
		Policies: simulator.Policies{AllowDeprecatedAccessHash: new(true)},
	}})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(sim.Close)
	t := &tenant{Cluster: cluster, Server: sim, namespace: namespace}
	for _, object := range []client.Object{
		&corev1.Secret{ObjectMeta: t.named(authName), StringData: map[string]string{"password": rootPassword}},
		t.server(), t.workload(), t.rotation(rotationName, v1alpha1.WHMServerKind), t.token(),
	} {
		Expect(cluster.Admin.Create(ctx, object)).To(Succeed())
	}
	return t
}

func (t *tenant) named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: t.namespace, Name: name}
}

func (t *tenant) server() *v1alpha1.WHMServer {
	return &v1alpha1.WHMServer{
		ObjectMeta: t.named(serverName),
		Spec: v1alpha1.WHMServerSpec{
			Endpoint:     t.WHMURL(),
			OrphanPolicy: v1alpha1.RevokeOrphans,
			TLS:          &v1alpha1.ServerTLS{CABundle: string(t.CA())},
			Auth: v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{
				SecretRef: v1alpha1.SecretKeyReference{Name: authName},
			}},
		},
	}
}

func (t *tenant) rotation(name string, kind v1alpha1.ServerKind) *v1alpha1.AccessHashRotation {
	return &v1alpha1.AccessHashRotation{
		ObjectMeta: t.named(name),
		Spec: v1alpha1.AccessHashRotationSpec{
			User: userName,
			CredentialSpec: v1alpha1.CredentialSpec{
				ServerRef: v1alpha1.ServerReference{Kind: kind, Name: serverName},
				Secret:    v1alpha1.SecretTarget{Name: targetName},
				Restart:   []v1alpha1.WorkloadReference{{Kind: "Deployment", Name: workloadName}},
			},
		},
	}
}

func (t *tenant) token() *v1alpha1.APITokenRotation {
	return &v1alpha1.APITokenRotation{
		ObjectMeta: t.named(tokenName),
		Spec: v1alpha1.APITokenRotationSpec{
			ACLs: []v1alpha1.ACLName{"list-accts"},
			CredentialSpec: v1alpha1.CredentialSpec{
				ServerRef: v1alpha1.ServerReference{Name: serverName},
				Secret:    v1alpha1.SecretTarget{Name: tokenName},
			},
		},
	}
}

// expectToken waits until a token is published, its name carries the cluster's id, and the server knows it.
func (t *tenant) expectToken(ctx context.Context, clusterID string) {
	GinkgoHelper()
	r := &v1alpha1.APITokenRotation{}
	Eventually(func(g Gomega) {
		read(ctx, t.Cluster, t.namespace, tokenName, r)
		g.Expect(meta.IsStatusConditionTrue(r.Status.Conditions, v1alpha1.ReadyCondition)).To(BeTrue(), "%v", r.Status.Conditions)
	}).WithContext(ctx).Should(Succeed())
	Expect(names.Of(clusterID, r.UID).Owns(r.Status.Current.ID)).To(BeTrue(), r.Status.Current.ID)
	Expect(t.Inventory().Users["root"].Tokens).To(HaveKey(r.Status.Current.ID))
}

func (t *tenant) workload() *appsv1.Deployment {
	labels := map[string]string{"app": workloadName}
	return &appsv1.Deployment{
		ObjectMeta: t.named(workloadName),
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "registry.invalid/main"}}},
			},
		},
	}
}

// read returns an object as it is now.
func read[T client.Object](ctx context.Context, cluster *testbed.Cluster, namespace, name string, into T) T {
	GinkgoHelper()
	Expect(cluster.Admin.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, into)).To(Succeed())
	return into
}

// get returns the rotation as it is now.
func (t *tenant) get(ctx context.Context, name string) *v1alpha1.AccessHashRotation {
	GinkgoHelper()
	return read(ctx, t.Cluster, t.namespace, name, &v1alpha1.AccessHashRotation{})
}

// expectRevision waits until a revision is published, its consumers run with it, and the Secret holds the hash that the
// server has.
func (t *tenant) expectRevision(ctx context.Context, revision int64) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		r := t.get(ctx, rotationName)
		g.Expect(r.Status.Revision).To(Equal(revision), "%v", r.Status.Conditions)
		g.Expect(meta.IsStatusConditionTrue(r.Status.Conditions, v1alpha1.ReadyCondition)).To(BeTrue(), "%v", r.Status.Conditions)
		g.Expect(meta.IsStatusConditionTrue(r.Status.Conditions, v1alpha1.RestartedCondition)).To(BeTrue(), "%v", r.Status.Conditions)
	}).WithContext(ctx).Should(Succeed())
	secret := read(ctx, t.Cluster, t.namespace, targetName, &corev1.Secret{})
	Expect(string(secret.Data["accesshash"])).To(Equal(t.Inventory().Users[userName].AccessHash))
}

// ask asks for a rotation.
func (t *tenant) ask(ctx context.Context, request string) {
	GinkgoHelper()
	r := t.get(ctx, rotationName)
	patch := client.MergeFrom(r.DeepCopy())
	metav1.SetMetaDataAnnotation(&r.ObjectMeta, v1alpha1.RotateAnnotation, request)
	Expect(t.Admin.Patch(ctx, r, patch)).To(Succeed())
}

// plant adds a token of root that no object knows, as if it had been made an hour ago.
func (t *tenant) plant(name string) {
	GinkgoHelper()
	Expect(t.Update(func(inv *simulator.Inventory) {
		root := inv.Users["root"]
		root.Tokens = map[string]simulator.Token{name: {Value: "planted-token", CreatedAt: time.Now().Add(-time.Hour)}}
		inv.Users["root"] = root
	})).To(Succeed())
}

// expectUntouched asserts that nobody has written to the tenant's objects or called its server.
func (t *tenant) expectUntouched(ctx context.Context) {
	GinkgoHelper()
	r := t.get(ctx, rotationName)
	Expect(r.Status).To(Equal(v1alpha1.CredentialStatus{ObservedGeneration: -1}), "nobody has looked at it")
	Expect(r.Finalizers).To(BeEmpty())
	var secrets corev1.SecretList
	Expect(t.Admin.List(ctx, &secrets, client.InNamespace(t.namespace))).To(Succeed())
	Expect(secrets.Items).To(HaveExactElements(HaveField("Name", authName)))
	Expect(t.Ledger().Calls).To(BeEmpty())
}
