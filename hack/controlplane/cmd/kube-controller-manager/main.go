// Command kube-controller-manager runs the built-in controllers of the test control plane:
// garbage collection, namespace deletion, workload rollouts.
package main

import (
	"os"
	_ "time/tzdata" // CronJob time zones are validated even where the host has no zone files

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/version" // fills the build information metric
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	os.Exit(cli.Run(app.NewControllerManagerCommand()))
}
