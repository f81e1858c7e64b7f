// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

var (
	serverUp = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "whm_server_up",
		Help: "1 if the server accepted the operator's credential at the last probe, 0 if not.",
	}, []string{"namespace", "name"})

	serverLastProbe = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "whm_server_last_probe_timestamp_seconds",
		Help: "When the server was probed last.",
	}, []string{"namespace", "name"})

	rotations = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "whm_rotations_total",
		Help: "Credentials published, by kind of object.",
	}, []string{"kind"})

	failures = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "whm_reconcile_failures_total",
		Help: "Reconciliations that ended other than well, by kind of object and condition reason.",
	}, []string{"kind", "reason"})
)

func init() {
	metrics.Registry.MustRegister(serverUp, serverLastProbe, rotations, failures)
}

func observeServer(s *serverScope, err error) {
	if !s.probed {
		return
	}
	key := client.ObjectKeyFromObject(s.obj)
	up := 0.0
	if err == nil {
		up = 1
	}
	serverUp.WithLabelValues(key.Namespace, key.Name).Set(up)
	serverLastProbe.WithLabelValues(key.Namespace, key.Name).Set(float64(s.record.probed.Unix()))
	countFailure("WHMServer", err)
}

func forgetServerMetrics(key types.NamespacedName) {
	serverUp.DeleteLabelValues(key.Namespace, key.Name)
	serverLastProbe.DeleteLabelValues(key.Namespace, key.Name)
}

func countFailure(kind string, err error) {
	if err != nil {
		failures.WithLabelValues(kind, reasonOf(err)).Inc()
	}
}
