package assets

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// EnvDir names the environment variable that holds a folder with ready binaries. When it is set,
// nothing is built. The name is the one that Kubernetes' own test tooling uses.
const EnvDir = "KUBEBUILDER_ASSETS"

// Names of the binaries that an assets folder holds.
const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
)

// ErrMissing is wrapped by the errors of [Dir] that say that a binary is not there.
var ErrMissing = errors.New("control plane binary is missing")

// binaries lists what an assets folder must hold, in the order they are built: the small one
// first, so that a broken toolchain shows early.
var binaries = []string{Etcd, APIServer, ControllerManager}

// Dir returns the folder of the control plane's binaries: the one that KUBEBUILDER_ASSETS names,
// otherwise the cache folder of the repository around the working directory. All binaries are
// there when the error is nil; an error that wraps [ErrMissing] says how to get them.
func Dir() (string, error) {
	if dir, ok := override(); ok {
		return dir, checkOverride(dir)
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	module, err := loadModule(root)
	if err != nil {
		return "", err
	}
	if err := check(module.cacheDir()); err != nil {
		return "", fmt.Errorf("%w: run `make controlplane` first", err)
	}
	return module.cacheDir(), nil
}

// override reports the folder that the environment names; an empty value counts as not set.
func override() (string, bool) {
	dir := os.Getenv(EnvDir)
	return dir, dir != ""
}

func checkOverride(dir string) error {
	if err := check(dir); err != nil {
		return fmt.Errorf("%w: add it to the folder that %s names, or unset the variable and run `make controlplane`", err, EnvDir)
	}
	return nil
}

// check reports the first binary that the folder lacks.
func check(dir string) error {
	for _, name := range binaries {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("%w: %s", ErrMissing, path)
		}
	}
	return nil
}
