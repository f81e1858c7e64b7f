// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"path/filepath"
)

// stayUp keeps everything running until the demo is interrupted.
func (s *story) stayUp(ctx context.Context) error {
	kubeconfig := filepath.Join(s.folder, "kubeconfig")
	if err := os.WriteFile(kubeconfig, s.cluster.AdminKubeconfig(), 0o600); err != nil {
		return err
	}
	s.line("\n%s", s.paint(bold, "It stays up. In another terminal:"))
	for _, command := range []string{
		"export KUBECONFIG=" + kubeconfig,
		"kubectl get whm",
		"kubectl describe atr " + inventory,
		"kubectl annotate atr " + inventory + ` whm-credentials.dev/rotate="$(date +%s)" --overwrite`,
		"kubectl get secret " + inventorySecret + " -o yaml",
		"kubectl describe ahr " + legacyRoot,
		"kubectl events",
		"curl -s " + s.web1.admin + "/ledger/credentials",
		"tail -f " + s.log.Name(),
	} {
		s.line("   %s", command)
	}
	s.line("\nCtrl-C ends it and removes everything.")
	select {
	case <-ctx.Done():
	case <-s.manager.Done():
	}
	if ctx.Err() == nil {
		return s.managerGone()
	}
	s.line("")
	return nil
}
