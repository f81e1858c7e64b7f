// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunServesUntilCancelled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inventory := filepath.Join(dir, "server.yaml")
	if err := os.WriteFile(inventory, []byte("version: 11.54.0.36\nusers: {root: {password: secret-of-root}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{
			"--inventory", inventory, "--hostname", "whm.test", "--ca-file", filepath.Join(dir, "ca.pem"),
			"--listen", "127.0.0.1:0", "--cpanel-listen", "127.0.0.1:0", "--webmail-listen", "127.0.0.1:0",
			"--plain-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
		}, writer)
		ended <- errors.Join(err, writer.Close())
	}()
	lines := bufio.NewScanner(reader)
	var block []string
	for len(block) < 7 && lines.Scan() {
		block = append(block, lines.Text())
	}
	for i, want := range []string{"Simulating whm.test, version 11.54.0.36", "  WHM        https://127.0.0.1:", "  cPanel     https://", "  Webmail    https://", "  WHM plain  http://", "  Admin      http://", "  CA file    " + dir} {
		if i >= len(block) || !strings.HasPrefix(block[i], want) {
			t.Errorf("line %d of %q does not begin with %q", i, block, want)
		}
	}
	if pem, err := os.ReadFile(filepath.Join(dir, "ca.pem")); err != nil || !strings.HasPrefix(string(pem), "-----BEGIN CERTIFICATE-----") {
		t.Errorf("CA file: %v %q", err, pem)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
}

func TestRunSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("users: {root: {}}\nunverifed: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, "--inventory is required"},
		{[]string{"--inventory", filepath.Join(dir, "none.yaml")}, "read inventory"},
		{[]string{"--inventory", bad}, `unknown field "unverifed"`},
		{[]string{"--nonsense"}, "unknown flag: --nonsense"},
	} {
		err := run(t.Context(), tc.args, io.Discard)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v: error %v, want %q", tc.args, err, tc.want)
		}
	}
}
