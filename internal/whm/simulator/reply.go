// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strconv"
)

const (
	contentJSON  = `application/json; charset="utf-8"`
	contentPlain = `text/plain; charset="utf-8"`
	contentHTML  = `text/html; charset="utf-8"`
)

// reply is a whole answer, kept back until faults had their say.
type reply struct {
	status int
	// phrase is the reason phrase of the status line, where servers send
	// another than the standard one.
	phrase      string
	contentType string
	header      http.Header
	body        []byte

	// result and reason are what the ledger shows of the answer.
	result *int
	reason string
}

func newReply(status int, contentType string, body []byte) reply {
	return reply{status: status, contentType: contentType, header: http.Header{}, body: body}
}

func htmlReply(status int, body string) reply {
	return newReply(status, contentHTML, []byte(body))
}

// send writes the answer. With cut, only half of the promised body follows and
// the connection ends.
//
// The connection is taken over from net/http, which would rewrite the reason
// phrase: the real server's "403 Forbidden Access denied" is part of what
// clients see.
func (r reply) send(w http.ResponseWriter, cut bool) {
	if r.phrase == "" && !cut {
		r.sendPlain(w)
		return
	}
	conn, err := takeOver(w)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	body := r.body
	if cut {
		body = body[:len(body)/2]
	}
	phrase := r.phrase
	if phrase == "" {
		phrase = http.StatusText(r.status)
	}
	var message bytes.Buffer
	fmt.Fprintf(&message, "HTTP/1.1 %d %s\r\n", r.status, phrase)
	_ = r.fullHeader().Write(&message) // a bytes.Buffer takes everything
	message.WriteString("Connection: close\r\n\r\n")
	message.Write(body)
	_, _ = conn.Write(message.Bytes()) // a client that left is no concern of ours
}

func (r reply) sendPlain(w http.ResponseWriter) {
	maps.Copy(w.Header(), r.fullHeader())
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // a client that left is no concern of ours
}

func (r reply) fullHeader() http.Header {
	header := r.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Server", "cpsrvd")
	header.Set("Content-Type", r.contentType)
	header.Set("Content-Length", strconv.Itoa(len(r.body)))
	return header
}

func takeOver(w http.ResponseWriter) (net.Conn, error) {
	conn, _, err := http.NewResponseController(w).Hijack()
	return conn, err
}

// reset ends the connection without an answer, as a crashed server or a
// firewall does. Below TLS the socket is told to drop what is left, so that
// the peer sees a reset and no orderly end.
func reset(w http.ResponseWriter) {
	conn, err := takeOver(w)
	if err != nil {
		return
	}
	raw := conn
	if layered, ok := conn.(interface{ NetConn() net.Conn }); ok {
		raw = layered.NetConn()
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = raw.Close()
}
