// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// request is one request to the API server.
type request struct {
	// verb is that of RBAC; resource includes the subresource.
	verb, resource, name string
	// metadata is true if the API server was asked to leave the content out.
	metadata bool
}

func (r request) String() string {
	text := r.verb + " " + r.resource
	if r.metadata {
		text += " (metadata)"
	}
	return text
}

// requests records what a client asks of the API server.
type requests struct {
	mu   sync.Mutex
	list []request
}

// wrap is for rest.Config.Wrap.
func (r *requests) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(h *http.Request) (*http.Response, error) {
		if q, ok := parseRequest(h); ok {
			r.mu.Lock()
			r.list = append(r.list, q)
			r.mu.Unlock()
		}
		return next.RoundTrip(h)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(h *http.Request) (*http.Response, error) { return f(h) }

// parseRequest reads /api/v1/… and /apis/group/version/…; ok is false for discovery.
func parseRequest(h *http.Request) (q request, ok bool) {
	parts := strings.Split(strings.Trim(h.URL.Path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api":
		parts = parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		parts = parts[3:]
	default:
		return q, false
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		parts = parts[2:]
	}
	q.resource = parts[0]
	if len(parts) > 1 {
		q.name = parts[1]
	}
	if len(parts) > 2 {
		q.resource += "/" + parts[2]
	}
	q.verb = verbOf(h, q.name)
	q.metadata = strings.Contains(h.Header.Get("Accept"), "as=PartialObjectMetadata")
	return q, true
}

func verbOf(h *http.Request, name string) string {
	switch {
	case h.Method == http.MethodPost:
		return "create"
	case h.Method == http.MethodPut:
		return "update"
	case h.Method != http.MethodGet:
		return strings.ToLower(h.Method)
	case h.URL.Query().Get("watch") != "":
		return "watch"
	case name != "":
		return "get"
	}
	return "list"
}

// reset forgets what was recorded.
func (r *requests) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = nil
}

// where returns the recorded requests that match.
func (r *requests) where(match func(request) bool) []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []request
	for _, q := range r.list {
		if match(q) {
			found = append(found, q)
		}
	}
	return found
}

// writes are the requests that change something, events and leases apart.
func (r *requests) writes() []request {
	return r.where(func(q request) bool {
		return slices.Contains([]string{"create", "update", "patch", "delete"}, q.verb) &&
			q.resource != "events" && q.resource != "leases"
	})
}

// secretReads are reads of single Secrets, but those named.
func (r *requests) secretReads(except ...string) []request {
	return r.where(func(q request) bool {
		return q.verb == "get" && q.resource == "secrets" && !slices.Contains(except, q.name)
	})
}

// String lists how many requests of each sort there were.
func (r *requests) String() string {
	counts := map[string]int{}
	for _, q := range r.where(func(request) bool { return true }) {
		counts[q.String()]++
	}
	var lines []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("%4d %s", counts[kind], kind))
	}
	return strings.Join(lines, "\n")
}
