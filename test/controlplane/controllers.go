package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/whm-credentials/operator/test/controlplane/assets"
)

// controllers are those of kube-controller-manager that the tests rely on. What needs a kubelet or
// a cloud is off: node-lifecycle-controller, for one, would evict the pods of the node that
// [ControlPlane.RunPods] makes up.
var controllers = []string{
	"clusterrole-aggregation-controller",
	"daemonset-controller",
	"deployment-controller",
	"garbage-collector-controller",
	"namespace-controller",
	"replicaset-controller",
	"root-ca-certificate-publisher-controller",
	"serviceaccount-controller",
	"serviceaccount-token-controller",
	"statefulset-controller",
}

// startControllers runs kube-controller-manager.
func (cp *ControlPlane) startControllers() error {
	kubeconfig, err := cp.writeControllerAccess()
	if err != nil {
		return fmt.Errorf("give the controllers access: %w", err)
	}
	log, err := cp.logs.open(assets.ControllerManager)
	if err != nil {
		return err
	}
	cp.manager, err = startProcess(cp.binary(assets.ControllerManager), cp.controllerArgs(kubeconfig), log)
	return err
}

func (cp *ControlPlane) controllerArgs(kubeconfig string) []string {
	return []string{
		"--kubeconfig=" + kubeconfig,
		"--controllers=" + strings.Join(controllers, ","),
		"--root-ca-file=" + cp.rootCAPath(),
		"--service-account-private-key-file=" + filepath.Join(cp.certDir(), "sa-signer.key"),
		"--leader-elect=false",
		"--secure-port=0", // nobody asks it; without a port there is none to be taken
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
		"--concurrent-gc-syncs=20",
		"--concurrent-namespace-syncs=20",
	}
}

func (cp *ControlPlane) rootCAPath() string { return filepath.Join(cp.certDir(), "root-ca.crt") }

// writeControllerAccess writes the files that the controllers authenticate with.
func (cp *ControlPlane) writeControllerAccess() (kubeconfig string, err error) {
	user, err := cp.env.AddUser(envtest.User{
		Name: "system:kube-controller-manager", Groups: []string{"system:masters"},
	}, &rest.Config{})
	if err != nil {
		return "", err
	}
	text, err := KubeconfigFor(user.Config())
	if err != nil {
		return "", err
	}
	kubeconfig = filepath.Join(cp.certDir(), "controllers.kubeconfig")
	return kubeconfig, errors.Join(
		os.WriteFile(kubeconfig, text, 0o600),
		os.WriteFile(cp.rootCAPath(), user.Config().CAData, 0o600),
	)
}

// awaitControllers returns when two controllers have shown their work: the default service account
// and the published root certificate, without which no pod is admitted or could start.
func (cp *ControlPlane) awaitControllers(ctx context.Context) error {
	set, err := kubernetes.NewForConfig(cp.env.Config)
	if err != nil {
		return fmt.Errorf("await the controllers: %w", err)
	}
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, startTimeout, true, func(ctx context.Context) (bool, error) {
		select {
		case <-cp.manager.done:
			return false, fmt.Errorf("%s ended: %w", assets.ControllerManager, cp.manager.err)
		default:
			return controllersAtWork(ctx, set)
		}
	})
	if err != nil {
		return fmt.Errorf("await the controllers: %w\n%s", err, cp.logs.tail(assets.ControllerManager))
	}
	return nil
}

func controllersAtWork(ctx context.Context, set kubernetes.Interface) (bool, error) {
	core := set.CoreV1()
	_, errAccount := core.ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
	_, errRoot := core.ConfigMaps(metav1.NamespaceDefault).Get(ctx, "kube-root-ca.crt", metav1.GetOptions{})
	for _, err := range []error{errAccount, errRoot} {
		if err != nil {
			return false, client.IgnoreNotFound(err)
		}
	}
	return true, nil
}
