// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

var (
	orphanedTokens = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "whm_orphaned_tokens",
		Help: "API tokens on the server that carry this cluster's id and that no object knows.",
	}, []string{"namespace", "name"})

	leftoverCredentials = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "whm_leftover_credentials",
		Help: "Deleted objects whose credentials could not be revoked on the server yet.",
	}, []string{"namespace", "name"})
)

func init() {
	metrics.Registry.MustRegister(orphanedTokens, leftoverCredentials)
}

// observeTokens shows what stands in the status.
func observeTokens(server v1alpha1.Server) {
	key, st := client.ObjectKeyFromObject(server), server.ServerStatus()
	orphans := 0.0
	if st.Orphans != nil {
		orphans = float64(st.Orphans.Count)
	}
	orphanedTokens.WithLabelValues(key.Namespace, key.Name).Set(orphans)
	leftoverCredentials.WithLabelValues(key.Namespace, key.Name).Set(float64(len(st.Leftovers)))
}

func forgetTokenMetrics(key types.NamespacedName) {
	orphanedTokens.DeleteLabelValues(key.Namespace, key.Name)
	leftoverCredentials.DeleteLabelValues(key.Namespace, key.Name)
}
