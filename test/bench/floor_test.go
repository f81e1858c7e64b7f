// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/whm"
)

// floor does what a rotation cannot do without, and nothing else: no reads, no decisions, no caches, no events. It works
// on copies of what the operator made, in a namespace that the operator does not see.
type floor struct {
	client client.Client
	sites  []floorSite
}

type floorSite struct {
	upstream *whm.Client
	objects  []*floorObject
}

// floorObject is what one rotation writes.
type floorObject struct {
	rotation        *v1alpha1.AccessHashRotation
	journal, secret *corev1.Secret
}

// newFloor copies the first objects of each server of a fleet. It uses the clients that the operator uses.
func (f *fleet) newFloor(b *testing.B, each int) *floor {
	b.Helper()
	fl := &floor{client: f.operatorClient(b)}
	namespace := f.newNamespace(b)
	for _, s := range f.sites {
		upstream, err := whm.New(whm.Options{Endpoint: s.WHMURL(), TLS: whm.TLSOptions{CABundle: s.CA()}},
			whm.WithPassword("root", whm.NewSecret(rootPassword)))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(upstream.Close)
		at := floorSite{upstream: upstream}
		for _, r := range s.rotations[:each] {
			at.objects = append(at.objects, f.copyFor(b, namespace, r))
		}
		fl.sites = append(fl.sites, at)
	}
	return fl
}

// copyFor copies an object with its status, its journal and its Secret.
func (f *fleet) copyFor(b *testing.B, namespace string, r *v1alpha1.AccessHashRotation) *floorObject {
	b.Helper()
	o := &floorObject{rotation: &v1alpha1.AccessHashRotation{}, journal: &corev1.Secret{}, secret: &corev1.Secret{}}
	f.read(b, client.ObjectKeyFromObject(r), o.rotation)
	f.read(b, journal.Key(o.rotation), o.journal)
	f.read(b, client.ObjectKeyFromObject(r), o.secret)
	status := o.rotation.Status.DeepCopy()
	for _, obj := range []client.Object{o.rotation, o.journal, o.secret} {
		obj.SetNamespace(namespace)
		obj.SetResourceVersion("")
		obj.SetUID("")
		obj.SetOwnerReferences(nil)
		obj.SetFinalizers(nil)
		f.create(b, obj)
	}
	o.rotation.Status = *status
	if err := f.admin.Status().Update(b.Context(), o.rotation); err != nil {
		b.Fatal(err)
	}
	return o
}

// rotate rotates every object once, with as many at once as the operator has slots, and returns how long that took.
func (fl *floor) rotate(b *testing.B) time.Duration {
	b.Helper()
	begin := time.Now()
	err := inParallel(len(fl.sites), len(fl.sites), func(n int) error {
		s := fl.sites[n]
		return inParallel(slots, len(s.objects), func(i int) error {
			return fl.rotateOne(b.Context(), s.upstream, s.objects[i])
		})
	})
	if err != nil {
		b.Fatal(err)
	}
	return time.Since(begin)
}

// rotateOne makes the three calls and the four writes of one rotation in their order.
func (fl *floor) rotateOne(ctx context.Context, upstream *whm.Client, o *floorObject) error {
	user := o.rotation.Spec.User
	if _, err := upstream.AccessHash(ctx, user); err != nil {
		return err
	}
	if err := fl.put(ctx, o.journal, "intended", time.Now().String()); err != nil {
		return err
	}
	hash, err := upstream.GenerateAccessHash(ctx, user)
	if err != nil {
		return err
	}
	if err := fl.put(ctx, o.journal, "issued", hash.Reveal()); err != nil {
		return err
	}
	if _, err := upstream.As(whm.WithAccessHash(user, hash)).MyPrivs(ctx); err != nil {
		return err
	}
	if err := fl.put(ctx, o.secret, "accesshash", hash.Reveal()); err != nil {
		return err
	}
	return fl.report(ctx, o, hash.Fingerprint())
}

func (fl *floor) put(ctx context.Context, s *corev1.Secret, key, value string) error {
	s.Data[key] = []byte(value)
	return fl.client.Update(ctx, s)
}

func (fl *floor) report(ctx context.Context, o *floorObject, fingerprint string) error {
	before := o.rotation.DeepCopy()
	now := metav1.Now()
	st := &o.rotation.Status
	st.Revision++
	st.LastRotationTime = &now
	st.Current = &v1alpha1.CredentialInfo{ID: o.rotation.Spec.User, Fingerprint: fingerprint, IssuedAt: &now}
	st.Secret.ResourceVersion = o.secret.ResourceVersion
	return fl.client.Status().Patch(ctx, o.rotation, client.MergeFrom(before))
}
