// SPDX-License-Identifier: Apache-2.0

// Package contract compares the client and the simulator with what public
// sources say of WHM and cPanel. The two share no type and no test, so that
// without this package a mistake that both make would be found by nobody.
//
// The facts are the tables in testdata, in words of the project. A function has
// its parameters, the shape of its answer and the first release that has it;
// without one, no source states it. What is not verified stands beside it, with
// the switch of the simulator or the answers of either kind that the client has
// to take, or the reason why nothing depends on it. Everything is in the tests.
package contract
