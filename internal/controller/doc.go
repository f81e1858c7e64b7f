// SPDX-License-Identifier: Apache-2.0

// Package controller holds the reconcilers. One reconciler serves every kind that keeps a credential in a Secret: it
// carries out the steps that package rotation decides, and a driver for each kind knows the upstream calls. Phases leave
// facts in a scope; one function turns the facts into conditions at every exit.
package controller
