// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"encoding/base32"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// passwordName is the Secret with the password that goes with the one-time codes.
const passwordName = "password"

// TwoFactor is what the codes of the operator's user are made from, which it sends with every call.
var TwoFactor = twoFactorKind(false)

// SessionTwoFactor is the same, with codes that open a session.
var SessionTwoFactor = twoFactorKind(true)

func twoFactorKind(session bool) *Kind {
	return &Kind{
		Issue: "twofactorauth_set_tfa_config", class: chosen, keepsTime: true, ledger: simulator.KindTOTP, key: "secret",
		empty:   func() controller.Credential { return &v1alpha1.TwoFactorRotation{} },
		specify: func(controller.Credential, Scenario) {},
		login: func(user v1alpha1.UserName, from v1alpha1.SecretKeyReference) v1alpha1.ServerAuth {
			return v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{
				User: user, SecretRef: v1alpha1.SecretKeyReference{Name: passwordName}, OTPSecretRef: &from, Session: session,
			}}
		},
		held: func(inventory simulator.Inventory, user string) string { return inventory.Users[user].TOTPSecret },
		stock: func(inventory *simulator.Inventory, s Scenario) {
			user := inventory.Users[s.Operator()]
			user.TOTPSecret = base32.StdEncoding.EncodeToString([]byte(random(5))) // of 16 characters
			inventory.Users[s.Operator()] = user
			inventory.Policies.RequireTwoFactorForAPI = s.Self
		},
		objects: func(r *Rig) ([]client.Object, error) {
			return []client.Object{&corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: passwordName},
				StringData: map[string]string{"password": r.Simulator.Inventory().Users[r.Scenario.Operator()].Password},
			}}, nil
		},
	}
}
