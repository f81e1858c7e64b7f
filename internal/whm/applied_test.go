// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// rawServer speaks TLS and hands over each connection after it has read one
// whole request; it counts those requests.
func rawServer(t *testing.T, serve func(net.Conn)) (Options, *atomic.Int32) {
	t.Helper()
	f := serveNothing(t)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", f.TLS)
	noError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	var count atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				in := bufio.NewReader(conn)
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					count.Add(1)
					serve(conn)
				}
			}()
		}
	}()
	return Options{
		Endpoint: "https://" + listener.Addr().String(), TLS: TLSOptions{CABundle: pemOf(f.Server)}, Timeout: 20 * time.Second,
	}, &count
}

// serveNothing lends the certificate of a test server.
func serveNothing(t *testing.T) *fakeWHM {
	t.Helper()
	return serve(t, replyWith(200, ""))
}

func send(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

func sendAndClose(text string) func(net.Conn) {
	return func(c net.Conn) { send(text)(c); _ = c.Close() }
}

func reset(c net.Conn) {
	tcp, ok := c.(*tls.Conn).NetConn().(*net.TCPConn)
	if ok {
		_ = tcp.SetLinger(0)
		_ = tcp.Close()
	}
}

const hashReply = "HTTP/1.1 200 OK\r\nContent-Length: 56\r\n\r\n" + `{"metadata":{"result":1},"data":{"accesshash":"abcdef0"}}`

func TestLostAnswersMayHaveApplied(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		serve func(net.Conn)
		class Class
	}{
		"closed after reading":      {sendAndClose(""), ClassUnavailable},
		"reset after reading":       {reset, ClassUnavailable},
		"closed in the status line": {sendAndClose("HTTP/1.1 2"), ClassUnavailable},
		"closed in the head":        {sendAndClose("HTTP/1.1 200 OK\r\nContent-"), ClassUnavailable},
		"closed in the body":        {sendAndClose(hashReply[:len(hashReply)-9]), ClassMalformed},
		"closed in a chunk":         {sendAndClose("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"meta"), ClassMalformed},
		"not HTTP":                  {sendAndClose("SECRET-BODY\r\n\r\n"), ClassUnavailable},
		"too large a head":          {sendAndClose("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 300<<10) + "\r\n\r\n"), ClassUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts, count := rawServer(t, tc.serve)
			_, err := clientWith(t, opts, WithAPIToken("root", NewSecret(testToken))).GenerateAccessHash(t.Context(), "bob")
			e := wantError(t, err)
			equal(t, "class", e.Class, tc.class)
			equal(t, "may have applied", e.MayHaveApplied, true)
			equal(t, "requests", count.Load(), 1)
			for _, leak := range []string{"SECRET-BODY", "127.0.0.1", "json-api", testToken} {
				equal(t, leak+" in "+e.Error(), strings.Contains(e.Error(), leak), false)
			}
		})
	}
}

func TestChangesAreNeverSentTwice(t *testing.T) {
	t.Parallel()
	// The first request leaves an idle connection behind. The server drops every
	// later connection after reading, which is when net/http and naive clients
	// send again.
	var n atomic.Int32
	opts, count := rawServer(t, func(c net.Conn) {
		if n.Add(1) == 1 {
			send("HTTP/1.1 200 OK\r\nContent-Length: 57\r\n\r\n" + versionReply)(c)
			return
		}
		_ = c.Close()
	})
	c := clientWith(t, opts, WithAPIToken("root", NewSecret(testToken)))
	_, err := c.Version(t.Context())
	noError(t, err)
	_, err = c.GenerateAccessHash(t.Context(), "bob")
	equal(t, "may have applied", MayHaveApplied(err), true)
	equal(t, "requests", count.Load(), 2)
}

func TestReadsSurviveADeadIdleConnection(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	opts, count := rawServer(t, func(c net.Conn) {
		if n.Add(1) == 2 {
			_ = c.Close()
			return
		}
		send("HTTP/1.1 200 OK\r\nContent-Length: 57\r\n\r\n" + versionReply)(c)
	})
	c := clientWith(t, opts, WithAPIToken("root", NewSecret(testToken)))
	for range 2 {
		_, err := c.Version(t.Context())
		noError(t, err)
	}
	equal(t, "requests", count.Load(), 3)
}

func TestReadsAreSentAgainOnceAtMost(t *testing.T) {
	t.Parallel()
	opts, count := rawServer(t, sendAndClose(""))
	_, err := clientWith(t, opts, WithAPIToken("root", NewSecret(testToken))).Version(t.Context())
	equal(t, "class", ClassOf(err), ClassUnavailable)
	equal(t, "requests over a connection of their own", count.Load(), 1)
}

// closedPort is an address that nothing listens on.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	noError(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	for _, change := range []bool{false, true} {
		attempts := 0
		c := clientWith(t, Options{Endpoint: "https://" + closedPort(t)}, WithAPIToken("root", NewSecret(testToken)))
		for _, transport := range []*http.Transport{c.sender.wire.pooled, c.sender.wire.fresh} {
			dial := transport.DialContext
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				attempts++
				return dial(ctx, network, address)
			}
		}
		_, err := c.invoke(t.Context(), call{function: "f", changes: change})
		e := wantError(t, err)
		equal(t, "class", e.Class, ClassUnavailable)
		equal(t, "may have applied", e.MayHaveApplied, false)
		equal(t, "connection refused", errors.Is(err, syscall.ECONNREFUSED), true)
		equal(t, "text", e.Error(), "whm: f: the server is unavailable: connection refused")
		equal(t, "attempts", attempts, map[bool]int{false: 2, true: 1}[change])
	}
}

func TestTimeoutAndCancellation(t *testing.T) {
	t.Parallel()
	f := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	opts := optionsFor(f)
	opts.Timeout = 50 * time.Millisecond
	_, err := clientWith(t, opts, WithAPIToken("root", NewSecret(testToken))).GenerateAccessHash(t.Context(), "bob")
	e := wantError(t, err)
	equal(t, "timeout", e.Class == ClassUnavailable && errors.Is(err, context.DeadlineExceeded), true)
	equal(t, "text", e.Error(), "whm: accesshash: the server is unavailable: no answer in time")

	arrived := make(chan struct{}, 1)
	g := serve(t, func(_ http.ResponseWriter, r *http.Request) { arrived <- struct{}{}; <-r.Context().Done() })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err = clientFor(t, g).GenerateAccessHash(ctx, "bob")
	equal(t, "canceled", errors.Is(err, context.Canceled) && MayHaveApplied(err), true)

	_, err = clientFor(t, g).GenerateAccessHash(ctx, "bob")
	equal(t, "canceled before", errors.Is(err, context.Canceled) && !MayHaveApplied(err), true)
	equal(t, "requests", len(g.requests()), 1)
}
