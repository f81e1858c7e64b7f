package assets

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// buildPrefix starts the names of folders that builds work in.
const buildPrefix = "building-"

// Build makes sure that the binaries exist and returns their folder. It builds nothing when
// KUBEBUILDER_ASSETS is set (the folder must then be complete) or when the cache of the repository
// at root holds this state of the module already. Progress gets one line before and one after each
// binary, and nothing when there is nothing to do. Builds that run at the same time wait for each
// other, and an interrupted one leaves no half-filled folder behind.
func Build(ctx context.Context, root string, progress io.Writer) (string, error) {
	if dir, ok := override(); ok {
		return dir, checkOverride(dir)
	}
	m, err := loadModule(root)
	if err != nil {
		return "", err
	}
	if check(m.cacheDir()) == nil {
		return m.cacheDir(), nil
	}
	unlock, err := lock(filepath.Join(m.cache, "lock"), progress)
	if err != nil {
		return "", err
	}
	defer unlock()
	// Another process may have built while this one waited.
	if check(m.cacheDir()) == nil {
		return m.cacheDir(), nil
	}
	return m.cacheDir(), m.build(ctx, progress)
}

// build compiles into a folder beside the final one and renames it when all binaries are there.
func (m *module) build(ctx context.Context, progress io.Writer) error {
	m.removeLeftovers()
	temp, err := os.MkdirTemp(m.cache, buildPrefix)
	if err != nil {
		return fmt.Errorf("build the control plane: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }() // gone already after the rename
	for i, name := range binaries {
		_, _ = fmt.Fprintf(progress, "building %s %s (%d/%d)…\n", name, m.version(name), i+1, len(binaries))
		start := time.Now()
		if err := m.compile(ctx, name, filepath.Join(temp, name)); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(progress, "done in %.0fs\n", time.Since(start).Seconds())
	}
	if err := os.RemoveAll(m.cacheDir()); err != nil {
		return fmt.Errorf("replace an incomplete folder: %w", err)
	}
	if err := os.Rename(temp, m.cacheDir()); err != nil {
		return fmt.Errorf("publish the built binaries: %w", err)
	}
	return nil
}

// removeLeftovers drops what killed builds left. The lock is held: no build is running.
func (m *module) removeLeftovers() {
	left, _ := filepath.Glob(filepath.Join(m.cache, buildPrefix+"*")) // errs on a bad pattern only
	for _, dir := range left {
		_ = os.RemoveAll(dir) // costs space only
	}
}

func (m *module) compile(ctx context.Context, name, output string) error {
	cmd := exec.CommandContext(ctx, "go", "build",
		"-trimpath", "-buildvcs=false", "-ldflags", m.linkFlags(), "-o", output, "./cmd/"+name)
	cmd.Dir = m.dir
	// The binaries run on this machine, whatever the caller cross-compiles.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	var messages bytes.Buffer
	cmd.Stdout, cmd.Stderr = &messages, &messages
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", name, err, messages.Bytes())
	}
	return nil
}

// linkFlags stamps the version that the release's own build would stamp: clients read it from
// /version, and the API server derives the API versions it serves from it.
func (m *module) linkFlags() string {
	major, minor, _ := strings.Cut(strings.TrimPrefix(semver.MajorMinor(m.kubernetes), "v"), ".")
	flags := []string{"-s", "-w"}
	for _, pkg := range []string{"k8s.io/client-go/pkg/version", "k8s.io/component-base/version"} {
		flags = append(flags,
			"-X "+pkg+".gitVersion="+m.kubernetes,
			"-X "+pkg+".gitMajor="+major,
			"-X "+pkg+".gitMinor="+minor,
			"-X "+pkg+".gitTreeState=archive")
	}
	return strings.Join(flags, " ")
}
