// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/internal/setup"
	"github.com/whm-credentials/operator/test/controlplane"
	"github.com/whm-credentials/operator/test/testbed"
)

func (s *story) setUp(ctx context.Context) (err error) {
	if s.folder, err = os.MkdirTemp("", "whm-demo-"); err != nil {
		return err
	}
	if err := s.startCluster(ctx); err != nil {
		return err
	}
	if err := s.startServers(ctx); err != nil {
		return err
	}
	if s.log, err = openLog(filepath.Join(s.folder, "manager.log")); err != nil {
		return err
	}
	if err := s.startManager(ctx); err != nil {
		return err
	}
	return s.showRights(ctx)
}

// startCluster starts the control plane with the operator's kinds and roles, and what uses the credential.
func (s *story) startCluster(ctx context.Context) (err error) {
	begun := time.Now()
	if s.cluster, err = testbed.StartCluster(ctx); err != nil {
		return err
	}
	if err := s.cluster.RunPods(ctx); err != nil {
		return err
	}
	s.saw("a Kubernetes control plane serves: etcd, kube-apiserver, kube-controller-manager (%s)", s.measure("control plane started", begun))
	for _, name := range []string{inventory, billing} {
		consumer, err := stage.ReadFile("stage/" + name + ".yaml")
		if err != nil {
			return err
		}
		if err := controlplane.Apply(ctx, s.cluster.AdminConfig(), consumer); err != nil {
			return err
		}
	}
	s.did("created the Deployments %s and %s, which talk to WHM", inventory, billing)
	return nil
}

func (s *story) startServers(ctx context.Context) (err error) {
	program := filepath.Join(s.cluster.Root, "bin", "whm-simulator")
	for name, at := range s.cast() {
		if *at, err = startServer(ctx, program, s.folder, name); err != nil {
			return err
		}
	}
	for _, at := range s.servers() {
		root := at.inventory.Users["root"]
		s.remember(root.AccessHash, root.Password, root.Tokens["operator"].Value)
		s.saw("%s serves at %s: simulated WHM %s", at.name, at.endpoint, at.inventory.Version)
	}
	return nil
}

// cast returns where the servers go, by their names.
func (s *story) cast() map[string]**server {
	return map[string]**server{"web1": &s.web1, "web2": &s.web2, "web3": &s.web3, "legacy1": &s.legacy1, "legacy2": &s.legacy2}
}

func (s *story) servers() []*server {
	var started []*server
	for _, at := range []*server{s.web1, s.web2, s.web3, s.legacy1, s.legacy2} {
		if at != nil {
			started = append(started, at)
		}
	}
	return started
}

// startManager runs the shipped program with the rights that the shipped roles give it.
func (s *story) startManager(ctx context.Context) error {
	cfg, err := s.cluster.OperatorConfig(ctx)
	if err != nil {
		return err
	}
	s.manager, err = testbed.StartManager(testbed.ManagerOptions{
		Binary: filepath.Join(s.cluster.Root, "bin", "manager"), Config: cfg, Log: s.log,
	})
	return err
}

// showRights shows that the operator works with its own few rights.
func (s *story) showRights(ctx context.Context) error {
	cfg, err := s.cluster.OperatorConfig(ctx)
	if err != nil {
		return err
	}
	operator, err := client.New(cfg, client.Options{Scheme: setup.Scheme()})
	if err != nil {
		return err
	}
	err = operator.List(ctx, &corev1.PodList{})
	if !apierrors.IsForbidden(err) {
		return errors.Join(errors.New("the operator may list pods, so it has more rights than its role gives it"), err)
	}
	s.saw("the operator runs as service account %s/%s; config/rbac is all it may do (listing pods is not)",
		testbed.Namespace, testbed.ServiceAccount)
	return nil
}

// managerGone says that the manager ended by itself.
func (s *story) managerGone() error {
	select {
	case <-s.manager.Done():
		return errors.New("the manager ended by itself")
	default:
		return nil
	}
}
