// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"encoding/json"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// required are the keys that the API server wants in Secrets of its own types; any of a list will do.
var required = map[corev1.SecretType][][]string{
	corev1.SecretTypeBasicAuth:        {{corev1.BasicAuthUsernameKey, corev1.BasicAuthPasswordKey}},
	corev1.SecretTypeSSHAuth:          {{corev1.SSHAuthPrivateKey}},
	corev1.SecretTypeTLS:              {{corev1.TLSCertKey}, {corev1.TLSPrivateKeyKey}},
	corev1.SecretTypeDockercfg:        {{corev1.DockerConfigKey}},
	corev1.SecretTypeDockerConfigJson: {{corev1.DockerConfigJsonKey}},
}

// documents are the keys whose value the API server wants to be JSON.
var documents = []string{corev1.DockerConfigKey, corev1.DockerConfigJsonKey}

// CheckType tells whether a Secret of the target's type can hold the data; nil means yes. It is asked before a credential
// is replaced: the API server would refuse the Secret only when the old one is dead.
func CheckType(target v1alpha1.SecretTarget, data map[string][]byte) error {
	if target.Template == nil {
		return nil
	}
	kind := corev1.SecretType(target.Template.Type)
	if kind == corev1.SecretTypeServiceAccountToken {
		return stall("Secrets of type %s are Kubernetes' own; choose another spec.secret.template.type", kind)
	}
	for _, keys := range required[kind] {
		i := slices.IndexFunc(keys, func(key string) bool { return data[key] != nil })
		if i < 0 {
			return stall("a Secret of type %s needs the key %s; add it to spec.secret.template.data", kind, strings.Join(keys, " or "))
		}
		if key := keys[i]; slices.Contains(documents, key) && !json.Valid(data[key]) {
			return stall("a Secret of type %s needs JSON under %s; correct it in spec.secret.template.data", kind, key)
		}
	}
	return nil
}
