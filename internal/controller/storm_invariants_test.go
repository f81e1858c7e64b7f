// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// fleetWatch looks at the server during the storm.
type fleetWatch struct {
	*fleet
	// asked is how often every object was asked for another credential.
	asked int

	mu       sync.Mutex
	problems map[string]bool
	secrets  map[string]bool
	// traces are what a panic would have printed in the middle of calls.
	traces []string
}

// watchFleet begins to look at every change that a call makes.
func watchFleet(f *fleet) *fleetWatch {
	w := &fleetWatch{fleet: f, problems: map[string]bool{}, secrets: map[string]bool{}}
	w.note(f.Inventory())
	f.OnCall(func(c simulator.Call) {
		if c.Applied {
			w.note(f.Inventory())
			w.countLive(c)
		}
		if c.ID%traceEach == 0 {
			w.trace()
		}
	})
	return w
}

// traceEach is after how many calls a trace of everything under way is kept.
const traceEach = 100

func (w *fleetWatch) trace() {
	text := make([]byte, 1<<20)
	text = text[:runtime.Stack(text, true)]
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traces = append(w.traces, string(text))
}

// note remembers every secret that the server holds.
func (w *fleetWatch) note(inventory simulator.Inventory) {
	w.mu.Lock()
	defer w.mu.Unlock()
	keep := func(secrets ...string) {
		for _, s := range secrets {
			w.secrets[s] = true
		}
	}
	for _, u := range inventory.Users {
		keep(u.Password, u.AccessHash, u.TOTPSecret)
		for _, t := range u.Tokens {
			keep(t.Value)
		}
	}
	for _, a := range inventory.Accounts {
		keep(a.Password, a.TOTPSecret)
		for _, m := range a.Mailboxes {
			keep(m.Password)
		}
		for _, users := range []map[string]simulator.DatabaseUser{a.MySQLUsers, a.PostgreSQLUsers} {
			for _, u := range users {
				keep(u.Password)
			}
		}
	}
}

