package controlplane_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/whm-credentials/operator/test/controlplane"
)

// orphanEnv makes the test binary start a control plane in the folder that it names and do nothing
// more, so that a test can kill it.
const orphanEnv = "CONTROLPLANE_TEST_ORPHAN"

func startAndWait() {
	_, err := controlplane.Start(context.Background(), controlplane.Options{Dir: os.Getenv(orphanEnv)})
	if err != nil {
		os.Exit(fail(err))
	}
	fmt.Println("started")
	select {}
}

func TestVersionIsTheBuiltRelease(t *testing.T) {
	t.Parallel()
	cfg, err := clientcmd.RESTConfigFromKubeConfig(shared.AdminKubeconfig())
	must(t, err)
	client, err := discovery.NewDiscoveryClientForConfig(cfg)
	must(t, err)
	version, err := client.ServerVersion()
	must(t, err)
	if !strings.HasPrefix(version.GitVersion, "v1."+version.Minor+".") || version.Minor == "" || version.Major != "1" {
		t.Errorf("the API server reports %+v, want a release of Kubernetes 1", version)
	}
}

func TestStopLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	start := time.Now()
	cp, err := controlplane.Start(t.Context(), controlplane.Options{Dir: dir})
	must(t, err)
	t.Logf("started in %v", time.Since(start).Round(time.Millisecond))
	pids := readPIDs(t, dir)
	must(t, cp.RunPods(t.Context()))

	start = time.Now()
	must(t, cp.Stop())
	t.Logf("stopped in %v", time.Since(start).Round(time.Millisecond))
	for name, pid := range pids {
		if alive(pid) {
			t.Errorf("%s still runs as process %d", name, pid)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the state folder is still there (%v)", err)
	}
	must(t, cp.Stop())
	if err := cp.RunPods(t.Context()); err == nil {
		t.Error("pods run on a stopped control plane")
	}
}

func TestEndOfContextStops(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	cp, err := controlplane.Start(ctx, controlplane.Options{Dir: dir, KeepDir: true, Log: &log})
	must(t, err)
	pids := readPIDs(t, dir)
	cancel()
	eventually(t, func(context.Context) error { return allGone(pids) })
	must(t, cp.Stop()) // waits for the stop under way
	if _, err := os.Stat(filepath.Join(dir, "etcd", "member")); err != nil {
		t.Errorf("KeepDir did not keep the data: %v", err)
	}
	if !strings.Contains(log.String(), "kube-apiserver") {
		t.Errorf("Log got %d bytes and no line about kube-apiserver", log.Len())
	}
}

func TestKilledOwnerLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), orphanEnv+"="+dir)
	owner.Stderr = os.Stderr
	output, err := owner.StdoutPipe()
	must(t, err)
	must(t, owner.Start())
	if _, err := fmt.Fscanln(output, new(string)); err != nil {
		t.Fatalf("the owner did not start its control plane: %v", err)
	}
	pids := readPIDs(t, dir)
	must(t, owner.Process.Kill())
	_ = owner.Wait() // says that it was killed
	eventually(t, func(context.Context) error { return allGone(pids) })
	eventually(t, func(context.Context) error {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the state folder is still there (%w)", err)
		}
		return nil
	})
}

func TestStartRejects(t *testing.T) {
	t.Parallel()
	used := t.TempDir()
	must(t, os.WriteFile(filepath.Join(used, "file"), nil, 0o600))
	tests := map[string]struct {
		opts controlplane.Options
		want string
	}{
		"used folder":         {controlplane.Options{Dir: used}, "must be empty"},
		"missing definitions": {controlplane.Options{CRDPaths: []string{filepath.Join(used, "none")}}, "none: no such file"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := controlplane.Start(t.Context(), test.opts)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one about %q", err, test.want)
			}
		})
	}
}

// readPIDs returns the process ids of a running control plane by program.
func readPIDs(t *testing.T, dir string) map[string]int {
	t.Helper()
	pids := map[string]int{}
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager"} {
		text, err := os.ReadFile(filepath.Join(dir, "pids", name))
		must(t, err)
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		must(t, err)
		if !alive(pid) {
			t.Fatalf("%s is no running process", name)
		}
		pids[name] = pid
	}
	return pids
}

// alive does not count a process that has ended but that nobody has waited for yet: after the death
// of its parent, that is up to the machine's first process.
func alive(pid int) bool {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // Linux only
	return syscall.Kill(pid, 0) == nil && !bytes.Contains(stat, []byte(") Z "))
}

func allGone(pids map[string]int) error {
	for name, pid := range pids {
		if alive(pid) {
			return fmt.Errorf("%s still runs as process %d", name, pid)
		}
	}
	return nil
}
