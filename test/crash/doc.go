// SPDX-License-Identifier: Apache-2.0

// Package crash kills the real manager binary before and after every mutating request of a rotation, starts it again
// and checks the invariants of the design from what the simulated WHM server and the API server know, not from the
// operator's word.
//
// A [Rig] is one namespace with its own simulator and manager process. Both of the manager's connections go through
// proxies that share a [Trap]: it records the mutating requests of an undisturbed run, and springs at one of them in the
// runs that follow. A step that is added to the protocol is therefore crashed at without a word in this package.
//
// A [Consumer] uses what is published after everything that the manager does and in between. What differs between kinds
// of credentials is a [Kind], which belongs to a [Class]; a [Scenario] says which one and how its rotation begins.
package crash
