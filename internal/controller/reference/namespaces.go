// SPDX-License-Identifier: Apache-2.0

package reference

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// referrer is an object that refers to a server.
type referrer interface {
	client.Object
	CredentialSpec() *v1alpha1.CredentialSpec
}

// OfNamespace returns a function from a namespace to those of its objects whose permission depends on the labels of the
// namespace: the ones of the kind that newList lists and that refer to a ClusterWHMServer.
func (r *Resolver) OfNamespace(newList func() client.ObjectList) handler.MapFunc {
	return func(ctx context.Context, namespace client.Object) []reconcile.Request {
		list := newList()
		if err := r.Reader.List(ctx, list, client.InNamespace(namespace.GetName())); err != nil {
			ctrl.LoggerFrom(ctx).Error(err, "Cannot list objects of a namespace whose labels changed")
			return nil
		}
		var requests []reconcile.Request
		// A list of the API's own types cannot fail to be walked.
		_ = meta.EachListItem(list, func(o runtime.Object) error {
			if obj, ok := o.(referrer); ok && isShared(obj) {
				requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(obj)})
			}
			return nil
		})
		return requests
	}
}

func isShared(obj referrer) bool {
	return obj.CredentialSpec().ServerRef.Kind == v1alpha1.ClusterWHMServerKind
}
