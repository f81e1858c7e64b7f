// SPDX-License-Identifier: Apache-2.0

// Package setup holds what the manager binary and the test suites share: scheme, cache and client options, and the
// wiring of the controllers. Suites that used their own would test something that nobody runs.
package setup

import (
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// Scheme returns the kinds that the operator knows.
func Scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(s))
	utilruntime.Must(v1alpha1.AddToScheme(s))
	return s
}
