// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// Credentials of root on every simulated server, and names of objects.
const (
	rootPassword = "correct horse battery staple"
	rootHash     = "0123456789abcdef0123456789abcdef"
	authName     = "auth"
	targetName   = "target"
)

// bench is a namespace and a server of a spec's own.
type bench struct {
	ctx       context.Context
	namespace string
	whm       *simulator.Server
}

func newNamespace(ctx context.Context) string {
	GinkgoHelper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "api-"}}
	Expect(admin.Create(ctx, namespace)).To(Succeed())
	return namespace.Name
}

// newBench starts a server that accepts access hashes and has one user, root, unless edit changes that.
func newBench(ctx context.Context, edit ...func(*simulator.Inventory)) *bench {
	GinkgoHelper()
	inventory := simulator.Inventory{
		Users:    map[string]simulator.User{"root": {Password: rootPassword, AccessHash: rootHash}},
		Policies: simulator.Policies{AllowDeprecatedAccessHash: new(true)},
	}
	for _, f := range edit {
		f(&inventory)
	}
	server, err := simulator.Start(simulator.Config{Inventory: inventory})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(server.Close)
	b := &bench{ctx: ctx, namespace: newNamespace(ctx), whm: server}
	DeferCleanup(b.leave)
	return b
}

// leave deletes what stands for the spec's server, because the next one may get its port and with it its conflicts.
func (b *bench) leave(ctx context.Context) {
	GinkgoHelper()
	for _, kind := range []client.Object{
		&v1alpha1.AccessHashRotation{}, &v1alpha1.APITokenRotation{}, &v1alpha1.WHMServer{},
	} {
		Expect(admin.DeleteAllOf(ctx, kind, client.InNamespace(b.namespace))).To(Succeed())
	}
}

func (b *bench) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: b.namespace, Name: name}
}

func (b *bench) create(object client.Object) {
	GinkgoHelper()
	object.SetNamespace(b.namespace)
	Expect(admin.Create(b.ctx, object)).To(Succeed())
}

// secret makes a Secret with text values.
func (b *bench) secret(name string, data map[string]string, edit ...func(*corev1.Secret)) *corev1.Secret {
	GinkgoHelper()
	s := &corev1.Secret{ObjectMeta: b.meta(name), StringData: data}
	for _, f := range edit {
		f(s)
	}
	b.create(s)
	return s
}

// server makes the WHMServer "server", which logs in with the password in the Secret "auth" unless edit changes that.
func (b *bench) server(edit ...func(*v1alpha1.WHMServer)) *v1alpha1.WHMServer {
	GinkgoHelper()
	s := &v1alpha1.WHMServer{ObjectMeta: b.meta("server"), Spec: v1alpha1.WHMServerSpec{
		Endpoint: b.whm.WHMURL(),
		Auth: v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{
			SecretRef: v1alpha1.SecretKeyReference{Name: authName},
		}},
		TLS: &v1alpha1.ServerTLS{CABundle: string(b.whm.CA())},
	}}
	for _, f := range edit {
		f(s)
	}
	b.create(s)
	return s
}

// readyServer makes the server and its auth Secret and waits until it answers.
func (b *bench) readyServer(edit ...func(*v1alpha1.WHMServer)) *v1alpha1.WHMServer {
	GinkgoHelper()
	b.secret(authName, map[string]string{"password": rootPassword, "accesshash": rootHash})
	s := b.server(edit...)
	b.awaitReady(s)
	return s
}

// rotation makes an AccessHashRotation of root that publishes into the Secret "target", unless edit changes that.
func (b *bench) rotation(name string, edit ...func(*v1alpha1.AccessHashRotation)) *v1alpha1.AccessHashRotation {
	GinkgoHelper()
	r := &v1alpha1.AccessHashRotation{ObjectMeta: b.meta(name), Spec: v1alpha1.AccessHashRotationSpec{
		User: "root",
		CredentialSpec: v1alpha1.CredentialSpec{
			ServerRef: v1alpha1.ServerReference{Name: "server"},
			Secret:    v1alpha1.SecretTarget{Name: targetName},
		},
	}}
	for _, f := range edit {
		f(r)
	}
	b.create(r)
	return r
}

// read returns the Secret as it is now.
func (b *bench) read(name string) *corev1.Secret {
	GinkgoHelper()
	s := &corev1.Secret{}
	Expect(admin.Get(b.ctx, client.ObjectKey{Namespace: b.namespace, Name: name}, s)).To(Succeed())
	return s
}

// edit changes an object, whatever others do to it meanwhile.
func edit[T client.Object](b *bench, object T, change func(T)) {
	GinkgoHelper()
	Eventually(func() error {
		if err := admin.Get(b.ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		change(object)
		return admin.Update(b.ctx, object)
	}).Should(Succeed())
}

// deny makes the server refuse a function.
func (b *bench) deny(function, reason string) {
	GinkgoHelper()
	_, err := b.whm.AddFault(simulator.Fault{Kind: simulator.FaultDeny, Function: function, Reason: reason})
	Expect(err).NotTo(HaveOccurred())
}

// expectHashUntouched asserts that nobody asked the server for a new access hash and that root's is the first one.
func (b *bench) expectHashUntouched() {
	GinkgoHelper()
	Expect(b.whm.AccessHash("root")).To(Equal(rootHash))
	for _, call := range b.whm.Ledger().Calls {
		Expect(call.Function == "accesshash" && call.Mutating).To(BeFalse(), "call %d regenerated the hash", call.ID)
	}
}
