// SPDX-License-Identifier: Apache-2.0

// Package clients lets published WHM client libraries, written for real servers, drive the simulator. Each script
// prints a line for each thing the library made of an answer; the tests compare those lines and the simulator's ledger
// of what really happened. `make test-clients` installs the libraries and runs it.
package clients
