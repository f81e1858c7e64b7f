// Command kube-apiserver is the API server of the test control plane.
package main

import (
	"os"
	_ "time/tzdata" // CronJob time zones are validated even where the host has no zone files

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/version" // fills the build information metric
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
