package assets

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lock takes the file lock at path, waiting for its holder, and returns the function that releases
// it. The kernel drops the lock with its process, so a killed build blocks nobody.
func lock(path string, progress io.Writer) (func(), error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make the cache folder: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the build lock: %w", err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		_, _ = fmt.Fprintln(progress, "waiting for another build of the control plane…")
		err = waitLock(file)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("take the build lock: %w", err), file.Close())
	}
	return func() { _ = file.Close() }, nil // closing releases it
}

// waitLock repeats the blocking call because the Go runtime interrupts it with its own signals.
func waitLock(file *os.File) error {
	for {
		if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
