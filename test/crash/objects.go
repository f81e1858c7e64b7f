// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// RotationName is the object that is looked at.
const RotationName = "rotation"

// firstRequest is what an object begins with that does nothing unless it is asked to.
const firstRequest = "request 1"

// The other objects of the scenarios.
const (
	serverName   = "server"
	workloadName = "consumer"
	authName     = "auth"
	targetName   = "published"
)

// callTimeout is short, because the operator waits for a multiple of it before it takes a lost call for not applied.
const callTimeout = 2 * time.Second

// Target is the name of the Secret that is published.
func (s Scenario) Target() string {
	if s.Self {
		return authName
	}
	return targetName
}

// Objects are applied to the rig's namespace.
func (s Scenario) Objects(r *Rig) (objects []client.Object, err error) {
	if of := s.Kind.objects; of != nil {
		if objects, err = of(r); err != nil {
			return nil, err
		}
	}
	objects = append(objects, s.auth(r), s.server(r), s.rotation(r))
	if s.Workload {
		objects = append(objects, deployment(r.Namespace))
	}
	return objects, nil
}

func (s Scenario) auth(r *Rig) client.Object {
	inventory := r.Simulator.Inventory()
	data := map[string]string{"password": inventory.Users[s.Operator()].Password}
	if s.Self {
		data = map[string]string{s.Kind.key: s.Kind.held(inventory, s.Operator())}
	}
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: authName}, StringData: data}
}

func (s Scenario) server(r *Rig) client.Object {
	server := &v1alpha1.WHMServer{
		ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: serverName},
		Spec: v1alpha1.WHMServerSpec{
			Endpoint:       r.WHMProxy.URL(),
			CPanelEndpoint: r.CPanelProxy.URL(),
			TLS:            &v1alpha1.ServerTLS{CABundle: string(r.WHMProxy.CA())},
			Timeout:        &metav1.Duration{Duration: callTimeout},
		},
	}
	user, from := v1alpha1.UserName(s.Operator()), v1alpha1.SecretKeyReference{Name: authName}
	if s.Self {
		server.Spec.Auth = s.Kind.login(user, from)
	} else {
		server.Spec.Auth.Password = &v1alpha1.PasswordAuth{User: user, SecretRef: from}
	}
	return server
}

func (s Scenario) rotation(r *Rig) client.Object {
	rotation := s.Kind.empty()
	rotation.SetNamespace(r.Namespace)
	rotation.SetName(RotationName)
	if s.OnRequest {
		rotation.SetAnnotations(map[string]string{v1alpha1.RotateAnnotation: firstRequest})
	}
	spec := rotation.CredentialSpec()
	spec.ServerRef.Name = serverName
	spec.Secret.Name = s.Target()
	if s.Self {
		spec.Secret.Adoption = v1alpha1.AdoptIfUnowned
	}
	if s.Kind.class.overlaps {
		spec.Rotation = &v1alpha1.RotationSchedule{Overlap: &metav1.Duration{Duration: s.Overlap}}
	}
	if s.Workload {
		spec.Restart = []v1alpha1.WorkloadReference{{Kind: v1alpha1.DeploymentKind, Name: workloadName}}
	}
	s.Kind.specify(rotation, s)
	return rotation
}

func deployment(namespace string) client.Object {
	labels := map[string]string{"app": workloadName}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: workloadName},
		Spec: appsv1.DeploymentSpec{
			Selector:        &metav1.LabelSelector{MatchLabels: labels},
			MinReadySeconds: 2, // so that a roll-out takes a while
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app"}}},
			},
		},
	}
}
