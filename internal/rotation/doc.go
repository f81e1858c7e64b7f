// SPDX-License-Identifier: Apache-2.0

// Package rotation decides what to do next about a credential. It does no I/O: Next is a function from the journal, the
// observed world and the clock to one step, so that every interleaving of steps, crashes and lost answers can be
// explored in a unit test. The controllers carry the steps out.
package rotation
