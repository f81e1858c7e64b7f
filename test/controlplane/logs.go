package controlplane

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// logTail bounds how many bytes of a log go into an error.
const logTail = 2000

// logs hands out the writers for the output of the processes: the caller's writer for all, or a
// file for each.
type logs struct {
	dir    string
	shared io.Writer // nil: files

	mu    sync.Mutex
	files []*os.File
}

func newLogs(stateDir string, shared io.Writer) *logs {
	l := &logs{dir: filepath.Join(stateDir, "logs")}
	if shared != nil {
		l.shared = &lockedWriter{to: shared}
	}
	return l
}

// open returns where the named program writes to. Files stay open until close.
func (l *logs) open(name string) (io.Writer, error) {
	if l.shared != nil {
		return l.shared, nil
	}
	file, err := os.OpenFile(l.path(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.files = append(l.files, file)
	return file, nil
}

func (l *logs) path(name string) string { return filepath.Join(l.dir, name+".log") }

// tail returns the end of each program's log file; nothing where the caller has the logs.
func (l *logs) tail(names ...string) string {
	var text bytes.Buffer
	for _, name := range names {
		log, err := os.ReadFile(l.path(name))
		if err != nil || len(log) == 0 {
			continue
		}
		_, _ = fmt.Fprintf(&text, "end of the log of %s:\n%s\n", name, log[max(0, len(log)-logTail):])
	}
	return text.String()
}

func (l *logs) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, file := range l.files {
		errs = append(errs, file.Close())
	}
	l.files = nil
	return errors.Join(errs...)
}

// lockedWriter lets several processes share a writer that need not be safe for concurrent use.
type lockedWriter struct {
	mu sync.Mutex
	to io.Writer
}

// Write implements [io.Writer].
func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}
