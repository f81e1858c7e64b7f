// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"crypto/rand"
	"encoding/hex"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// RotationName is the object that is looked at.
const RotationName = "rotation"

// The other objects and users of the scenarios.
const (
	serverName   = "server"
	workloadName = "consumer"
	authName     = "auth"
	targetName   = "published"
	rootUser     = "root"
	resellerUser = "reseller"
)

// callTimeout is short, because the operator waits for a multiple of it before it takes a lost call for not applied.
const callTimeout = 2 * time.Second

// Scenario is one way to come to a rotation.
type Scenario struct {
	Name string
	// Version of WHM.
	Version string
	// Self rotates the hash that the operator itself logs in with.
	Self bool
	// Forced issues once undisturbed and asks for another one by annotation; the first issue is looked at otherwise.
	Forced bool
	// Workload has a Deployment that is restarted.
	Workload bool
	// NoHash starts with a user who never had a hash.
	NoHash bool
	// SwitchedOff is a server that does not accept access hashes.
	SwitchedOff bool
	// Reseller rotates the hash of a reseller, who logs in without any privilege, and not that of root.
	Reseller bool
	// Unverified says how the server behaves where nobody knows.
	Unverified simulator.Unverified
}

// The scenarios of the crash matrix: one of each shape that a rotation of an access hash can have.
var (
	ForeignFirst  = Scenario{Name: "foreign first issue", Version: "11.136.0.4"}
	ForeignForced = Scenario{Name: "foreign forced rotation", Version: "11.54.0.36", Forced: true, Workload: true}
	SelfToken     = Scenario{Name: "self-rotation with token", Version: "11.136.0.4", Self: true}
	SelfSession   = Scenario{Name: "self-rotation with session", Version: "11.54.0.36", Self: true}
)

// With returns the scenario on a server that behaves otherwise.
func (s Scenario) With(setting simulator.Setting) Scenario {
	s.Name += ", " + setting.Name
	s.Unverified = setting.Unverified
	if s.Reseller {
		s.Unverified.AccesshashForResellers = "true"
	}
	return s
}

// Inventory is the server at the beginning. It locks out who fails to log in too often.
func (s Scenario) Inventory() simulator.Inventory {
	user := simulator.User{Password: random(16), AccessHash: random(464)}
	if s.NoHash {
		user.AccessHash = ""
	}
	return simulator.Inventory{
		Version: s.Version,
		Users:   map[string]simulator.User{rootUser: {}, s.User(): user},
		Policies: simulator.Policies{
			AllowDeprecatedAccessHash: new(!s.SwitchedOff),
			CPHulk:                    simulator.CPHulk{Enabled: true},
		},
		Unverified: s.Unverified,
	}
}

func random(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

// User is whose hash is rotated, and whom the operator logs in as.
func (s Scenario) User() string {
	if s.Reseller {
		return resellerUser
	}
	return rootUser
}

// Target is the name of the Secret that is published.
func (s Scenario) Target() string {
	if s.Self {
		return authName
	}
	return targetName
}

// Objects are applied to the rig's namespace.
func (s Scenario) Objects(r *Rig) []client.Object {
	objects := []client.Object{s.auth(r), s.server(r), s.rotation(r)}
	if s.Workload {
		objects = append(objects, deployment(r.Namespace))
	}
	return objects
}

func (s Scenario) auth(r *Rig) client.Object {
	user := r.Simulator.Inventory().Users[s.User()]
	data := map[string]string{"password": user.Password}
	if s.Self {
		data = map[string]string{"accesshash": user.AccessHash}
	}
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: authName}, StringData: data}
}

func (s Scenario) server(r *Rig) client.Object {
	server := &v1alpha1.WHMServer{
		ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: serverName},
		Spec: v1alpha1.WHMServerSpec{
			Endpoint: r.WHMProxy.URL(),
			TLS:      &v1alpha1.ServerTLS{CABundle: string(r.WHMProxy.CA())},
			Timeout:  &metav1.Duration{Duration: callTimeout},
		},
	}
	ref := v1alpha1.SecretKeyReference{Name: authName}
	if s.Self {
		server.Spec.Auth.AccessHash = &v1alpha1.AccessHashAuth{User: v1alpha1.UserName(s.User()), SecretRef: ref}
	} else {
		server.Spec.Auth.Password = &v1alpha1.PasswordAuth{User: v1alpha1.UserName(s.User()), SecretRef: ref}
	}
	return server
}

func (s Scenario) rotation(r *Rig) client.Object {
	rotation := &v1alpha1.AccessHashRotation{
		ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: RotationName},
		Spec: v1alpha1.AccessHashRotationSpec{
			User: s.User(),
			CredentialSpec: v1alpha1.CredentialSpec{
				ServerRef: v1alpha1.ServerReference{Name: serverName},
				Secret:    v1alpha1.SecretTarget{Name: s.Target()},
			},
		},
	}
	if s.Self {
		rotation.Spec.Secret.Adoption = v1alpha1.AdoptIfUnowned
	}
	if s.Workload {
		rotation.Spec.Restart = []v1alpha1.WorkloadReference{{Kind: v1alpha1.DeploymentKind, Name: workloadName}}
	}
	return rotation
}

func deployment(namespace string) client.Object {
	labels := map[string]string{"app": workloadName}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: workloadName},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app"}}},
			},
		},
	}
}