// countLive checks I3: an object never has more than three live tokens.
func (w *fleetWatch) countLive(c simulator.Call) {
	if !strings.HasPrefix(c.Function, "api_token") {
		return
	}
	live := map[names.Object]int{}
	for name := range w.ours() {
		if of, ours := names.Parse(name); ours {
			live[of]++
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for of, n := range live {
		if n > rotation.MostLive {
			w.problems[fmt.Sprintf("I3: %d live tokens of %s", n, of)] = true
		}
	}
}

// ours are the live tokens of the cluster by name.
func (f *fleet) ours() map[string]string {
	found := map[string]string{}
	for _, c := range f.Ledger().Credentials {
		if _, ours := names.Parse(c.Name); ours && c.Live && c.Kind == simulator.KindToken {
			found[c.Name] = c.Fingerprint
		}
	}
	return found
}

// expectInvariants checks what has to hold when everything has come to rest.
func (f *fleet) expectInvariants(o *operator, w *fleetWatch) {
	GinkgoHelper()
	Expect(w.problems).To(BeEmpty())
	live := f.liveFingerprints()
	tokens := f.ours()
	f.eachSecret(func(m *member, s *corev1.Secret) {
		value := whm.NewSecret(string(s.Data[m.key]))
		Expect(live[m.kind]).To(HaveKey(value.Fingerprint()), "I1: what %s has published works", m.label())
		for key, raw := range s.Data {
			w.secrets[string(raw)] = w.secrets[string(raw)] || isSecretKey(key)
		}
		if m.kind == simulator.KindToken {
			Expect(tokens).To(HaveKeyWithValue(m.CredentialStatus().Current.ID, value.Fingerprint()))
			delete(tokens, m.CredentialStatus().Current.ID)
		}
	})
	Expect(tokens).To(BeEmpty(), "I2: no orphans")
	f.expectIssues()
	Expect(f.failedLogins()).To(BeNumerically("<=", 3), "I7: failed logins by user, at most")
	f.expectNotTold(o, w)
}

// liveFingerprints are the credentials that work, by what they are.
func (f *fleet) liveFingerprints() map[simulator.Kind]map[string]bool {
	live := map[simulator.Kind]map[string]bool{}
	for _, c := range f.Ledger().Credentials {
		if !c.Live {
			continue
		}
		if live[c.Kind] == nil {
			live[c.Kind] = map[string]bool{}
		}
		live[c.Kind][c.Fingerprint] = true
	}
	return live
}

// expectIssues checks I5: every effect on the server is a revision or a counted recovery, and a login token was exchanged at
// most once.
func (f *fleet) expectIssues() {
	GinkgoHelper()
	regenerated, exchanged := map[string]int64{}, 0
	for _, c := range f.Ledger().Calls {
		switch {
		case c.Function == "accesshash" && c.Applied:
			regenerated[c.Params["user"]]++
		case c.Function == "validate_login_token" && c.Fault == "":
			exchanged++
			Expect(c.Applied).To(BeTrue(), "a login token was used twice")
		}
	}
	for _, m := range f.members {
		if hash, ok := m.Credential.(*v1alpha1.AccessHashRotation); ok {
			Expect(regenerated[hash.Spec.User]).To(BeNumerically("<=", hash.Status.Revision+hash.Status.Recoveries), m.label())
		}
	}
	Expect(exchanged).To(BeNumerically(">", 0))
}

// failedLogins is the greatest number of failed logins of one user.
func (f *fleet) failedLogins() (most int) {
	count := map[string]int{}
	for _, l := range f.Ledger().FailedLogins {
		count[l.User]++
		most = max(most, count[l.User])
	}
	return most
}

// expectNotTold checks I6: no secret is in anything that people can read without the right to read Secrets.
func (f *fleet) expectNotTold(o *operator, w *fleetWatch) {
	GinkgoHelper()
	places := map[string]string{
		"the log": o.log.String(), "metrics": gatheredMetrics(), "objects": f.objectsText(), "the server's own record": f.recordText(),
		"traces": strings.Join(w.traces, "\n"),
	}
	looked := 0
	for secret, is := range w.secrets {
		if !is || len(secret) < 12 {
			continue
		}
		looked++
		for place, text := range places {
			Expect(strings.Contains(text, secret[:min(len(secret), 20)])).To(BeFalse(), "I6: a secret is told in %s", place)
		}
	}
	AddReportEntry("secrets looked for", looked)
	Expect(looked).To(BeNumerically(">", len(f.members)))
	Expect(w.traces).NotTo(BeEmpty())
}

// isSecretKey tells which keys of published Secrets hold what nobody may see.
func isSecretKey(key string) bool {
	switch key {
	case "accesshash", "token", "password", "authorization", "session", "securityToken", "url", "cookie", "accessToken",
		"refreshToken", "secret", "otpauth":
		return true
	}
	return false
}

// objectsText is everything in the namespace but the content of Secrets.
func (f *fleet) objectsText() string {
	GinkgoHelper()
	lists := []client.ObjectList{&eventsv1.EventList{}, metadataList(corev1.SchemeGroupVersion.WithKind("Secret"))}
	for _, list := range ownLists() {
		lists = append(lists, list)
	}
	var text strings.Builder
	for _, list := range lists {
		Expect(admin.List(ctx, list, inNamespace(f.namespace))).To(Succeed())
		raw, err := json.Marshal(list)
		Expect(err).NotTo(HaveOccurred())
		text.Write(raw)
	}
	return text.String()
}

// recordText is what the server has written down of calls: URLs and arguments.
func (f *fleet) recordText() string {
	raw, err := json.Marshal(f.Ledger().Calls)
	Expect(err).NotTo(HaveOccurred())
	return string(raw)
}

func keyOf(m *member) types.NamespacedName { return client.ObjectKeyFromObject(m.Credential) }

func keyIn(namespace, name string) types.NamespacedName {
	return types.NamespacedName{Namespace: namespace, Name: name}
}
