// SPDX-License-Identifier: Apache-2.0

package scoped_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"
)

// request is one request to the API server and how it ended.
type request struct {
	method, path string
	query        url.Values
	metadata     bool
	status       int
}

func (r request) String() string {
	return fmt.Sprintf("%s %s?%s: %d", r.method, r.path, r.query.Encode(), r.status)
}

var (
	// discovery is what every client may ask, to know which kinds there are.
	discovery = regexp.MustCompile(`^/(api|apis)(/v1|/[^/]+|/[^/]+/[^/]+)?$`)
	// namespaced is what lies in a namespace, and the namespace itself.
	namespaced = regexp.MustCompile(`^/(?:api/v1|apis/[^/]+/[^/]+)/namespaces/([^/]+)(?:/([^/]+)(/.+)?)?$`)
)

// namespace returns where the request was allowed or not; empty for the whole cluster.
func (r request) namespace() string {
	if m := namespaced.FindStringSubmatch(r.path); m != nil {
		return m[1]
	}
	return ""
}

// ofNamespace tells whether the request is about the Namespace object of that name.
func (r request) ofNamespace(name string) bool {
	return r.method == http.MethodGet && r.path == "/api/v1/namespaces/"+name
}

// ofManySecrets tells whether the request is a list or a watch of Secrets.
func (r request) ofManySecrets() bool {
	return r.method == http.MethodGet && strings.HasPrefix(r.path, "/api/v1/") && strings.HasSuffix(r.path, "/secrets")
}

// recorder stands between a manager and the API server, adds the credentials of a service account and writes down what
// is asked.
type recorder struct {
	server *httptest.Server

	mu  sync.Mutex
	all []request
}

func newRecorder(account *rest.Config) *recorder {
	transport, err := rest.TransportFor(account)
	Expect(err).NotTo(HaveOccurred())
	to, err := url.Parse(account.Host)
	Expect(err).NotTo(HaveOccurred())
	r := &recorder{}
	r.server = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:        func(p *httputil.ProxyRequest) { p.SetURL(to) },
		Transport:      transport,
		FlushInterval:  -1,
		ErrorLog:       log.New(io.Discard, "", 0),
		ModifyResponse: r.record,
	})
	return r
}

func (r *recorder) record(answer *http.Response) error {
	asked := answer.Request
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, request{
		method: asked.Method, path: asked.URL.Path, query: asked.URL.Query(), status: answer.StatusCode,
		metadata: strings.Contains(asked.Header.Get("Accept"), "as=PartialObjectMetadata"),
	})
	return nil
}

// requests returns all requests but discovery.
func (r *recorder) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.all), func(q request) bool { return discovery.MatchString(q.path) })
}

// matching returns the requests that fulfil a condition.
func (r *recorder) matching(condition func(request) bool) []request {
	return slices.DeleteFunc(r.requests(), func(q request) bool { return !condition(q) })
}

func (r *recorder) config() *rest.Config { return &rest.Config{Host: r.server.URL} }

func (r *recorder) close() {
	r.server.CloseClientConnections()
	r.server.Close()
}
