// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
)

// stepCodes returns the same code until next is called.
type stepCodes struct {
	mu   sync.Mutex
	code string
}

func (c *stepCodes) now() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.code, nil
}

func (c *stepCodes) next(code string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.code = code
}

func TestCodeIsNotSentTwice(t *testing.T) {
	t.Parallel()
	s, f, c := newSessionServer(t)
	codes := &stepCodes{code: "111111"}
	used := &UsedCodes{}
	c = c.As(WithLoginAfter("root", NewSecret("p"), codes.now, used))
	_, err := c.Version(t.Context())
	noError(t, err)

	s.end()
	for _, other := range []*Client{c, c.As(WithLoginAfter("root", NewSecret("p"), codes.now, used))} {
		err = other.APITokenRevoke(t.Context(), "n")
		equal(t, "waits", errors.Is(err, ErrCodeUsed) && IsUnavailable(err) && !MayHaveApplied(err), true)
	}
	equal(t, "login, call, rejected call", len(f.requests()), 3)

	codes.next("222222")
	noError(t, c.APITokenRevoke(t.Context(), "n"))
	equal(t, "logins", s.loginCount(), 2)
}

func TestCodeThatNeverLeftIsSentLater(t *testing.T) {
	t.Parallel()
	_, f, _ := newSessionServer(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	noError(t, err)
	endpoint := "https://" + l.Addr().String()
	noError(t, l.Close())
	codes, used := &stepCodes{code: "111111"}, &UsedCodes{}
	cred := WithLoginAfter("root", NewSecret("p"), codes.now, used)
	_, err = clientWith(t, Options{Endpoint: endpoint}, cred).Version(t.Context())
	equal(t, "not there", IsUnavailable(err) && !errors.Is(err, ErrCodeUsed), true)
	_, err = clientWith(t, optionsFor(f), cred).Version(t.Context())
	noError(t, err)
}

func TestNewSessionThatIsRejectedIsNoQuestionOfCodes(t *testing.T) {
	t.Parallel()
	s, f, c := newSessionServer(t)
	s.answer = replyWith(http.StatusForbidden, rejected403)
	codes := &stepCodes{code: "111111"}
	_, err := c.As(WithLogin("root", NewSecret("p"), codes.now)).Version(t.Context())
	equal(t, "class", ClassOf(err), ClassUnauthenticated)
	equal(t, "one login and call", len(f.requests()), 2)
}

func TestNewSessionThatIsRejectedOnlyOnce(t *testing.T) {
	t.Parallel()
	s, _, c := newSessionServer(t)
	accept := s.answer
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		replyWith(http.StatusForbidden, rejected403)(w, r)
		s.answer = accept
	}
	_, err := c.Version(t.Context())
	noError(t, err)
	equal(t, "logins", s.loginCount(), 2)
}

func TestEndedSessionIsRenewedOnceForConcurrentCalls(t *testing.T) {
	t.Parallel()
	s, _, c := newSessionServer(t)
	_, err := c.Version(t.Context())
	noError(t, err)
	const deaths, calls = 3, 20
	for range deaths {
		s.end()
		var wg sync.WaitGroup
		for i := range calls {
			wg.Go(func() {
				_, err := c.Version(t.Context())
				if i%2 == 0 {
					err = c.APITokenRevoke(t.Context(), "n")
				}
				if err != nil {
					t.Errorf("call %d: %v", i, err)
				}
			})
		}
		wg.Wait()
	}
	equal(t, "logins", s.loginCount(), 1+deaths)
}

// TestLateRejectionKeepsTheNewSession lets one call learn of the end of a session when another has renewed it already.
func TestLateRejectionKeepsTheNewSession(t *testing.T) {
	t.Parallel()
	s, _, c := newSessionServer(t)
	late, arrived, renewed := make(chan error, 1), make(chan struct{}), make(chan struct{})
	ended := s.ended
	s.ended = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cpsess1/json-api/gethostname" {
			close(arrived)
			s.mu.Unlock()
			<-renewed
			s.mu.Lock()
		}
		ended(w, r)
	}
	_, err := c.Version(t.Context())
	noError(t, err)
	s.end()
	go func() {
		_, err := c.GetHostname(t.Context())
		late <- err
	}()
	<-arrived
	_, err = c.Version(t.Context())
	noError(t, err)
	close(renewed)
	equal(t, "only the data is missing", ClassOf(<-late), ClassMalformed)
	equal(t, "logins", s.loginCount(), 2)
}

func TestLoginThatAsksForACodeInJSON(t *testing.T) {
	t.Parallel()
	for message, class := range map[string]Class{
		"tfa_required":                          ClassTwoFactorRequired,
		"Two-Factor Authentication is required": ClassTwoFactorRequired,
		"The security code is invalid.":         ClassTwoFactorRequired,
		"invalid_login":                         ClassUnauthenticated,
		"The login is invalid.":                 ClassUnauthenticated,
	} {
		for _, status := range []int{200, 401} {
			f := serve(t, replyWith(status, `{"status":0,"message":"`+message+`"}`))
			_, err := clientWith(t, optionsFor(f), WithLogin("root", NewSecret("p"), nil)).Version(t.Context())
			equal(t, message, ClassOf(err), class)
		}
	}
}
