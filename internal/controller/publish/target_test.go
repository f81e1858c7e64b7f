// SPDX-License-Identifier: Apache-2.0

package publish_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/publish"
)

var (
	owner   = publish.Owner{Kind: "AccessHashRotation", Namespace: "ns", Name: "r", UID: "uid"}
	content = publish.Content{
		Data:     map[string][]byte{"username": []byte("root"), "accesshash": []byte("one")},
		Revision: 7, ID: "root", Fingerprint: "f1", IssuedAt: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), Inputs: "i1",
	}
)

func target(template *v1alpha1.SecretTemplate) v1alpha1.SecretTarget {
	return v1alpha1.SecretTarget{Name: "out", Template: template}
}

func foreign() *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "ns", Name: "out", ResourceVersion: "5",
			Labels: map[string]string{"team": "theirs"}, Annotations: map[string]string{"note": "theirs"},
		},
		Type: "example.com/theirs",
		Data: map[string][]byte{"theirs": []byte("kept"), "accesshash": []byte("old")},
	}
}

func TestDesiredOfANewSecret(t *testing.T) {
	t.Parallel()
	got := publish.Desired(owner, target(nil), content, nil)
	want := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "ns", Name: "out",
			Labels: map[string]string{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue},
			Annotations: map[string]string{
				v1alpha1.OwnerAnnotation:          "AccessHashRotation/r",
				v1alpha1.OwnerUIDAnnotation:       "uid",
				v1alpha1.OwnerNamespaceAnnotation: "ns",
				v1alpha1.RevisionAnnotation:       "7",
				v1alpha1.FingerprintAnnotation:    "f1",
				v1alpha1.CredentialIDAnnotation:   "root",
				v1alpha1.IssuedAtAnnotation:       "2026-03-01T08:00:00Z",
				v1alpha1.InputsAnnotation:         "i1",
				v1alpha1.ManagedFieldsAnnotation:  `{"data":["accesshash","username"]}`,
			},
		},
		Data: content.Data,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if publish.Revision(got) != 7 || !publish.OwnedBy(got, owner) || publish.Adopted(got) {
		t.Errorf("revision %d, owned %t, adopted %t", publish.Revision(got), publish.OwnedBy(got, owner), publish.Adopted(got))
	}
}

func TestDesiredKeepsWhatOthersWrote(t *testing.T) {
	t.Parallel()
	existing := foreign()
	got := publish.Desired(owner, target(nil), content, existing)
	if !publish.Adopted(got) {
		t.Error("a Secret that existed before is not marked as adopted")
	}
	if got.Type != existing.Type || got.ResourceVersion != "5" {
		t.Errorf("type %s, version %s", got.Type, got.ResourceVersion)
	}
	want := map[string][]byte{"theirs": []byte("kept"), "username": []byte("root"), "accesshash": []byte("one")}
	if diff := cmp.Diff(want, got.Data); diff != "" {
		t.Error(diff)
	}
	if got.Labels["team"] != "theirs" || got.Annotations["note"] != "theirs" {
		t.Errorf("labels %v, annotations %v", got.Labels, got.Annotations)
	}
	if diff := cmp.Diff(foreign(), existing); diff != "" {
		t.Errorf("the existing Secret was changed: %s", diff)
	}
}

func TestDesiredStaysAdopted(t *testing.T) {
	t.Parallel()
	first := publish.Desired(owner, target(nil), content, foreign())
	if again := publish.Desired(owner, target(nil), content, first); !publish.Adopted(again) {
		t.Error("the second revision forgot that the Secret existed before")
	}
}

func TestDesiredRemovesWhatIsNoLongerAskedFor(t *testing.T) {
	t.Parallel()
	before := publish.Desired(owner, target(&v1alpha1.SecretTemplate{
		Labels:      map[string]v1alpha1.LabelValue{"a": "1", "b": "2"},
		Annotations: map[string]v1alpha1.AnnotationValue{"c": "3"},
	}), content, foreign())
	fewer := content
	fewer.Data = map[string][]byte{"accesshash": []byte("two")}
	got := publish.Desired(owner, target(&v1alpha1.SecretTemplate{
		Labels: map[string]v1alpha1.LabelValue{"a": "1"},
	}), fewer, before)
	if diff := cmp.Diff(map[string][]byte{"theirs": []byte("kept"), "accesshash": []byte("two")}, got.Data); diff != "" {
		t.Error(diff)
	}
	wantLabels := map[string]string{"a": "1", "team": "theirs", v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue}
	if diff := cmp.Diff(wantLabels, got.Labels); diff != "" {
		t.Error(diff)
	}
	if _, left := got.Annotations["c"]; left || got.Annotations["note"] != "theirs" {
		t.Errorf("annotations %v", got.Annotations)
	}
}

func TestDesiredWithADamagedRecordRemovesNothing(t *testing.T) {
	t.Parallel()
	before := publish.Desired(owner, target(nil), content, nil)
	before.Annotations[v1alpha1.ManagedFieldsAnnotation] = "not JSON"
	before.Data["theirs"] = []byte("kept")
	fewer := content
	fewer.Data = map[string][]byte{"accesshash": []byte("two")}
	got := publish.Desired(owner, target(nil), fewer, before)
	if len(got.Data) != 3 {
		t.Errorf("got %d keys, want all three: what may be somebody else's is not removed", len(got.Data))
	}
}

func TestIntact(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		damage func(*corev1.Secret)
		want   bool
	}{
		"as written":         {func(*corev1.Secret) {}, true},
		"foreign key added":  {func(s *corev1.Secret) { s.Data["theirs"] = []byte("x") }, true},
		"foreign label":      {func(s *corev1.Secret) { s.Labels["theirs"] = "x" }, true},
		"value edited":       {func(s *corev1.Secret) { s.Data["username"] = []byte("x") }, false},
		"key removed":        {func(s *corev1.Secret) { delete(s.Data, "username") }, false},
		"all removed":        {func(s *corev1.Secret) { s.Data = nil }, false},
		"label removed":      {func(s *corev1.Secret) { s.Labels = nil }, false},
		"annotation removed": {func(s *corev1.Secret) { delete(s.Annotations, v1alpha1.FingerprintAnnotation) }, false},
		"record damaged":     {func(s *corev1.Secret) { s.Annotations[v1alpha1.ManagedFieldsAnnotation] = "{" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := publish.Desired(owner, target(nil), content, nil)
			tt.damage(s)
			if got := publish.Intact(s, publish.Desired(owner, target(nil), content, s)); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
	if publish.Intact(nil, publish.Desired(owner, target(nil), content, nil)) {
		t.Error("a missing Secret is not intact")
	}
}

func TestRevisionOfADamagedAnnotation(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", "-1", "99999999999999999999"} {
		s := foreign()
		s.Annotations[v1alpha1.RevisionAnnotation] = text
		if got := publish.Revision(s); got != 0 {
			t.Errorf("%q: got %d, want 0", text, got)
		}
	}
}
