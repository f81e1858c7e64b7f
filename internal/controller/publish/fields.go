// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"encoding/json"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// managedFields lists what the operator wrote into a Secret.
type managedFields struct {
	Data        []string `json:"data,omitempty"`
	Labels      []string `json:"labels,omitempty"`
	Annotations []string `json:"annotations,omitempty"`
}

func (m managedFields) String() string {
	// Lists of strings cannot fail to encode.
	raw, _ := json.Marshal(m)
	return string(raw)
}

// readManagedFields returns nothing if the annotation was damaged: then stale keys stay, which is better than removing
// what may be somebody else's.
func readManagedFields(annotations map[string]string) (m managedFields) {
	if json.Unmarshal([]byte(annotations[v1alpha1.ManagedFieldsAnnotation]), &m) != nil {
		return managedFields{}
	}
	return m
}
