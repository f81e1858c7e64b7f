// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/publish"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/template"
)

// serverKeys returns the default keys that all kinds share.
func serverKeys(server v1alpha1.Server) map[string]string {
	host, port := upstream.HostPort(server)
	return map[string]string{"host": host, "port": port, "endpoint": upstream.Endpoint(server)}
}

// addEndpoint puts an endpoint other than that of WHM among the keys.
func addEndpoint(keys map[string]string, endpoint string) {
	keys["endpoint"] = endpoint
	if u, err := url.Parse(endpoint); err == nil {
		keys["host"], keys["port"] = u.Hostname(), u.Port()
	}
}

// parseTemplate checks the template before anything is issued, so that no credential is lost to a typing error.
func parseTemplate(spec *v1alpha1.CredentialSpec) (*template.Set, error) {
	t := spec.Secret.Template
	if t == nil || len(t.Data) == 0 {
		return nil, nil
	}
	sources := make(map[string]string, len(t.Data))
	for key, source := range t.Data {
		sources[key] = string(source)
	}
	set, err := template.Parse(sources)
	if err != nil {
		return nil, outcome.Stall(v1alpha1.TemplateFailedReason, "spec.secret.template.data: %w", err)
	}
	return set, nil
}

// render returns the data of the Secret.
func render(set *template.Set, keys map[string]string) (map[string][]byte, error) {
	if set != nil {
		data, err := set.Render(keys)
		if err != nil {
			return nil, outcome.Stall(v1alpha1.TemplateFailedReason, "spec.secret.template.data: %w", err)
		}
		return data, nil
	}
	data := make(map[string][]byte, len(keys))
	for key, value := range keys {
		// What does not exist, such as an expiry, is empty for the sake of templates.
		if value != "" {
			data[key] = []byte(value)
		}
	}
	return data, nil
}

// trySample renders the template with a made-up value.
func trySample(d driver, obj Credential, set *template.Set, server v1alpha1.Server) (map[string][]byte, error) {
	return render(set, keysOf(d, obj, server, d.Sample(obj), nil))
}

// keysOf returns the default keys of the Secret for an entry and the one before it.
func keysOf(d driver, obj Credential, server v1alpha1.Server, e, previous *rotation.Entry) map[string]string {
	keys := serverKeys(server)
	maps.Copy(keys, d.Keys(obj, server, e))
	if o, ok := d.(overlapper); ok && obj.CredentialSpec().Secret.IncludePrevious {
		maps.Copy(keys, o.PreviousKeys(obj, previous))
	}
	return keys
}

// digestInputs returns a digest of everything but the credential that goes into the Secret, to notice a changed template
// or endpoint without reading the Secret.
func digestInputs(d driver, obj Credential, server v1alpha1.Server) (string, error) {
	sample := d.Sample(obj)
	sample.ID = ""
	raw, err := json.Marshal(struct {
		Template *v1alpha1.SecretTemplate
		Keys     map[string]string
	}{obj.CredentialSpec().Secret.Template, keysOf(d, obj, server, sample, nil)})
	if err != nil {
		return "", fmt.Errorf("encode template: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])[:16], nil
}

// content returns what the Secret is to hold for a revision.
func (r *CredentialReconciler) content(s *scope, e *rotation.Entry) (publish.Content, error) {
	st := r.facts(s)
	if e.Withdrawn {
		return publish.Content{Revision: e.Revision, ID: e.ID, IssuedAt: e.IssuedAt, Inputs: s.inputs}, nil
	}
	data, err := render(s.template, keysOf(r.driver, s.obj, s.server, e, st.Previous(e)))
	if err != nil {
		return publish.Content{}, err
	}
	return publish.Content{
		Data: data, Revision: e.Revision, ID: e.ID, Fingerprint: e.Fingerprint, IssuedAt: e.IssuedAt,
		PublishedAt: r.publishedAt(s, e, st), Inputs: s.inputs,
	}, nil
}

// publishedAt returns when a revision was published first, or is now; zero if nothing counts from that.
func (r *CredentialReconciler) publishedAt(s *scope, e *rotation.Entry, st rotation.State) time.Time {
	switch {
	case !st.Class.Overlaps():
		return time.Time{}
	case publishedRevision(s) == e.Revision && !st.PublishedAt.IsZero():
		return st.PublishedAt
	}
	return r.Clock.Now().Truncate(time.Second)
}
