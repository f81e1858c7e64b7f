// SPDX-License-Identifier: Apache-2.0

// Package simulator is a WHM and cPanel server that speaks the wire protocol:
// TLS with its own authority, /json-api, /execute, /login, /cpsess sessions,
// every way to authenticate and to call cPanel functions, version and privilege
// gates, cPHulk lock-outs and the answer shapes that real servers give. Any WHM client can talk to it.
//
// It exists to be asked hard questions. Fault rules break answers at chosen
// calls, a ledger remembers every credential and call without holding a secret
// byte, a virtual clock moves time, and [Unverified] has a switch for each
// behaviour that no public source settles, so that a client can be tried
// against whichever way a real server behaves.
//
// The package writes its own wire format and never imports a client: a shared
// struct would let the same mistake pass on both sides.
package simulator
