// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// rootPassword is what the operator logs in with.
const rootPassword = "canary-root-password"

// site is a simulated server together with its WHMServer object and auth Secret.
type site struct {
	*simulator.Server
	namespace, name string
}

// siteOptions describe a site. The zero value has root alone, the newest version and the real clock.
type siteOptions struct {
	version string
	users   []string
	time    *timeline
	// password is what the auth Secret holds; the right one if empty.
	password string
	// server changes the object before it is created.
	server func(*v1alpha1.WHMServer)
}

// newNamespace returns a namespace of its own for one spec.
func newNamespace() string {
	GinkgoHelper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "spec-"}}
	Expect(admin.Create(ctx, ns)).To(Succeed())
	return ns.Name
}

// simulate starts a server that accepts access hashes, whose users all have one.
func simulate(o siteOptions) *simulator.Server {
	GinkgoHelper()
	users := map[string]simulator.User{"root": {Password: rootPassword, AccessHash: firstHash("root")}}
	for _, name := range o.users {
		users[name] = simulator.User{AccessHash: firstHash(name)}
	}
	config := simulator.Config{Inventory: simulator.Inventory{
		Version: o.version, Users: users,
		Policies: simulator.Policies{AllowDeprecatedAccessHash: new(true)},
	}}
	if o.time != nil {
		config.Now = o.time.Now
	}
	sim, err := simulator.Start(config)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(sim.Close)
	return sim
}

// firstHash is the hash that a user has before any rotation, of the form that WHM generates.
func firstHash(user string) string {
	sum := sha256.Sum256([]byte(user))
	return strings.Repeat(hex.EncodeToString(sum[:16]), 29)
}

// newSite starts a server and creates what the operator needs to reach it.
func newSite(namespace, name string, o siteOptions) *site {
	GinkgoHelper()
	s := &site{Server: simulate(o), namespace: namespace, name: name}
	Expect(admin.Create(ctx, s.authSecret(cmp.Or(o.password, rootPassword)))).To(Succeed())
	server := s.object()
	if o.server != nil {
		o.server(server)
	}
	Expect(admin.Create(ctx, server)).To(Succeed())
	return s
}

func (s *site) authName() string { return s.name + "-auth" }

func (s *site) authSecret(password string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: s.authName()},
		Data:       map[string][]byte{"password": []byte(password), "accesshash": []byte(firstHash("root"))},
	}
}

// object returns the WHMServer, with limits that let fleets through quickly.
func (s *site) object() *v1alpha1.WHMServer {
	return &v1alpha1.WHMServer{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: s.name},
		Spec: v1alpha1.WHMServerSpec{
			Endpoint: s.WHMURL(),
			TLS:      &v1alpha1.ServerTLS{CABundle: string(s.CA())},
			Auth: v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{
				SecretRef: v1alpha1.SecretKeyReference{Name: s.authName()},
			}},
			Limits:  &v1alpha1.ServerLimits{RequestsPerSecond: 100, MaxConcurrentRequests: 3},
			Timeout: &metav1.Duration{Duration: 5 * time.Second},
		},
	}
}

// get returns the WHMServer as it is now.
func (s *site) get() *v1alpha1.WHMServer {
	GinkgoHelper()
	server := &v1alpha1.WHMServer{}
	Expect(admin.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: s.name}, server)).To(Succeed())
	return server
}

// putPassword replaces the password in the auth Secret.
func (s *site) putPassword(password string) {
	GinkgoHelper()
	Expect(admin.Update(ctx, s.authSecret(password))).To(Succeed())
}

// changeRootPassword changes the password on the server.
func (s *site) changeRootPassword(password string) {
	GinkgoHelper()
	Expect(s.Update(func(inv *simulator.Inventory) {
		root := inv.Users["root"]
		root.Password = password
		inv.Users["root"] = root
	})).To(Succeed())
}

