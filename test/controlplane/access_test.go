package controlplane_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/test/controlplane"
)

func TestServiceAccountHasOnlyWhatIsBound(t *testing.T) {
	t.Parallel()
	c := admin(t)
	namespace := newNamespace(t, c)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "manager"}}
	must(t, c.Create(t.Context(), account))
	cfg, err := shared.ServiceAccountConfig(t.Context(), namespace, account.Name)
	must(t, err)
	limited, err := client.New(viaKubeconfig(t, cfg), client.Options{})
	must(t, err)

	var secrets corev1.SecretList
	err = limited.List(t.Context(), &secrets, client.InNamespace(namespace))
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "system:serviceaccount:"+namespace+":manager") {
		t.Fatalf("listing Secrets unbound: got error %v, want forbidden for the service account", err)
	}
	must(t, c.Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "manager"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "admin"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: account.Name}},
	}))
	eventually(t, asCheck(func() error { return limited.List(t.Context(), &secrets, client.InNamespace(namespace)) }))
	if err := limited.List(t.Context(), &secrets); !apierrors.IsForbidden(err) {
		t.Errorf("listing Secrets of all namespaces: got error %v, want forbidden", err)
	}
}

func TestServiceAccountMustExist(t *testing.T) {
	t.Parallel()
	_, err := shared.ServiceAccountConfig(t.Context(), "default", "nobody")
	if !apierrors.IsNotFound(err) || !strings.Contains(err.Error(), "default/nobody") {
		t.Errorf("got error %v, want not found for default/nobody", err)
	}
}

// viaKubeconfig returns what a program makes of cfg that gets it as a kubeconfig file.
func viaKubeconfig(t *testing.T, cfg *rest.Config) *rest.Config {
	t.Helper()
	text, err := controlplane.KubeconfigFor(cfg)
	must(t, err)
	read, err := clientcmd.RESTConfigFromKubeConfig(text)
	must(t, err)
	return read
}
