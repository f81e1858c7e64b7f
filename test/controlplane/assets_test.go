package controlplane_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/whm-credentials/operator/test/controlplane"
	"github.com/whm-credentials/operator/test/controlplane/assets"
)

func TestStartWithIncompleteAssets(t *testing.T) {
	dir := t.TempDir()
	writeProgram(t, dir, "etcd", "")
	writeProgram(t, dir, "kube-apiserver", "")
	t.Setenv(assets.EnvDir, dir)
	_, err := controlplane.Start(t.Context(), controlplane.Options{})
	if !errors.Is(err, assets.ErrMissing) || !strings.Contains(err.Error(), filepath.Join(dir, "kube-controller-manager")) ||
		!strings.Contains(err.Error(), "KUBEBUILDER_ASSETS") {
		t.Errorf("got error %v, want one that names the missing program and the variable", err)
	}
}

func TestFailedStartTellsWhyAndLeavesNothing(t *testing.T) {
	programs, state := t.TempDir(), filepath.Join(t.TempDir(), "state")
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager"} {
		writeProgram(t, programs, name, "echo out of order; exit 1")
	}
	t.Setenv(assets.EnvDir, programs)
	_, err := controlplane.Start(t.Context(), controlplane.Options{Dir: state})
	if err == nil || !strings.Contains(err.Error(), "end of the log of etcd:\nout of order") {
		t.Errorf("got error %v, want one with the log of etcd", err)
	}
	if _, err := os.Stat(state); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the state folder is still there (%v)", err)
	}
}

// writeProgram puts a shell script where a binary is expected.
func writeProgram(t *testing.T, dir, name, script string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700))
}
