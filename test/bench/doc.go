// SPDX-License-Identifier: Apache-2.0

// Package bench measures the operator against floors: the least that the same outcome costs on the same machine in the
// same run. Times alone would say more about the machine than about the operator. See docs/performance.md.
package bench
