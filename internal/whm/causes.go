// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"
)

// cause is an error with a text that is safe and the same each time. Transport
// errors quote addresses with changing ports, the current time, or pieces of
// what the server sent.
type cause struct {
	text string
	err  error
}

func (c *cause) Error() string { return c.text }
func (c *cause) Unwrap() error { return c.err }

// causeOf describes why no answer came. Errors of the context win, because the
// others are their consequence.
func causeOf(ctx context.Context, err error, m mask) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &cause{"the call was canceled", context.Canceled}
	case ctx.Err() != nil, timedOut(err):
		return &cause{"no answer in time", context.DeadlineExceeded}
	}
	if c := certificateCause(err); c != nil {
		return c
	}
	return networkCause(err, m)
}

func timedOut(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

func certificateCause(err error) error {
	v, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok {
		return nil
	}
	if bad, ok := errors.AsType[x509.CertificateInvalidError](v.Err); ok && bad.Reason == x509.Expired {
		return &cause{"the server's certificate is expired or not yet valid", v.Err}
	}
	return &cause{"the server's certificate is not trusted: " + shorten(v.Err.Error()), v.Err}
}

func networkCause(err error, m mask) error {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return &cause{text: m.clean("looking up " + dns.Name + " failed: " + dns.Err)}
	}
	if number, ok := errors.AsType[syscall.Errno](err); ok {
		return &cause{text: number.Error(), err: number}
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &cause{"the connection was closed before the answer was complete", io.ErrUnexpectedEOF}
	case errors.Is(err, errTooLarge):
		return err
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return &cause{text: "the endpoint does not speak TLS; use its TLS port"}
	}
	return &cause{text: "the connection failed"}
}

// dialFailed reports whether no connection came about, so that trying again
// cannot repeat anything.
func dialFailed(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// incomplete reports whether an answer began and did not end, or was too long to
// be read to its end.
func incomplete(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errTooLarge)
}
