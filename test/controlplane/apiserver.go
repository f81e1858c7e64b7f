package controlplane

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/whm-credentials/operator/test/controlplane/assets"
)

// startTimeout is per process; a machine that is busy compiling takes tens of seconds.
const startTimeout = time.Minute

// startAPIServer runs etcd and kube-apiserver and installs the definitions found at crdPaths.
func (cp *ControlPlane) startAPIServer(crdPaths []string) error {
	etcdLog, errEtcd := cp.logs.open(assets.Etcd)
	apiLog, errAPI := cp.logs.open(assets.APIServer)
	if err := errors.Join(errEtcd, errAPI); err != nil {
		return err
	}
	cp.env = &envtest.Environment{
		UseExistingCluster:       new(false),
		ControlPlaneStartTimeout: startTimeout,
		ErrorIfCRDPathMissing:    true,
		CRDInstallOptions:        envtest.CRDInstallOptions{Paths: crdPaths},
		ControlPlane: envtest.ControlPlane{
			Etcd: &envtest.Etcd{
				Path: cp.binary(assets.Etcd), DataDir: filepath.Join(cp.dir, "etcd"), Out: etcdLog, Err: etcdLog,
			},
			APIServer: &envtest.APIServer{
				Path: cp.binary(assets.APIServer), CertDir: cp.certDir(), Out: apiLog, Err: apiLog,
			},
		},
	}
	configureAPIServer(cp.env.ControlPlane.APIServer.Configure())
	if _, err := cp.env.Start(); err != nil {
		return fmt.Errorf("%w\n%s", err, cp.logs.tail(assets.Etcd, assets.APIServer))
	}
	return nil
}

// configureAPIServer departs from envtest's defaults where a real cluster does.
func configureAPIServer(args *envtest.Arguments) {
	args.Set("authorization-mode", "RBAC")
	// The controller manager makes the service accounts that this admission plugin asks for.
	args.Disable("disable-admission-plugins")
	args.Set("profiling", "false")
}

func (cp *ControlPlane) certDir() string { return filepath.Join(cp.dir, "apiserver") }
