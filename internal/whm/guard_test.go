// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func TestGuardSurroundsEachCall(t *testing.T) {
	t.Parallel()
	s, f, _ := newSessionServer(t)
	var log []string
	opts := optionsFor(f)
	opts.Guard = func(_ context.Context, function string) (func(error), error) {
		log = append(log, "enter "+function)
		return func(err error) { log = append(log, "leave "+function+" "+string(ClassOf(err))) }, nil
	}
	c := clientWith(t, opts, WithLogin("root", NewSecret("pass"), nil))
	_, err := c.Version(t.Context())
	noError(t, err)
	s.answer = replyWith(403, rejected403)
	_, err = c.GetHostname(t.Context())
	equal(t, "class", ClassOf(err), ClassUnauthenticated)
	_, err = c.AccessHash(t.Context(), "")
	equal(t, "class", ClassOf(err), ClassInvalidInput)
	want := []string{"enter version", "leave version ", "enter gethostname", "leave gethostname Unauthenticated"}
	if !slices.Equal(log, want) {
		t.Errorf("got %q, want %q", log, want)
	}
}

func TestGuardCanRefuse(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, versionReply))
	closed := errors.New("the gate is closed")
	opts := optionsFor(f)
	opts.Guard = func(ctx context.Context, _ string) (func(error), error) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, closed
	}
	c := clientWith(t, opts, WithAPIToken("root", NewSecret(testToken)))
	_, err := c.As(WithAPIToken("bob", NewSecret(testToken))).GenerateAccessHash(t.Context(), "bob")
	equal(t, "cause", errors.Is(err, closed), true)
	equal(t, "text", err.Error(), "whm: accesshash: the server is unavailable: the gate is closed")
	equal(t, "may have applied", MayHaveApplied(err), false)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Version(ctx)
	equal(t, "canceled while waiting", errors.Is(err, context.Canceled), true)
	equal(t, "requests", len(f.requests()), 0)
}
