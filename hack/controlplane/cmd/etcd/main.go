// Command etcd is the etcd server that the test control plane stores its objects in,
// at the version that the pinned Kubernetes release is built against.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
