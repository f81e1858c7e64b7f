// Package controlplane starts and stops a real Kubernetes control plane on this machine: etcd,
// kube-apiserver with RBAC, and kube-controller-manager with the controllers that make garbage
// collection, namespace deletion and workload rollouts real. Suites, the demo and benchmarks use
// it; it needs neither root nor a container runtime.
//
// There is no kubelet and no scheduler. [ControlPlane.RunPods] plays both, so that Deployments,
// StatefulSets and DaemonSets roll out to the end although no container ever runs.
//
// The binaries come from KUBEBUILDER_ASSETS or from what `make controlplane` built.
package controlplane
