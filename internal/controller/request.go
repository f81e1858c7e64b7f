// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// longestRequest is how much of a request fits into the status; a longer one would make every write of it fail.
const longestRequest = 256

// rotateRequest returns the rotate annotation, empty if there is none, and a digest in place of one that is too long.
func rotateRequest(obj Credential) string {
	request := obj.GetAnnotations()[v1alpha1.RotateAnnotation]
	if len(request) <= longestRequest {
		return request
	}
	sum := sha256.Sum256([]byte(request))
	return "sha256:" + hex.EncodeToString(sum[:])
}
