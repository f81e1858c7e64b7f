// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/internal/controller/names"
)

const (
	// systemNamespace is made with the cluster and lives as long.
	systemNamespace = "kube-system"
	// podNamespaceFile is where a pod finds the name of its namespace.
	podNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
	// identityTimeout bounds the one read that the start waits for.
	identityTimeout = 30 * time.Second
)

// CheckClusterID tells what is wrong with an id that a person chose; none is fine.
func CheckClusterID(id string) error {
	if id != "" && !names.ClusterForm.MatchString(id) {
		return fmt.Errorf("--cluster-id: %q is not 1 to 8 characters of a-z and 0-9", id)
	}
	return nil
}

// IdentityNamespace returns the namespace whose UID tells this cluster from others. An operator that is limited to some
// namespaces may not read kube-system and takes its own: that of its pod or, outside of a cluster, that of its lease.
func IdentityNamespace(namespaced bool, leaseNamespace string) (string, error) {
	if !namespaced {
		return systemNamespace, nil
	}
	own, err := os.ReadFile(podNamespaceFile)
	switch name := strings.TrimSpace(string(own)); {
	case name != "":
		return name, nil
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("find the operator's own namespace: %w", err)
	case leaseNamespace != "":
		return leaseNamespace, nil
	}
	return "", errors.New("the operator's own namespace, which gives the cluster its id, is unknown outside of a pod; " +
		"set --cluster-id or --leader-election-namespace")
}

// ClusterID returns the id that follows from the UID of a namespace. The reader must not be a cache: it would watch all
// namespaces for the sake of one.
func ClusterID(ctx context.Context, live client.Reader, namespace string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, identityTimeout)
	defer cancel()
	ns := &metav1.PartialObjectMetadata{}
	ns.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := live.Get(ctx, client.ObjectKey{Name: namespace}, ns); err != nil {
		return "", fmt.Errorf("read the namespace whose UID gives the cluster its id; allow the operator to get namespace %s, "+
			"or set --cluster-id: %w", namespace, err)
	}
	return names.ClusterID(ns.UID), nil
}
