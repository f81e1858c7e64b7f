package controlplane_test

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestNamespaceDeletionFinishes(t *testing.T) {
	t.Parallel()
	c := admin(t)
	namespace := newNamespace(t, c)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "inside"}}
	must(t, c.Create(t.Context(), secret))
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	must(t, c.Delete(t.Context(), object))
	eventually(t, gone(c, object))
	eventually(t, gone(c, secret))
}

func TestOwnedObjectIsCollected(t *testing.T) {
	t.Parallel()
	c := admin(t)
	namespace := newNamespace(t, c)
	owner := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "owner"}}
	must(t, c.Create(t.Context(), owner))
	owned := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: "owned",
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID}},
	}}
	must(t, c.Create(t.Context(), owned))
	must(t, c.Delete(t.Context(), owner))
	eventually(t, gone(c, owned))
}

// gone checks that the object does not exist any more.
func gone(c client.Client, object client.Object) func(context.Context) error {
	return func(ctx context.Context) error {
		err := c.Get(ctx, client.ObjectKeyFromObject(object), object)
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		return fmt.Errorf("%s is still there", object.GetName())
	}
}
