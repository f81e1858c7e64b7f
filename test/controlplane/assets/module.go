package assets

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/modfile"
)

// modulePath tells the operator's go.mod from those of the modules nested in its repository.
const modulePath = "github.com/whm-credentials/operator"

// Modules whose versions name the binaries.
const (
	kubernetesModule = "k8s.io/kubernetes"
	etcdModule       = "go.etcd.io/etcd/server/v3"
)

// hashLength is the number of hexadecimal digits of the source hash in a folder name.
const hashLength = 12

// Root returns the repository's folder: the nearest one at or above the working directory that
// holds the operator's go.mod.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for start := dir; ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && modfile.ModulePath(text) == modulePath {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod of module %s at or above %s: run this inside the repository, or set %s", modulePath, start, EnvDir)
		}
	}
}

// module is the Go module that the binaries are compiled from.
type module struct {
	dir        string // holds go.mod and cmd/<binary>
	cache      string // holds one folder for each state of the module
	kubernetes string // version of the API server and the controller manager
	etcd       string
	hash       string // over every file that decides what is built
}

func loadModule(root string) (*module, error) {
	m := &module{
		dir:   filepath.Join(root, "hack", "controlplane"),
		cache: filepath.Join(root, ".cache", "controlplane"),
	}
	if err := errors.Join(m.readVersions(), m.readHash()); err != nil {
		return nil, fmt.Errorf("read the control plane's module: %w", err)
	}
	return m, nil
}

func (m *module) readVersions() error {
	path := filepath.Join(m.dir, "go.mod")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := modfile.Parse(path, text, nil)
	if err != nil {
		return err
	}
	for _, required := range file.Require {
		switch required.Mod.Path {
		case kubernetesModule:
			m.kubernetes = required.Mod.Version
		case etcdModule:
			m.etcd = required.Mod.Version
		}
	}
	if m.kubernetes == "" || m.etcd == "" {
		return fmt.Errorf("%s must require %s and %s", path, kubernetesModule, etcdModule)
	}
	return nil
}

// readHash takes every Go file and the module files into account, in the fixed order of WalkDir.
func (m *module) readHash() error {
	sum := sha256.New()
	err := filepath.WalkDir(m.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || !decidesBuild(path) {
			return err
		}
		return m.hashFile(sum, path)
	})
	m.hash = hex.EncodeToString(sum.Sum(nil))[:hashLength]
	return err
}

// hashFile adds name and size before the content, so that moving bytes between files shows.
func (m *module) hashFile(sum io.Writer, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	name, err := filepath.Rel(m.dir, path)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(sum, "%s %d\n%s", filepath.ToSlash(name), len(text), text)
	return err
}

func decidesBuild(path string) bool {
	return strings.HasSuffix(path, ".go") || strings.HasSuffix(path, ".mod") || strings.HasSuffix(path, ".sum")
}

// cacheDir is where this state of the module has its binaries.
func (m *module) cacheDir() string {
	return filepath.Join(m.cache, fmt.Sprintf("%s-%s-%s-%s", m.kubernetes, runtime.GOOS, runtime.GOARCH, m.hash))
}

// version returns what the binary reports as its own.
func (m *module) version(binary string) string {
	if binary == Etcd {
		return m.etcd
	}
	return m.kubernetes
}
