// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
)

// TestConnectionOutlivesMetadata touches the auth Secret: the connection and with it the login session stay, and a rejection
// still closes the gate.
func TestConnectionOutlivesMetadata(t *testing.T) {
	t.Parallel()
	secret := authSecret(map[string]string{"password": "p"})
	reader := fake.NewClientBuilder().WithObjects(secret).Build()
	notified := 0
	pool := NewPool(reader, clocktesting.NewFakePassiveClock(time.Now()), "test", func(v1alpha1.Server) { notified++ })
	server := serverWith(v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{SecretRef: reference(""), Session: true}})
	connect := func() *Connection {
		t.Helper()
		c, err := pool.Connect(t.Context(), server)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	change := func(edit func()) {
		t.Helper()
		if err := reader.Get(t.Context(), client.ObjectKeyFromObject(secret), secret); err != nil {
			t.Fatal(err)
		}
		edit()
		if err := reader.Update(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	first := connect()
	change(func() { secret.Labels = map[string]string{"touched": "yes"} })
	touched := connect()
	if touched.Operator != first.Operator || touched.Credential == first.Credential {
		t.Error("a new label is another login, or does not show")
	}
	reject(t, pool.shared(server), first.login)
	if status := pool.Gate(server).Status(); !status.Rejected || status.Credential != touched.Credential || notified != 1 {
		t.Errorf("after a rejection: %+v", status)
	}
	change(func() { secret.Data["password"] = []byte("q") })
	if other := connect(); other.Operator == first.Operator {
		t.Error("another password is no other login")
	}
	server.Generation++
	before := connect()
	server.Generation++
	if connect().Operator == before.Operator {
		t.Error("another spec is no other login")
	}
}

func reject(t *testing.T, s *shared, l *login) {
	t.Helper()
	done, err := s.guardOperator(l)(context.WithoutCancel(t.Context()), "myprivs")
	if err != nil {
		t.Fatal(err)
	}
	done(failure(whm.ClassUnauthenticated))
}

func TestGuardGivesARejectedCodeASecondChance(t *testing.T) {
	t.Parallel()
	refused := &whm.Error{Class: whm.ClassTwoFactorRequired}
	for name, tt := range map[string]struct {
		codes bool
		err   error
		want  time.Duration
	}{
		"code":           {true, refused, nextCode},
		"no code":        {false, refused, slowProbe},
		"wrong password": {true, failure(whm.ClassUnauthenticated), slowProbe},
	} {
		s, _ := newTestShared()
		l := &login{credential: "a", codes: tt.codes}
		done, err := s.guardOperator(l)(t.Context(), "myprivs")
		if err != nil {
			t.Fatal(err)
		}
		done(tt.err)
		if got := s.gate.Status().NextAttemptTime.Sub(s.clock.Now()); got != tt.want {
			t.Errorf("%s: tried again after %s, want %s", name, got, tt.want)
		}
	}
}
