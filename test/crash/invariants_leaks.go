// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// noLeak checks I6: no value that existed in the run is in the log, in a URL, in an event, in an object or in the
// metadata of a Secret.
func (r *Rig) noLeak(ctx context.Context) error {
	leaks := []error{
		r.Canaries.FindIn("the log", r.Log.String()),
		r.Canaries.FindIn("a URL of the API server", strings.Join(r.APIProxy.Lines(), "\n")),
		r.Canaries.FindIn("a URL of WHM", strings.Join(r.WHMProxy.Lines(), "\n")),
		r.Canaries.FindIn("a URL of cPanel", strings.Join(r.CPanelProxy.Lines(), "\n")),
	}
	for _, list := range []client.ObjectList{
		&eventsv1.EventList{}, &v1alpha1.WHMServerList{}, &v1alpha1.AccessHashRotationList{},
		&v1alpha1.APITokenRotationList{}, &v1alpha1.PasswordRotationList{}, &v1alpha1.LoginSessionList{},
		&v1alpha1.StoreLoginList{}, &v1alpha1.TwoFactorRotationList{}, &appsv1.DeploymentList{}, &corev1.PodList{},
	} {
		leaks = append(leaks, r.noLeakIn(ctx, list))
	}
	secrets := &metav1.PartialObjectMetadataList{}
	secrets.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("SecretList"))
	return errors.Join(append(leaks, r.noLeakIn(ctx, secrets))...)
}

func (r *Rig) noLeakIn(ctx context.Context, list client.ObjectList) error {
	if err := r.Cluster.Admin.List(ctx, list, client.InNamespace(r.Namespace)); err != nil {
		return err
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return r.Canaries.FindIn(fmt.Sprintf("a %T", list), string(text))
}
