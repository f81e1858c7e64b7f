// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/rest"
)

// APIProxy stands between the manager and the API server. It adds the credentials of the operator's service account, and
// shows the manager one namespace as if it were the whole cluster, so that many managers can work side by side.
type APIProxy struct {
	server    *httptest.Server
	forward   *httputil.ReverseProxy
	namespace string
	trap      *Trap
	// written is told of every Secret write that succeeded, before the manager learns of it.
	written func()

	mu    sync.Mutex
	lines []string
}

// NewAPIProxy starts a proxy on a free port.
func NewAPIProxy(operator *rest.Config, namespace string, trap *Trap, written func()) (*APIProxy, error) {
	transport, err := rest.TransportFor(operator)
	if err != nil {
		return nil, fmt.Errorf("make transport of the API proxy: %w", err)
	}
	to, err := url.Parse(operator.Host)
	if err != nil {
		return nil, fmt.Errorf("parse address of the API server: %w", err)
	}
	p := &APIProxy{namespace: namespace, trap: trap, written: written}
	p.forward = newForwarder(to, transport)
	p.forward.ModifyResponse = p.observe
	p.server = httptest.NewServer(http.HandlerFunc(p.serve))
	return p, nil
}

// newForwarder passes requests on as they are. A broken connection to the server becomes a broken one to the manager.
func newForwarder(to *url.URL, transport http.RoundTripper) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport:     transport,
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
}

// deliver hands a request to its server.
func deliver(to http.Handler, how Delivery, w http.ResponseWriter, r *http.Request) {
	switch how {
	case Unheard:
		w = httptest.NewRecorder()
	case Stubborn:
		r = r.WithContext(context.WithoutCancel(r.Context()))
	case Heard:
	}
	to.ServeHTTP(w, r)
}

// Config is what the manager connects with.
func (p *APIProxy) Config() *rest.Config { return &rest.Config{Host: p.server.URL} }

// Lines returns every request line.
func (p *APIProxy) Lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines)
}

// Close ends the proxy. The manager must be gone.
func (p *APIProxy) Close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

func (p *APIProxy) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.lines = append(p.lines, r.Method+" "+r.URL.RequestURI())
	p.mu.Unlock()
	object := parsePath(r.URL.Path)
	r.URL.Path = object.within(p.namespace)
	if object.isEveryNamespace() {
		r.URL.RawQuery = onlyNamed(p.namespace, r.URL.Query())
	}
	if !object.counts(r.Method) {
		p.forward.ServeHTTP(w, r)
		return
	}
	alive := p.trap.pass(API, r.Method+" "+object.String(), func(how Delivery) { deliver(p.forward, how, w, r) })
	if !alive {
		panic(http.ErrAbortHandler)
	}
}

// observe runs while the manager still waits, so what it looks at is what this write made.
func (p *APIProxy) observe(r *http.Response) error {
	if r.Request.Method != http.MethodGet && r.StatusCode < http.StatusBadRequest &&
		parsePath(r.Request.URL.Path).resource == "secrets" {
		p.written()
	}
	return nil
}

// apiObject is what a path of the Kubernetes API names.
type apiObject struct {
	prefix, namespace, resource, name, subresource string
}

func parsePath(path string) apiObject {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	head := 2 // api/v1
	if parts[0] == "apis" {
		head = 3 // apis/group/version
	}
	if len(parts) <= head {
		return apiObject{prefix: path}
	}
	o := apiObject{prefix: "/" + strings.Join(parts[:head], "/")}
	parts = parts[head:]
	if parts[0] == "namespaces" && len(parts) > 2 {
		o.namespace, parts = parts[1], parts[2:]
	}
	for i, field := range []*string{&o.resource, &o.name, &o.subresource} {
		if i < len(parts) {
			*field = parts[i]
		}
	}
	return o
}

// clusterScoped are resources without a namespace that a manager may read.
var clusterScoped = []string{"namespaces", "clusterwhmservers", "customresourcedefinitions"}

// within returns the path, for a list over all namespaces that of the one namespace.
func (o apiObject) within(namespace string) string {
	if o.resource != "" && o.namespace == "" && o.name == "" && !slices.Contains(clusterScoped, o.resource) {
		o.namespace = namespace
	}
	parts := []string{o.prefix}
	if o.namespace != "" {
		parts = append(parts, "namespaces", o.namespace)
	}
	for _, part := range []string{o.resource, o.name, o.subresource} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/")
}

// isEveryNamespace tells whether it is the list of namespaces, of which there are as many as there were rigs.
func (o apiObject) isEveryNamespace() bool { return o.resource == "namespaces" && o.name == "" }

// onlyNamed is the query of a list or watch with a selector that leaves one object.
func onlyNamed(name string, query url.Values) string {
	query.Set("fieldSelector", fields.OneTermEqualSelector(metav1.ObjectNameField, name).String())
	return query.Encode()
}

// counts tells whether a request changes anything that the operator's state depends on.
func (o apiObject) counts(method string) bool {
	return method != http.MethodGet && o.resource != "" && o.resource != "events" && o.resource != "leases"
}

func (o apiObject) String() string {
	if strings.HasPrefix(o.name, "whm-journal-") {
		o.name = "journal" // its name differs from run to run
	}
	return strings.TrimRight(strings.Join([]string{o.resource, o.name, o.subresource}, "/"), "/")
}
