// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
)

// tailLines is how much of a log goes with a failure.
const tailLines = 30

// logFile is what the managers print, one after the other.
type logFile struct{ *os.File }

func openLog(path string) (*logFile, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &logFile{file}, nil
}

func (l *logFile) text() (string, error) {
	text, err := os.ReadFile(l.Name())
	return string(text), err
}

// managerLog returns the end of the manager's log, or nothing if it was not started.
func (s *story) managerLog() string {
	if s.log == nil {
		return ""
	}
	text, err := s.log.text()
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
