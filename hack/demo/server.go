// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/whm-credentials/operator/internal/whm/simulator"
	"github.com/whm-credentials/operator/test/testbed"
)

//go:embed stage
var stage embed.FS

// stopTimeout is how long a simulator gets to end by itself.
const stopTimeout = 5 * time.Second

// server is a simulated WHM server: bin/whm-simulator as a process.
type server struct {
	name string
	// inventory is what it was started with.
	inventory simulator.Inventory
	// endpoint, cpanel and admin are its addresses, ca the certificate to trust.
	endpoint, cpanel, admin, ca string

	cmd  *exec.Cmd
	done chan struct{}
	// tries are the failed logins that the demo itself made.
	tries int
	// hashesOff is true when logins with access hashes were switched off.
	hashesOff bool
}

// startServer starts the program and returns when it serves.
func startServer(ctx context.Context, program, folder, name string) (*server, error) {
	text, err := stage.ReadFile("stage/" + name + ".yaml")
	if err != nil {
		return nil, err
	}
	s := &server{name: name, done: make(chan struct{})}
	if s.inventory, err = simulator.ParseInventory(text); err != nil {
		return nil, err
	}
	inventory, ca := filepath.Join(folder, name+".yaml"), filepath.Join(folder, name+"-ca.pem")
	if err := os.WriteFile(inventory, text, 0o600); err != nil {
		return nil, err
	}
	const anyPort = "127.0.0.1:0"
	s.cmd = exec.CommandContext(ctx, program, "--inventory", inventory, "--ca-file", ca, "--listen", anyPort,
		"--cpanel-listen", anyPort, "--webmail-listen", anyPort, "--admin-listen", anyPort)
	if err := s.start(); err != nil {
		return nil, fmt.Errorf("start simulator %s: %w", name, err)
	}
	pem, err := os.ReadFile(ca)
	s.ca = string(pem)
	return s, err
}

func (s *server) start() error {
	output, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	s.cmd.Stderr = os.Stderr
	s.cmd.SysProcAttr = testbed.ChildAttributes()
	s.cmd.Cancel = s.terminate
	s.cmd.WaitDelay = stopTimeout
	if err := s.cmd.Start(); err != nil {
		return err
	}
	if err := s.readAddresses(output); err != nil {
		return errors.Join(err, s.cmd.Process.Kill(), s.cmd.Wait())
	}
	go func() {
		_ = s.cmd.Wait() // ends by a signal
		close(s.done)
	}()
	return nil
}

// readAddresses reads the block that the simulator prints when it serves; its last line names the CA file.
func (s *server) readAddresses(output io.Reader) error {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		word, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		switch value = strings.TrimSpace(value); word {
		case "WHM":
			s.endpoint = value
		case "cPanel":
			s.cpanel = value
		case "Admin":
			s.admin = value
		case "CA":
			return nil
		}
	}
	return errors.Join(errors.New("it ended before it served"), lines.Err())
}

func (s *server) terminate() error { return s.cmd.Process.Signal(syscall.SIGTERM) }

// stop ends the process and waits until it is gone.
func (s *server) stop() {
	_ = s.terminate() // it may have ended already
	select {
	case <-s.done:
	case <-time.After(stopTimeout):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
}