// callsSince returns the calls after the first n of the ledger.
func (s *site) callsSince(n int) []simulator.Call { return s.Ledger().Calls[n:] }

// mutations are the calls that asked for a change.
func mutations(calls []simulator.Call) (names []string) {
	for _, c := range calls {
		if c.Mutating {
			names = append(names, describe(c))
		}
	}
	return names
}

// callsOf counts the calls of a function.
func callsOf(calls []simulator.Call, function string) (n int) {
	for _, c := range calls {
		if c.Function == function {
			n++
		}
	}
	return n
}

// mutationsOf are the applied calls of a function.
func mutationsOf(calls []simulator.Call, function string) (found []simulator.Call) {
	for _, c := range calls {
		if c.Applied && c.Function == function {
			found = append(found, c)
		}
	}
	return found
}

// describe names a call by what it does and for whom.
func describe(c simulator.Call) string {
	if c.Function != "accesshash" {
		return fmt.Sprintf("%s as %s", c.Function, c.User)
	}
	return fmt.Sprintf("accesshash of %s, generate=%s, as %s", c.Params["user"], c.Params["generate"], c.User)
}

func describeAll(calls []simulator.Call) (lines []string) {
	for _, c := range calls {
		lines = append(lines, describe(c))
	}
	return lines
}

// userNames returns n names.
func userNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("u%03d", i)
	}
	return names
}

// newRotation returns a rotation of a user's hash every 30 days into the Secret of the same name.
func newRotation(s *site, user string, changes ...func(*v1alpha1.AccessHashRotation)) *v1alpha1.AccessHashRotation {
	r := &v1alpha1.AccessHashRotation{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: s.name + "-" + user},
		Spec: v1alpha1.AccessHashRotationSpec{
			User: user,
			CredentialSpec: v1alpha1.CredentialSpec{
				ServerRef: v1alpha1.ServerReference{Name: s.name},
				Secret:    v1alpha1.SecretTarget{Name: s.name + "-" + user},
				Rotation:  &v1alpha1.RotationSchedule{Every: &metav1.Duration{Duration: 720 * time.Hour}},
			},
		},
	}
	for _, change := range changes {
		change(r)
	}
	return r
}

// create creates a rotation and returns it.
func create(r *v1alpha1.AccessHashRotation) *v1alpha1.AccessHashRotation {
	GinkgoHelper()
	Expect(admin.Create(ctx, r)).To(Succeed())
	return r
}

// addFault adds a rule that breaks calls.
func addFault(s *site, f simulator.Fault) simulator.FaultID {
	GinkgoHelper()
	id, err := s.AddFault(f)
	Expect(err).NotTo(HaveOccurred())
	return id
}

// loginWithHash lets the operator log in with root's access hash instead of the password.
func loginWithHash(w *v1alpha1.WHMServer) {
	w.Spec.Auth = v1alpha1.ServerAuth{AccessHash: &v1alpha1.AccessHashAuth{
		SecretRef: v1alpha1.SecretKeyReference{Name: w.Name + "-auth"},
	}}
}

// intoAuthSecret publishes into the Secret that the server logs in with.
func intoAuthSecret(r *v1alpha1.AccessHashRotation) {
	r.Spec.Secret = v1alpha1.SecretTarget{Name: r.Spec.ServerRef.Name + "-auth", Adoption: v1alpha1.AdoptIfUnowned}
}

// lifelines are the live tokens of a server, which has none of its own.
func lifelines(s *site) (names []string) {
	for _, c := range s.Ledger().Credentials {
		if c.Kind == simulator.KindToken && c.Live {
			names = append(names, c.Name)
		}
	}
	return names
}

// foreignSecret is a Secret of somebody else.
func foreignSecret(namespace, name string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: name,
			Labels: map[string]string{"team": "billing"}, Annotations: map[string]string{"example.com/note": "theirs"},
		},
		Data: map[string][]byte{"theirs": []byte("kept")},
	}
}
