// SPDX-License-Identifier: Apache-2.0

package clients

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// librariesEnv names the folder that the libraries for Node were installed into.
const librariesEnv = "WHM_CLIENTS"

// program is the built simulator.
var program string

func TestMain(m *testing.M) {
	if os.Getenv(librariesEnv) == "" {
		os.Exit(m.Run()) // every test says that it is skipped
	}
	folder, err := os.MkdirTemp("", "whm-clients")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(folder, "whm-simulator")
	if output, err := exec.Command("go", "build", "-o", program, "../../cmd/whm-simulator").CombinedOutput(); err != nil {
		panic(string(output))
	}
	code := m.Run()
	_ = os.RemoveAll(folder) // nothing of it is needed any more
	os.Exit(code)
}

// simulator is a running bin/whm-simulator on the ports of real servers.
type simulator struct {
	// host is a loopback address of its own, because not every library can be told a port.
	host string
	// inventory and ca are files; admin is the control interface.
	inventory, ca, admin string
}

// startSimulator serves the inventory of that name until the test ends.
func startSimulator(t *testing.T, inventory string) simulator {
	t.Helper()
	if os.Getenv(librariesEnv) == "" {
		t.Skip("needs Node and the libraries; make test-clients brings them")
	}
	path, err := filepath.Abs(filepath.Join("testdata", inventory))
	if err != nil {
		t.Fatal(err)
	}
	s := simulator{host: ownAddress(t), inventory: path, ca: filepath.Join(t.TempDir(), "ca.pem")}
	cmd := exec.CommandContext(t.Context(), program, "--inventory", path, "--ca-file", s.ca, "--certificate-name", s.host,
		"--listen", s.host+":2087", "--cpanel-listen", s.host+":2083", "--webmail-listen", s.host+":2096",
		"--plain-listen", s.host+":2086", "--plain-cpanel-listen", s.host+":2082", "--admin-listen", s.host+":0")
	cmd.SysProcAttr = childAttributes()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Stderr = os.Stderr
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the signal that ends it is its error
	s.admin = adminAddress(t, output)
	return s
}

// adminAddress reads the block that the simulator prints as soon as it serves; its last line names the CA file.
func adminAddress(t *testing.T, output io.Reader) string {
	t.Helper()
	admin, lines := "", bufio.NewScanner(output)
	for lines.Scan() {
		switch word, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), " "); word {
		case "Admin":
			admin = strings.TrimSpace(value)
		case "CA":
			return admin
		}
	}
	t.Fatalf("the simulator ended before it served: %v", lines.Err())
	return ""
}

// ownAddress is a loopback address on which nobody listens at WHM's port. Only Linux has more than one.
func ownAddress(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		return "127.0.0.1"
	}
	for range 20 {
		host := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(255), 1+rand.IntN(254))
		listener, err := net.Listen("tcp", host+":2087")
		if err == nil {
			_ = listener.Close() // it was opened only to see that it can be
			return host
		}
	}
	t.Fatal("no free loopback address")
	return ""
}

// get reads a page of the control interface.
func (s simulator) get(t *testing.T, path string, into any) {
	t.Helper()
	// Asked from a cleanup too, when the test's own context has ended.
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, s.admin+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
