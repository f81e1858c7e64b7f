// SPDX-License-Identifier: Apache-2.0

// Package api holds the suite of the operator's API: what the API server accepts and refuses, with which words; what is
// accepted but cannot be done, which the operator says in a condition and one event; and that tools which know nothing of
// the operator can read its objects. A real API server, simulated WHM servers, and the operator with the rights of its
// service account.
package api
