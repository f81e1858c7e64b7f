// SPDX-License-Identifier: Apache-2.0

// Package upstream turns a WHMServer object into a connection, and keeps what all objects that refer to one server
// share: its rate limit, its slots, its breaker and the gate that stops a rejected credential from locking the operator
// out.
package upstream
