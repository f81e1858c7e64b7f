// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// Not parallel: controller-runtime registers its flags on variables of its own.
func TestVerbosityStopsBeforeBodiesOfRequests(t *testing.T) {
	for level, most := range map[string]int{"info": 0, "debug": 1, "5": 5, "7": 7, "8": 7, "10": 7} {
		t.Run(level, func(t *testing.T) {
			f, err := parse([]string{"--zap-log-level=" + level})
			if err != nil {
				t.Fatal(err)
			}
			logger := zap.New(zap.UseFlagOptions(&f.log), zap.WriteTo(io.Discard))
			for v := range 12 {
				if got, want := logger.V(v).Enabled(), v <= most; got != want {
					t.Errorf("V(%d) is enabled: %t, want %t", v, got, want)
				}
			}
		})
	}
}

func TestNamespacesAreRepeatedOrSeparatedByCommas(t *testing.T) {
	for _, args := range [][]string{
		{"--namespaces=a,b", "--namespaces=c"}, {"--namespaces", "a,b,c"}, {"--namespaces=a,b,c,a"},
	} {
		f, err := parse(args)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.options().Cache.DefaultNamespaces; len(got) != 3 {
			t.Errorf("%q limit the cache to %v, want a, b and c", args, got)
		}
	}
	for _, args := range [][]string{{}, {"--namespaces="}} {
		f, err := parse(args)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.options().Cache.DefaultNamespaces; got != nil {
			t.Errorf("%q limit the cache to %v, want no limit", args, got)
		}
	}
}

func TestFlagsThatAreRefused(t *testing.T) {
	for arg, want := range map[string]string{
		"--workers=0":             "--workers must be",
		"--namespaces=a,,b":       `--namespaces: "" is not`,
		"--namespaces=a, b":       `--namespaces: " b" is not`,
		"--namespaces=*":          `--namespaces: "*" is not`,
		"--namespaces=A":          `--namespaces: "A" is not`,
		"--cluster-id=123456789":  `--cluster-id: "123456789" is not`,
		"--cluster-id=Prod":       `--cluster-id: "Prod" is not`,
		"--cluster-id=eu-west":    `--cluster-id: "eu-west" is not`,
		"--cluster-id=whm\nadmin": `--cluster-id: "whm\nadmin" is not`,
	} {
		if _, err := parse([]string{arg}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want one with %s", arg, err, want)
		}
	}
}

func TestFlagsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	if usage := new(flags).set().FlagUsages(); !strings.Contains(string(page), usage) {
		t.Errorf("docs/operations.md does not show what --help says:\n%s", usage)
	}
}
