package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/whm-credentials/operator/test/controlplane/assets"
)

// Options says what [Start] brings up. The zero value is a bare control plane.
type Options struct {
	// CRDPaths are files or folders with CustomResourceDefinitions. They are installed before the
	// controllers start. The garbage collector learns of definitions that are created later only
	// at its next discovery, up to 30 seconds later.
	CRDPaths []string
	// Log receives what the processes write. Omitted, it goes to one file for each process in the
	// logs folder of Dir, and the end of it into the error when a start fails.
	Log io.Writer
	// Dir is the folder for data, certificates and logs; it must be empty or not exist yet. Omitted,
	// it is a new temporary folder. Stop removes it.
	Dir string
	// KeepDir leaves Dir in place at Stop, to look into afterwards.
	KeepDir bool
}

// ControlPlane is a running control plane. Its methods are safe for concurrent use.
type ControlPlane struct {
	assetsDir string
	dir       string
	keepDir   bool
	logs      *logs

	// Each is nil until the start got that far.
	lifeline *lifeline
	env      *envtest.Environment
	manager  *process

	// running ends when Stop is called; what runs in the background of this process hangs on it.
	running  context.Context
	endRun   context.CancelFunc
	tasks    sync.WaitGroup
	tasksMu  sync.Mutex   // no task is added once running ended
	stop     func() error // once
	uncouple func() bool  // from the context given to Start
}

// AssetsDir returns the folder with the control plane's binaries: what KUBEBUILDER_ASSETS names,
// otherwise the cache of the repository around the working directory. The error says what is
// missing and how to get it.
func AssetsDir() (string, error) { return assets.Dir() }

// Start brings a control plane up and returns when the API server serves and the controllers work.
// Every control plane has its own ports and folder, so several can run side by side. It stops when
// ctx ends, when Stop is called and, by the hand of a watching process, when this process dies.
func Start(ctx context.Context, opts Options) (*ControlPlane, error) {
	dir, err := AssetsDir()
	if err != nil {
		return nil, fmt.Errorf("start control plane: %w", err)
	}
	if err := checkPaths(opts.CRDPaths); err != nil {
		return nil, fmt.Errorf("start control plane: %w", err)
	}
	state, err := makeStateDir(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("start control plane: %w", err)
	}
	cp := &ControlPlane{assetsDir: dir, dir: state, keepDir: opts.KeepDir, logs: newLogs(state, opts.Log)}
	cp.running, cp.endRun = context.WithCancel(context.Background())
	cp.stop = sync.OnceValue(cp.shutDown)
	if err := cp.bringUp(ctx, opts.CRDPaths); err != nil {
		return nil, errors.Join(fmt.Errorf("start control plane: %w", err), cp.Stop())
	}
	cp.uncouple = context.AfterFunc(ctx, func() { _ = cp.Stop() })
	return cp, nil
}

func (cp *ControlPlane) bringUp(ctx context.Context, crdPaths []string) error {
	steps := []func(context.Context) error{
		func(context.Context) error { return cp.tieLifeline() },
		func(context.Context) error { return cp.startAPIServer(crdPaths) },
		func(context.Context) error { return cp.startControllers() },
		cp.awaitControllers,
	}
	for _, step := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends all processes and removes the state folder. Further calls return the same result.
func (cp *ControlPlane) Stop() error {
	if cp.uncouple != nil {
		cp.uncouple()
	}
	return cp.stop()
}

// background runs a task that Stop ends and waits for.
func (cp *ControlPlane) background(task func()) error {
	cp.tasksMu.Lock()
	defer cp.tasksMu.Unlock()
	if cp.running.Err() != nil {
		return errors.New("the control plane is stopped")
	}
	cp.tasks.Go(task)
	return nil
}

// shutDown goes in the reverse order of bringUp, skipping what was not reached.
func (cp *ControlPlane) shutDown() error {
	cp.tasksMu.Lock()
	cp.endRun()
	cp.tasksMu.Unlock()
	cp.tasks.Wait()
	var errs []error
	if cp.manager != nil {
		errs = append(errs, cp.manager.kill())
	}
	if cp.env != nil {
		errs = append(errs, cp.env.Stop())
	}
	if cp.lifeline != nil {
		errs = append(errs, cp.lifeline.release())
	}
	errs = append(errs, cp.logs.close())
	if !cp.keepDir {
		errs = append(errs, os.RemoveAll(cp.dir))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stop control plane: %w", err)
	}
	return nil
}

// checkPaths finds a wrong path before the seconds that a start takes.
func checkPaths(paths []string) error {
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("definitions: %w", err)
		}
	}
	return nil
}

// makeStateDir insists on an empty folder, because certificates of an earlier run would be taken
// for those of this one.
func makeStateDir(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "controlplane-")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		return "", errors.Join(fmt.Errorf("state folder %s must be empty", dir), err)
	}
	return dir, nil
}
