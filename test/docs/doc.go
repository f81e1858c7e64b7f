// SPDX-License-Identifier: Apache-2.0

// Package docs keeps the documentation true: its manifests are ones that the API server takes, its links lead somewhere,
// and no kind, field, condition reason, event, metric, mark or feature is left out.
package docs
