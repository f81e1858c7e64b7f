// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const (
	rootPassword = "root-password-of-the-simulation"
	// slots is how many objects of a server are worked on at once: the most that the API accepts.
	slots = 3
)

// site is one simulated server and its objects.
type site struct {
	*simulator.Server
	name      string
	rotations []*v1alpha1.AccessHashRotation
}

// fleet is a number of servers with as many objects each.
type fleet struct {
	*world
	sites []*site
}

// newFleet starts the servers and creates the objects. The operator that then makes the first credentials is still to
// be started.
func (w *world) newFleet(b *testing.B, servers, objectsEach int) *fleet {
	b.Helper()
	f := &fleet{world: w}
	for n := range servers {
		s := w.newSite(b, fmt.Sprintf("whm%02d", n), objectsEach)
		f.sites = append(f.sites, s)
		for u := range objectsEach {
			r := w.newRotation(s.name, userName(u))
			w.create(b, r)
			s.rotations = append(s.rotations, r)
		}
	}
	return f
}

// all are the objects of the first n of each server, in turn.
func (f *fleet) all(each int) (found []*v1alpha1.AccessHashRotation) {
	for n := range each {
		for _, s := range f.sites {
			found = append(found, s.rotations[n])
		}
	}
	return found
}

func (f *fleet) authNames() (names []string) {
	for _, s := range f.sites {
		names = append(names, s.name+"-auth")
	}
	return names
}

// calls returns how many calls the servers have had.
func (f *fleet) calls() (n int) {
	for _, s := range f.sites {
		n += len(s.Ledger().Calls)
	}
	return n
}

func userName(n int) string { return fmt.Sprintf("u%03d", n) }

func (w *world) newSite(b *testing.B, name string, users int) *site {
	b.Helper()
	inventory := simulator.Inventory{
		Users:    map[string]simulator.User{"root": {Password: rootPassword}},
		Policies: simulator.Policies{AllowDeprecatedAccessHash: new(true)},
	}
	for n := range users {
		inventory.Users[userName(n)] = simulator.User{AccessHash: "first-hash-of-" + userName(n)}
	}
	sim, err := simulator.Start(simulator.Config{Inventory: inventory})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(sim.Close)
	w.create(b, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name + "-auth"},
		Data:       map[string][]byte{"password": []byte(rootPassword)},
	})
	w.create(b, w.newServer(name, sim))
	return &site{Server: sim, name: name}
}

// newServer returns a server whose limits do not stand in the way and whose probes come once at the start.
func (w *world) newServer(name string, sim *simulator.Server) *v1alpha1.WHMServer {
	return &v1alpha1.WHMServer{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: v1alpha1.WHMServerSpec{
			Endpoint: sim.WHMURL(),
			TLS:      &v1alpha1.ServerTLS{CABundle: string(sim.CA())},
			Auth: v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{
				SecretRef: v1alpha1.SecretKeyReference{Name: name + "-auth"},
			}},
			Limits:        &v1alpha1.ServerLimits{RequestsPerSecond: 100, MaxConcurrentRequests: slots},
			ProbeInterval: &metav1.Duration{Duration: 24 * time.Hour},
		},
	}
}

func (w *world) newRotation(server, user string) *v1alpha1.AccessHashRotation {
	name := server + "-" + user
	return &v1alpha1.AccessHashRotation{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: v1alpha1.AccessHashRotationSpec{
			User: user,
			CredentialSpec: v1alpha1.CredentialSpec{
				ServerRef: v1alpha1.ServerReference{Name: server},
				Secret:    v1alpha1.SecretTarget{Name: name},
				Rotation:  &v1alpha1.RotationSchedule{Every: &metav1.Duration{Duration: 720 * time.Hour}},
			},
		},
	}
}
