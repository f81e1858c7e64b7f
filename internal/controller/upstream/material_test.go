// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
)

func serverWith(auth v1alpha1.ServerAuth) *v1alpha1.WHMServer {
	return &v1alpha1.WHMServer{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "s", UID: "uid"},
		Spec:       v1alpha1.WHMServerSpec{Endpoint: "https://whm.example.com", Auth: auth},
	}
}

func authSecret(data map[string]string) *corev1.Secret {
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "auth", UID: "s-uid"}, Data: map[string][]byte{}}
	for key, value := range data {
		s.Data[key] = []byte(value)
	}
	return s
}

func reference(key string) v1alpha1.SecretKeyReference {
	return v1alpha1.SecretKeyReference{Name: "auth", Key: key}
}

func TestAuthSecretIsRead(t *testing.T) {
	t.Parallel()
	token := v1alpha1.ServerAuth{APIToken: &v1alpha1.APITokenAuth{SecretRef: reference("")}}
	for name, tt := range map[string]struct {
		auth v1alpha1.ServerAuth
		data map[string]string
		want string
		// refusal is part of the message if the Secret is of no use.
		refusal string
	}{
		"token":       {auth: token, data: map[string]string{"token": "T"}, want: "T"},
		"line break":  {auth: token, data: map[string]string{"token": "T\r\n"}, want: "T"},
		"named key":   {auth: v1alpha1.ServerAuth{APIToken: &v1alpha1.APITokenAuth{SecretRef: reference("k")}}, data: map[string]string{"k": "T"}, want: "T"},
		"access hash": {auth: v1alpha1.ServerAuth{AccessHash: &v1alpha1.AccessHashAuth{SecretRef: reference("")}}, data: map[string]string{"accesshash": "a\nb\n"}, want: "a\nb"},
		"password":    {auth: v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{SecretRef: reference("")}}, data: map[string]string{"password": " p "}, want: " p "},
		"special characters": {
			auth: v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{SecretRef: reference("")}},
			data: map[string]string{"password": "\n:@%&+ =Gr\u00fc\u00dfe\r\n"}, want: ":@%&+ =Gr\u00fc\u00dfe",
		},
		"lines in a password": {
			auth: v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{SecretRef: reference("")}},
			data: map[string]string{"password": "a\nb"}, refusal: "holds more than one line",
		},
		"missing key":   {auth: token, data: map[string]string{"tokn": "T", "b": ""}, refusal: "is missing or empty; the Secret has the keys b, tokn"},
		"empty":         {auth: token, data: map[string]string{"token": "\n"}, refusal: "is missing or empty"},
		"control bytes": {auth: token, data: map[string]string{"token": "T\x00"}, refusal: "holds control characters"},
		"no auth":       {refusal: "names no credential"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reader := fake.NewClientBuilder().WithObjects(authSecret(tt.data)).Build()
			m, err := readMaterial(t.Context(), reader, serverWith(tt.auth))
			if tt.refusal != "" {
				if s := outcome.AsStalled(err); s == nil || !strings.Contains(s.Message, tt.refusal) {
					t.Fatalf("got %v, want a stall with %q", err, tt.refusal)
				}
				return
			}
			if err != nil || m.main.Reveal() != tt.want {
				t.Fatalf("got %v, as wanted: %t", err, m.main.Reveal() == tt.want)
			}
		})
	}
}

func TestMissingAuthSecretStalls(t *testing.T) {
	t.Parallel()
	_, err := readMaterial(t.Context(), fake.NewFakeClient(), serverWith(v1alpha1.ServerAuth{
		APIToken: &v1alpha1.APITokenAuth{SecretRef: reference("")},
	}))
	if s := outcome.AsStalled(err); s == nil || s.Reason != v1alpha1.SecretNotFoundReason ||
		s.Message != "the auth Secret auth does not exist; create it with the key token" {
		t.Errorf("got %v", err)
	}
}

func TestCredentialKeyDoesNotGivePasswordsAway(t *testing.T) {
	t.Parallel()
	data := map[string]string{"token": "T", "accesshash": "H", "password": "hunter2", "secret": "JBSWY3DPEHPK3PXP"}
	otp := reference("")
	otp.Name = "auth"
	for name, tt := range map[string]struct {
		auth     v1alpha1.ServerAuth
		versions bool
	}{
		"token":    {v1alpha1.ServerAuth{APIToken: &v1alpha1.APITokenAuth{SecretRef: reference("")}}, false},
		"hash":     {v1alpha1.ServerAuth{AccessHash: &v1alpha1.AccessHashAuth{SecretRef: reference("")}}, false},
		"password": {v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{SecretRef: reference("")}}, true},
		"with code": {v1alpha1.ServerAuth{
			Password: &v1alpha1.PasswordAuth{SecretRef: reference(""), OTPSecretRef: &otp},
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := authSecret(data)
			c := fake.NewClientBuilder().WithObjects(secret).Build()
			before, err := readMaterial(t.Context(), c, serverWith(tt.auth))
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Get(t.Context(), client.ObjectKeyFromObject(secret), secret); err != nil {
				t.Fatal(err)
			}
			secret.Annotations = map[string]string{"touched": "yes"}
			if err := c.Update(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
			after, err := readMaterial(t.Context(), c, serverWith(tt.auth))
			if err != nil {
				t.Fatal(err)
			}
			if changed := before.key() != after.key(); changed != tt.versions {
				t.Errorf("the key changed with the metadata: %t, want %t", changed, tt.versions)
			}
			if got := after.changeFrom(&Connection{User: before.user, secrets: before}); got != same {
				t.Errorf("in one process touched metadata is change %d", got)
			}
			if got, want := after.changeFrom(nil), map[bool]change{true: unknown, false: differs}[tt.versions]; got != want {
				t.Errorf("after a restart: change %d, want %d", got, want)
			}
		})
	}
}

