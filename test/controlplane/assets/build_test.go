package assets

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// program reports what the linker stamped, through a package of the replaced component-base.
const program = `package main

import "k8s.io/component-base/version"

func main() { println(version.Text()) }
`

const versionPackage = `package version

var gitVersion, gitMajor, gitMinor string

func Text() string { return gitVersion + " " + gitMajor + " " + gitMinor }
`

// newRepository returns a folder with a module like the one in hack/controlplane, but small and
// without anything to download.
func newRepository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{
		"go.mod": `module test
go 1.26.0
require (
	go.etcd.io/etcd/server/v3 v3.6.8
	k8s.io/component-base v0.36.3
	k8s.io/kubernetes v1.36.3
)
replace (
	go.etcd.io/etcd/server/v3 => ./etcd
	k8s.io/component-base => ./base
	k8s.io/kubernetes => ./kubernetes
)
`,
		"etcd/go.mod": "module go.etcd.io/etcd/server/v3\n", "base/go.mod": "module k8s.io/component-base\n",
		"kubernetes/go.mod": "module k8s.io/kubernetes\n", "base/version/version.go": versionPackage,
	}
	for _, name := range binaries {
		files["cmd/"+name+"/main.go"] = program
	}
	for name, text := range files {
		write(t, filepath.Join(root, "hack", "controlplane", name), text)
	}
	return root
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func build(t *testing.T, root string) (dir, progress string) {
	t.Helper()
	var text strings.Builder
	dir, err := Build(t.Context(), root, &text)
	if err != nil {
		t.Fatal(err)
	}
	return dir, text.String()
}

func TestBuildOnceForEachStateOfTheModule(t *testing.T) {
	t.Setenv(EnvDir, "")
	root := newRepository(t)
	first, progress := build(t, root)
	for _, line := range []string{"building etcd v3.6.8 (1/3)…\ndone in ", "building kube-apiserver v1.36.3 (2/3)…\n", "building kube-controller-manager v1.36.3 (3/3)…\n"} {
		if !strings.Contains(progress, line) {
			t.Errorf("progress lacks %q:\n%s", line, progress)
		}
	}
	output, err := exec.Command(filepath.Join(first, APIServer)).CombinedOutput()
	if got := string(output); err != nil || got != "v1.36.3 1 36\n" {
		t.Errorf("the binary reports version %q (error %v)", got, err)
	}
	if again, progress := build(t, root); again != first || progress != "" {
		t.Errorf("the second build is in %s, the first in %s; progress %q, want none", again, first, progress)
	}
	write(t, filepath.Join(root, "hack", "controlplane", "cmd", "etcd", "extra.go"), "package main\n")
	if changed, progress := build(t, root); changed == first || progress == "" {
		t.Errorf("a changed module was not rebuilt: folder %s, progress %q", changed, progress)
	}
}

func TestConcurrentBuildsShareOne(t *testing.T) {
	t.Setenv(EnvDir, "")
	root := newRepository(t)
	var builds sync.WaitGroup
	progress := make([]strings.Builder, 2)
	errs := make([]error, len(progress))
	for i := range progress {
		builds.Go(func() { _, errs[i] = Build(t.Context(), root, &progress[i]) })
	}
	builds.Wait()
	text := progress[0].String() + progress[1].String()
	if err := errors.Join(errs...); err != nil || strings.Count(text, "building etcd") != 1 {
		t.Errorf("got error %v and progress\n%s\nwant one build of etcd", err, text)
	}
}

func TestFailedBuildLeavesNoFolder(t *testing.T) {
	t.Setenv(EnvDir, "")
	root := newRepository(t)
	write(t, filepath.Join(root, "hack", "controlplane", "cmd", APIServer, "main.go"), "package main\nfunc main() { undefined() }\n")
	_, err := Build(t.Context(), root, &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "build kube-apiserver: ") || !strings.Contains(err.Error(), "undefined: undefined") {
		t.Errorf("got error %v, want the compiler's message", err)
	}
	entries, err := os.ReadDir(filepath.Join(root, ".cache", "controlplane"))
	if err != nil || len(entries) != 1 || entries[0].Name() != "lock" {
		t.Errorf("the cache holds %v (error %v), want the lock only", entries, err)
	}
}

func TestDir(t *testing.T) {
	t.Setenv(EnvDir, "")
	root := newRepository(t)
	write(t, filepath.Join(root, "go.mod"), "module "+modulePath+"\n")
	deep := filepath.Join(root, "hack", "controlplane", "cmd", "etcd")
	t.Chdir(deep)
	if _, err := Dir(); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "make controlplane") {
		t.Errorf("before the build: got error %v, want missing with the command", err)
	}
	built, _ := build(t, root)
	got, err := Dir()
	if same, _ := sameFile(got, built); err != nil || !same {
		t.Errorf("got %q, %v; want %s", got, err, built)
	}
	t.Chdir(t.TempDir())
	if _, err := Dir(); err == nil || !strings.Contains(err.Error(), "inside the repository") {
		t.Errorf("outside: got error %v, want one that says where to run", err)
	}
}

func TestEnvironmentWins(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(EnvDir, dir)
	if _, err := Build(t.Context(), "/nowhere", &strings.Builder{}); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), EnvDir) {
		t.Errorf("empty folder: got error %v, want missing with the variable", err)
	}
	for _, name := range binaries {
		write(t, filepath.Join(dir, name), "")
	}
	if got, progress := build(t, "/nowhere"); got != dir || progress != "" {
		t.Errorf("got %s, progress %q; want %s and none", got, progress, dir)
	}
	if got, err := Dir(); err != nil || got != dir {
		t.Errorf("got %s, %v; want %s", got, err, dir)
	}
}

// sameFile tolerates a temporary folder behind a symbolic link.
func sameFile(a, b string) (bool, error) {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if err := errors.Join(errA, errB); err != nil {
		return false, err
	}
	return os.SameFile(infoA, infoB), nil
}
