// SPDX-License-Identifier: Apache-2.0

// Package scoped shows what the manager binary asks of the API server: limited to some namespaces, as the shipped examples
// install it, nothing outside of them; and with the whole cluster, no Secrets but by label and by name.
package scoped
