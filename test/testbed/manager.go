// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"k8s.io/client-go/rest"

	"github.com/whm-credentials/operator/test/controlplane"
)

// Manager is a running manager binary.
type Manager struct {
	cmd    *exec.Cmd
	done   chan struct{}
	folder string
	once   sync.Once
	err    error
}

// ManagerOptions say how the manager runs.
type ManagerOptions struct {
	// Binary is the program, as made by make build.
	Binary string
	// Config is how it reaches the API server.
	Config *rest.Config
	// Args are further arguments. Leader election is off unless they say otherwise.
	Args []string
	// Env are further environment variables.
	Env []string
	// Log receives what it prints.
	Log io.Writer
}

// BuildManager compiles the manager into the folder and returns its path.
func BuildManager(ctx context.Context, root, folder string) (string, error) {
	binary := filepath.Join(folder, "manager")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/manager")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build manager: %w: %s", err, out)
	}
	return binary, nil
}

// StartManager starts the program. On Linux, it dies with this process.
func StartManager(o ManagerOptions) (*Manager, error) {
	folder, err := os.MkdirTemp("", "whm-manager-")
	if err != nil {
		return nil, err
	}
	kubeconfig, err := controlplane.KubeconfigFor(o.Config)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	path := filepath.Join(folder, "kubeconfig")
	if err := os.WriteFile(path, kubeconfig, 0o600); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	args := append([]string{"--health-probe-bind-address=0", "--metrics-bind-address=0"}, o.Args...)
	m := &Manager{cmd: exec.Command(o.Binary, args...), done: make(chan struct{}), folder: folder}
	m.cmd.Env = append(append(os.Environ(), "KUBECONFIG="+path), o.Env...)
	m.cmd.Stdout, m.cmd.Stderr = o.Log, o.Log
	m.cmd.SysProcAttr = ChildAttributes()
	if err := m.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start manager: %w", err), os.RemoveAll(folder))
	}
	go func() {
		m.err = m.cmd.Wait()
		close(m.done)
	}()
	return m, nil
}

// Done is closed when the process has ended.
func (m *Manager) Done() <-chan struct{} { return m.done }

// Kill ends the process at once, as a crash would, and waits until it is gone.
func (m *Manager) Kill() { m.end(syscall.SIGKILL) }

// Stop asks the process to end and waits until it has.
func (m *Manager) Stop() error {
	m.end(syscall.SIGTERM)
	return m.err
}

func (m *Manager) end(sig syscall.Signal) {
	_ = m.cmd.Process.Signal(sig)
	<-m.done
	m.once.Do(func() { _ = os.RemoveAll(m.folder) })
}
