// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const (
	inputName  = "login-token"
	inputKey   = "loginToken"
	provider   = "cPStore"
	afterLogin = "https://shop.example.com/back?from=store"
)

// Store is what a store gives for the login token of a person.
var Store = &Kind{
	Issue: "validate_login_token", class: oneShot,
	ledger: simulator.KindStoreAccess, key: "accessToken",
	besides: map[string]simulator.Kind{"refreshToken": simulator.KindStoreRefresh},
	empty:   func() controller.Credential { return &v1alpha1.StoreLogin{} },
	specify: func(obj controller.Credential, _ Scenario) {
		spec := &obj.(*v1alpha1.StoreLogin).Spec //nolint:forcetypeassert // it comes from empty
		spec.Provider, spec.URLAfterLogin = provider, afterLogin
		spec.LoginTokenSecretRef = v1alpha1.SecretKeyReference{Name: inputName}
	},
	objects: func(r *Rig) ([]client.Object, error) {
		token, err := r.logIn()
		return []client.Object{&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: inputName},
			StringData: map[string]string{inputKey: token},
		}}, err
	},
	ask: func(ctx context.Context, x *run) error {
		token, err := x.logIn()
		secret := &corev1.Secret{}
		if err := errors.Join(err, x.Get(ctx, inputName, secret)); err != nil {
			return err
		}
		secret.StringData = map[string]string{inputKey: token}
		return x.Cluster.Admin.Update(ctx, secret)
	},
	rescue: bringAnother,
}

// logIn gets a login token as a person does.
func (r *Rig) logIn() (string, error) {
	token, err := r.Simulator.IssueStoreLogin(provider, afterLogin)
	r.Canaries.Add("login token", token)
	return token, err
}

// bringAnother logs in once more if the operator says that a login token is lost, which it may say only where it was
// killed, or the call broken, between writing down that it uses it and writing down what it got.
func bringAnother(ctx context.Context, x *run) error {
	object, secret := &v1alpha1.StoreLogin{}, &corev1.Secret{}
	if err := errors.Join(x.Get(ctx, RotationName, object), x.Get(ctx, inputName, secret)); err != nil {
		return err
	}
	stalled, read := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.StalledCondition), object.Status.LoginToken
	if stalled == nil || stalled.Status != metav1.ConditionTrue || read == nil || read.ResourceVersion != secret.ResourceVersion {
		return nil
	}
	if stalled.Reason != v1alpha1.LoginTokenConsumedReason {
		return fmt.Errorf("%w: %s", errGiveUp, stalled.Message)
	}
	j, err := x.journal(ctx, object)
	if err != nil {
		return err
	}
	token := simulator.Fingerprint(string(secret.Data[inputKey]))
	if e := j.Newest(); e == nil || e.Phase != rotation.Intended || e.Baseline != token {
		// While there are two leaders, one may take for lost what the other is about to use.
		return errors.New("the login token was given up although nobody was about to use it")
	}
	troubles := x.Trap.Sprung()
	if x.trouble.Arrange != nil {
		troubles++
	}
	if x.wasted++; x.wasted > int64(troubles) && !x.contested {
		return fmt.Errorf("%w: %d login tokens were given up after %d troubles", errGiveUp, x.wasted, troubles)
	}
	return x.ask(ctx)
}

// onceEach checks that each login token reached the server once at most, whatever became of the answer, and that what is
// published was given together.
func (r *Rig) onceEach(s settled, _ Expectation) error {
	var wrong []error
	for fingerprint, times := range r.WHMProxy.Spent() {
		if times > 1 {
			wrong = append(wrong, fmt.Errorf("I5: the login token %s was sent %d times", fingerprint, times))
		}
	}
	calls := map[int]bool{}
	for _, c := range s.ledger.Credentials {
		if c.Fingerprint == simulator.Fingerprint(string(s.secret.Data["accessToken"])) ||
			c.Fingerprint == simulator.Fingerprint(string(s.secret.Data["refreshToken"])) {
			calls[c.IssuedByCall] = true
		}
	}
	if len(calls) != 1 {
		wrong = append(wrong, fmt.Errorf("I1: the published tokens come from %d exchanges", len(calls)))
	}
	return errors.Join(wrong...)
}
