// SPDX-License-Identifier: Apache-2.0

// Command lint is golangci-lint with the Kubernetes linters compiled in.
//
// kube-api-linter and logcheck exist only as golangci-lint plugins, and a plugin
// has to come from the same build as its host. One small main in a module of its
// own pins all three together and keeps their dependencies out of the operator's.
// The blank imports register the plugins.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/golangci/golangci-lint/v2/pkg/commands"
	"github.com/golangci/golangci-lint/v2/pkg/exitcodes"
	_ "sigs.k8s.io/kube-api-linter"
	_ "sigs.k8s.io/logtools/logcheck/gclplugin"
)

const hostModule = "github.com/golangci/golangci-lint/v2"

func main() {
	info := commands.BuildInfo{GoVersion: runtime.Version(), Version: hostVersion()}
	if err := commands.Execute(info); err != nil {
		fmt.Fprintln(os.Stderr, "lint:", err)
		os.Exit(exitcodes.Failure)
	}
}

// hostVersion is the golangci-lint version this binary was linked with;
// golangci-lint keys its cache by it.
func hostVersion() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, dep := range build.Deps {
		if dep.Path == hostModule {
			return dep.Version
		}
	}
	return "unknown"
}
