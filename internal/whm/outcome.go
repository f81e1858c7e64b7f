// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// reply is a successful answer.
type reply struct {
	outcome
	status   int
	envelope envelope
}

// decode reads the data member into out. Missing data is an error; functions
// whose data may be absent look at it themselves.
func (r *reply) decode(out any) error {
	switch {
	case absent(r.envelope.data):
		return r.malformed("the answer has no data")
	case json.Unmarshal(r.envelope.data, out) != nil:
		return r.malformed("the data member has an unexpected form")
	}
	return nil
}

// malformed is the error of a success that lacks what was asked for; a change
// has happened all the same.
func (r *reply) malformed(note string) *Error {
	return r.refused(r.status, finding{
		class: ClassMalformed, result: r.envelope.result, note: note, effect: true,
	})
}

// warnings returns what the server adds to a success; it can say that a part of
// the request was not carried out.
func (r *reply) warnings() []string { return r.cleaned(r.envelope.warnings) }

// cleaned makes remote texts fit for being shown and drops those of which
// nothing is left.
func (r *reply) cleaned(texts []string) []string {
	var out []string
	for _, s := range texts {
		if s = r.mask.clean(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// outcome turns what happened to a call into an [*Error].
type outcome struct {
	function string
	changes  bool
	mask     mask
	answered time.Time // by the server's clock
}

// refused is the error for an answer.
func (o outcome) refused(status int, f finding) *Error {
	return &Error{
		Function:       o.function,
		HTTPStatus:     status,
		Result:         f.result,
		Reason:         cmp.Or(o.mask.clean(f.reason), f.note),
		Class:          f.class,
		MayHaveApplied: o.changes && f.effect,
		signedIn:       f.signIn,
		atLogin:        f.atLogin,
		nested:         f.nested,
		ServerTime:     o.answered,
		err:            f.cause,
	}
}

// failure is the error for a request without a complete answer.
func (o outcome) failure(ctx context.Context, t *trip, status int, err error) *Error {
	e := &Error{
		Function: o.function, HTTPStatus: status, Class: ClassUnavailable,
		MayHaveApplied: o.changes && t.connected.Load(),
	}
	switch {
	case !t.started.Load() && ctx.Err() == nil:
		e.err = &cause{o.mask.clean(err.Error()), err}
		return e
	case status != 0 && status < http.StatusInternalServerError && incomplete(err):
		e.Class = ClassMalformed
	}
	e.err = causeOf(ctx, err, o.mask)
	stale := t.connected.Load() && t.reused.Load() && !t.answered.Load()
	e.resend = !o.changes && (stale || (!t.connected.Load() && dialFailed(err)))
	return e
}