func TestCodesNeedASecretInBase32(t *testing.T) {
	t.Parallel()
	otp := reference("")
	server := serverWith(v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{SecretRef: reference(""), OTPSecretRef: &otp}})
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	want, err := totp.GenerateCode("JBSWY3DPEHPK3PXPJA======", now)
	if err != nil {
		t.Fatal(err)
	}
	for secret, valid := range map[string]bool{
		"JBSWY3DPEHPK3PXPJA": true, "jbswy3dpehpk3pxpja": true, "JBSW Y3DP EHPK 3PXP JA": true, "jbsw-y3dp-ehpk-3pxp-ja": true,
		"JBSWY3DPEHPK3PXPJA======": true, " JBSWY3DPEHPK3PXPJA \r\n": true,
		"123456": false, "123 456": false, "234567": false, "otpauth://totp/root?secret=JBSWY3DPEHPK3PXPJA": false, "===": false,
	} {
		reader := fake.NewClientBuilder().WithObjects(authSecret(map[string]string{"password": "p", "secret": secret})).Build()
		m, err := readMaterial(t.Context(), reader, server)
		if err != nil {
			t.Fatal(err)
		}
		code, err := m.code(clocktesting.NewFakePassiveClock(now))
		if s := outcome.AsStalled(err); (s == nil) != valid || (s != nil && strings.Contains(s.Message, secret)) {
			t.Errorf("%q: got %v", secret, err)
			continue
		}
		if !valid {
			continue
		}
		if got, err := code(); got != want || err != nil {
			t.Errorf("%q: got code %s and %v, want %s", secret, got, err, want)
		}
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]string{
		"https://whm.example.com":     "https://whm.example.com:2087",
		"https://whm.example.com/":    "https://whm.example.com:2087",
		"https://whm.example.com:443": "https://whm.example.com:443",
		"https://[2001:db8::1]:2087":  "https://[2001:db8::1]:2087",
		"https://[2001:db8::1]":       "https://[2001:db8::1]:2087",
		"https://192.0.2.7:12087/":    "https://192.0.2.7:12087",
	} {
		if got := Endpoint(&v1alpha1.WHMServer{Spec: v1alpha1.WHMServerSpec{Endpoint: spec}}); got != want {
			t.Errorf("%s: got %s, want %s", spec, got, want)
		}
	}
}

func TestCorrectedSpecIsAnotherLogin(t *testing.T) {
	t.Parallel()
	token := func(user v1alpha1.UserName) v1alpha1.ServerAuth {
		return v1alpha1.ServerAuth{APIToken: &v1alpha1.APITokenAuth{User: user, SecretRef: reference("")}}
	}
	password := func(user v1alpha1.UserName) v1alpha1.ServerAuth {
		return v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{User: user, SecretRef: reference("")}}
	}
	for name, tt := range map[string]struct {
		auth, corrected v1alpha1.ServerAuth
		endpoint        string
		afterRestart    change
	}{
		"user of a token":        {auth: token("root"), corrected: token("reseller"), afterRestart: differs},
		"user of a password":     {auth: password("root"), corrected: password("reseller"), afterRestart: unknown},
		"endpoint of a token":    {auth: token("root"), corrected: token("root"), endpoint: "https://other.example.com", afterRestart: differs},
		"endpoint of a password": {auth: password("root"), corrected: password("root"), endpoint: "https://other.example.com", afterRestart: unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reader := fake.NewClientBuilder().WithObjects(authSecret(map[string]string{"token": "T", "password": "p"})).Build()
			server := serverWith(tt.auth)
			before, err := readMaterial(t.Context(), reader, server)
			if err != nil {
				t.Fatal(err)
			}
			server.Spec.Auth = tt.corrected
			if tt.endpoint != "" {
				server.Spec.Endpoint = tt.endpoint
			}
			after, err := readMaterial(t.Context(), reader, server)
			if err != nil {
				t.Fatal(err)
			}
			if before.key() == after.key() {
				t.Error("the gate takes the corrected login for the rejected one")
			}
			if got := after.changeFrom(&Connection{User: before.user, secrets: before}); got != differs {
				t.Errorf("in one process: change %d", got)
			}
			if got := after.changeFrom(nil); got != tt.afterRestart {
				t.Errorf("after a restart: change %d, want %d", got, tt.afterRestart)
			}
		})
	}
}
