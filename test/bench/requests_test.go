// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// request is what a request to the API server asks for.
type request struct {
	// verb is that of RBAC; resource includes the subresource.
	verb, resource string
	// name of the object, if it is about one.
	name string
}

// requests counts what a client asks of the API server.
type requests struct {
	mu     sync.Mutex
	counts map[request]int
}

// wrap is for rest.Config.Wrap.
func (r *requests) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(h *http.Request) (*http.Response, error) {
		r.count(requestOf(h))
		return next.RoundTrip(h)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(h *http.Request) (*http.Response, error) { return f(h) }

// requestOf reads /api/v1/[namespaces/x/]secrets/name/part and the same below /apis/group/version. What is shorter asks
// which kinds there are.
func requestOf(h *http.Request) request {
	parts := strings.Split(strings.Trim(h.URL.Path, "/"), "/")
	prefix := 2
	if parts[0] == "apis" {
		prefix = 3
	}
	if len(parts) <= prefix {
		return request{verb: "get", resource: "discovery"}
	}
	parts = parts[prefix:]
	if parts[0] == "namespaces" && len(parts) > 2 {
		parts = parts[2:]
	}
	parts = append(parts, "", "")
	q := request{resource: parts[0], name: parts[1]}
	if parts[2] != "" {
		q.resource += "/" + parts[2]
	}
	q.verb = verbOf(h, q.name)
	return q
}

func verbOf(h *http.Request, name string) string {
	switch h.Method {
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodGet:
	default:
		return strings.ToLower(h.Method)
	}
	switch {
	case h.URL.Query().Get("watch") != "":
		return "watch"
	case name != "":
		return "get"
	}
	return "list"
}

func (r *requests) count(q request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[request]int{}
	}
	r.counts[q]++
}

// total returns how many requests match.
func (r *requests) total(match func(request) bool) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for q, count := range r.counts {
		if match(q) {
			n += count
		}
	}
	return n
}

// String lists how many requests of each sort there were.
func (r *requests) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	sorts := map[string]int{}
	for q, count := range r.counts {
		sorts[q.verb+" "+q.resource] += count
	}
	var lines []string
	for _, sort := range slices.Sorted(maps.Keys(sorts)) {
		lines = append(lines, fmt.Sprintf("%5d %s", sorts[sort], sort))
	}
	return strings.Join(lines, "\n")
}

func anything(request) bool { return true }

// writes are all that changes something. Events are sent in the background, and nothing waits for them.
func writes(q request) bool {
	return slices.Contains([]string{"create", "update", "patch", "delete"}, q.verb) && !events(q)
}

func events(q request) bool { return q.resource == "events" }

// reads are those that the operator waits for.
func reads(q request) bool { return q.verb == "get" }

// secretReads are reads of the content of single Secrets, but those named.
func secretReads(except ...string) func(request) bool {
	return func(q request) bool {
		return q.verb == "get" && q.resource == "secrets" && !slices.Contains(except, q.name)
	}
}
