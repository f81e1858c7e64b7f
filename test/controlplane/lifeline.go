package controlplane

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/whm-credentials/operator/test/controlplane/assets"
)

// wrapperScript notes its process id for the watcher and becomes the real binary, so that the
// processes that envtest starts, and does not show, can be found again.
const wrapperScript = `#!/bin/sh
echo $$ >"${0%%/bin/*}/pids/%[2]s"
exec '%[1]s/%[2]s' "$@"
`

// watchScript reads until the pipe from this process breaks, which it does however this process
// dies, and then ends what is left. $1 is the state folder, $2 says whether to keep it.
const watchScript = `cat >/dev/null
for file in "$1"/pids/*; do read -r pid <"$file" && kill -9 "$pid"; done 2>/dev/null
[ "$2" = keep ] || rm -rf "$1"
`

// lifeline is a watching process that outlives this one just long enough to end the control plane.
// The kernel's own parent-death signal would not do: it exists on Linux only and fires when the
// thread that started the child ends, not the process.
type lifeline struct {
	cmd  *exec.Cmd
	pipe io.Closer
}

// tieLifeline prepares the state folder and starts the watcher, before any process it watches.
func (cp *ControlPlane) tieLifeline() error {
	for _, name := range []string{"bin", "pids", "logs", "etcd", "apiserver"} {
		if err := os.Mkdir(filepath.Join(cp.dir, name), 0o700); err != nil {
			return err
		}
	}
	for _, name := range []string{assets.Etcd, assets.APIServer, assets.ControllerManager} {
		if err := cp.writeWrapper(name); err != nil {
			return err
		}
	}
	line, err := newLifeline(cp.dir, cp.keepDir)
	if err != nil {
		return fmt.Errorf("start the watching process: %w", err)
	}
	cp.lifeline = line
	return nil
}

// writeWrapper keeps other goroutines from forking meanwhile: their child would hold the script
// open for writing for a moment, and executing it would fail with "text file busy".
func (cp *ControlPlane) writeWrapper(name string) error {
	script := fmt.Sprintf(wrapperScript, cp.assetsDir, name)
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(cp.binary(name), []byte(script), 0o700)
}

// binary returns the path under which a program of the control plane is started.
func (cp *ControlPlane) binary(name string) string { return filepath.Join(cp.dir, "bin", name) }

func newLifeline(dir string, keep bool) (*lifeline, error) {
	mode := "remove"
	if keep {
		mode = "keep"
	}
	cmd := exec.Command("/bin/sh", "-c", watchScript, "watch", dir, mode)
	// Its own group: an interrupt typed at the terminal must not end the watcher first.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &lifeline{cmd: cmd, pipe: pipe}, nil
}

// release ends the watcher without letting it act: the caller has stopped everything itself.
func (l *lifeline) release() error {
	// The whole group: the shell waits in a child of its own.
	if err := syscall.Kill(-l.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		return fmt.Errorf("end the watching process: %w", err)
	}
	_ = l.cmd.Wait() // says that it was killed
	_ = l.pipe.Close()
	return nil
}
