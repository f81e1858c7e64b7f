// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// clear ends everything that the demo started, in the reverse order, and fails if something is left.
func (s *story) clear() error {
	if s.manager != nil {
		_ = s.manager.Stop() // after an interrupt, it says that it was interrupted
	}
	for _, at := range s.servers() {
		at.stop()
	}
	var errs []error
	if s.cluster != nil {
		errs = append(errs, s.cluster.Stop())
	}
	if s.log != nil {
		errs = append(errs, s.log.Close())
	}
	if s.folder != "" {
		errs = append(errs, os.RemoveAll(s.folder))
	}
	if left := children(); len(left) > 0 {
		errs = append(errs, fmt.Errorf("still running: %s", strings.Join(left, ", ")))
	}
	return errors.Join(errs...)
}

// children lists the processes that this one started and that still run. It knows nothing where there is no /proc.
func children() []string {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	var left []string
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // ended meanwhile
		}
		// pid (name) state parent …; the name may hold anything.
		at := bytes.LastIndexByte(stat, ')')
		fields := bytes.Fields(stat[at+1:])
		if at > 0 && len(fields) > 1 && string(fields[1]) == strconv.Itoa(os.Getpid()) {
			left = append(left, string(stat[:at+1]))
		}
	}
	return left
}
