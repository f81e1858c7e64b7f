// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/internal/setup"
	"github.com/whm-credentials/operator/test/controlplane"
)

// Namespace and ServiceAccount are those of the shipped manifests.
const (
	Namespace      = "whm-system"
	ServiceAccount = "whm-credentials-operator"
)

// installed are the shipped manifests that a manager outside the cluster needs: everything but its Deployment.
var installed = []string{"config/default/namespace.yaml", "config/rbac/*.yaml"}

// Root returns the folder of the repository that the working directory lies in.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "PROJECT")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("no repository around %s", dir)
		}
	}
}

// Cluster is a control plane with the operator's kinds and roles installed.
type Cluster struct {
	*controlplane.ControlPlane
	// Admin may do everything and reads live.
	Admin client.Client
	// Root is the repository.
	Root string
}

// StartCluster starts a control plane and installs the CRDs and roles that the repository ships.
func StartCluster(ctx context.Context) (*Cluster, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	cp, err := controlplane.Start(ctx, controlplane.Options{CRDPaths: []string{filepath.Join(root, "config/crd/bases")}})
	if err != nil {
		return nil, err
	}
	c := &Cluster{ControlPlane: cp, Root: root}
	if c.Admin, err = client.New(cp.AdminConfig(), client.Options{Scheme: setup.Scheme()}); err != nil {
		return nil, fmt.Errorf("make admin client: %w", err)
	}
	return c, c.install(ctx)
}

func (c *Cluster) install(ctx context.Context) error {
	var paths []string
	for _, pattern := range installed {
		found, err := filepath.Glob(filepath.Join(c.Root, pattern))
		if err != nil {
			return err
		}
		paths = append(paths, found...)
	}
	paths = slices.DeleteFunc(paths, func(p string) bool { return filepath.Base(p) == "kustomization.yaml" })
	manifests, err := controlplane.ReadManifests(paths...)
	if err != nil {
		return fmt.Errorf("read manifests: %w", err)
	}
	return controlplane.Apply(ctx, c.AdminConfig(), manifests...)
}

// OperatorConfig is the configuration of the operator's service account: what the shipped roles allow and no more.
func (c *Cluster) OperatorConfig(ctx context.Context) (*rest.Config, error) {
	return c.ServiceAccountConfig(ctx, Namespace, ServiceAccount)
}
