// SPDX-License-Identifier: Apache-2.0

package clients

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// update writes what happened as what is expected. Read the difference: it is the test.
var update = flag.Bool("update", false, "write the expectations anew")

// scriptTimeout is far beyond what a script needs.
const scriptTimeout = time.Minute

// scenario is one script, what it is called and the server it meets.
type scenario struct {
	name, inventory string
	command         []string
}

// play runs the script and compares what its library made of the answers with the file of expectations, and what the
// server did with it too.
func (sc scenario) play(t *testing.T) {
	t.Parallel()
	s := startSimulator(t, sc.inventory)
	happened := section("The library says", s.run(t, sc.command)) + "\n" + section("The server took", s.calls(t)) + "\n" +
		section("Credentials that came or went", s.changes(t))
	path := filepath.Join("testdata", sc.name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(happened), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	expected, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(expected), happened); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func section(title string, lines []string) string {
	return "# " + title + "\n" + strings.Join(lines, "")
}

// run runs a program to its end and returns the lines that it printed.
func (s simulator) run(t *testing.T, command []string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), scriptTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	// Nothing of the caller's proxies and settings: a script has the libraries, the server and its certificate.
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PERL5LIB=" + os.Getenv("PERL5LIB"),
		"NODE_PATH=" + filepath.Join(os.Getenv(librariesEnv), "node_modules"), "NODE_NO_WARNINGS=1", "NODE_EXTRA_CA_CERTS=" + s.ca, "SSL_CERT_FILE=" + s.ca,
		"WHM_HOST=" + s.host, "WHM_INVENTORY=" + s.inventory,
	}
	var output, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &complaints
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(command, " "), err, complaints.String())
	}
	return strings.SplitAfter(output.String(), "\n")
}

// node is the command for a script of the folder of that name.
func node(script string, arguments ...string) []string {
	return append([]string{"node", filepath.Join("node", script)}, arguments...)
}
