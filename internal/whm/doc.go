// SPDX-License-Identifier: Apache-2.0

// Package whm is a client for the functions of WHM API 1 and of cPanel's UAPI
// that issue, inspect and revoke credentials. It knows HTTP and WHM, and nothing
// of Kubernetes.
//
// Three properties of the remote side shape it:
//
//   - WHM answers HTTP 200 for failures, so metadata.result decides, and every
//     failure is an [*Error] whose [Class] says what a caller can do about it.
//   - WHM has no idempotency key, so a change is sent at most once, over a
//     connection of its own, and [Error.MayHaveApplied] says whether a failed
//     call may have had an effect all the same.
//   - Answers and requests carry credentials, so parameters travel in the body,
//     values are held as [Secret], and remote text is cleaned before it is quoted.
package whm
