// Package assets knows where the binaries of the test control plane are and builds them.
//
// They are compiled from the module in hack/controlplane, which pins the versions, into a
// git-ignored folder of the repository. The folder's name carries the Kubernetes version, the
// platform and a hash of that module's files, so a change of any of them is a new build and
// nothing else is.
package assets
