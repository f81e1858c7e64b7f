// SPDX-License-Identifier: Apache-2.0

// Package testbed puts the real pieces together for suites, the demo and benchmarks: a control plane with the operator's
// CRDs and roles, simulated WHM servers, and the manager binary as a process with its own service account.
package testbed
