// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const (
	// upstreamFaults and apiFaults are the shares of calls that fail.
	upstreamFaults = 0.30
	apiFaults      = 0.05
)

// storm breaks calls at random, on both sides, for as long as it rages.
type storm struct {
	mu     sync.Mutex
	random *rand.Rand
	over   atomic.Bool

	calls, broken, requests, failed atomic.Int64
}

func newStorm(seed int64) *storm {
	return &storm{random: rand.New(rand.NewPCG(uint64(seed), 0))}
}

// dice returns the choice of n if the call is one of the share that fails; negative otherwise.
func (s *storm) dice(share float64, n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.random.Float64() >= share {
		return -1
	}
	return s.random.IntN(n)
}

// cutShort is an answer that ends in the middle.
const cutShort = `{"metadata":{"result":1},"data":`

// upstreamWays are the documented ways in which a call to WHM fails although its credential is right: broken connections
// before and after the effect, answers of the web server in front, maintenance pages, cut and odd answers, and refusals.
var upstreamWays = []simulator.Fault{
	{Kind: simulator.FaultReset},
	{Kind: simulator.FaultReset, After: true},
	{Kind: simulator.FaultTruncate},
	{Kind: simulator.FaultStatus, Status: http.StatusInternalServerError},
	{Kind: simulator.FaultStatus, Status: http.StatusServiceUnavailable},
	{Kind: simulator.FaultStatus, Status: http.StatusTooManyRequests},
	{Kind: simulator.FaultStatus, Status: http.StatusInternalServerError, After: true},
	{Kind: simulator.FaultStatus, Status: http.StatusOK, Body: cutShort, After: true},
	{Kind: simulator.FaultHTML, Status: http.StatusOK, Body: "<html><title>Maintenance</title></html>"},
	{Kind: simulator.FaultHTML, Status: http.StatusBadGateway, Body: "<html>Bad Gateway</html>", After: true},
	{Kind: simulator.FaultDelay, Delay: simulator.Duration(50 * time.Millisecond)},
	{Kind: simulator.FaultDeny},
}

// upstream is for Server.ChooseFaults.
func (s *storm) upstream(simulator.Call) *simulator.Fault {
	if s.over.Load() {
		return nil
	}
	s.calls.Add(1)
	way := s.dice(upstreamFaults, len(upstreamWays))
	if way < 0 {
		return nil
	}
	s.broken.Add(1)
	return &upstreamWays[way]
}

// errLost is what becomes of a request to the API server that nobody answers.
var errLost = errors.New("the connection was lost")

// api stands between the operator and the API server. Lists, watches and events are left alone: they do not change what the
// operator does, only when.
func (s *storm) api(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(h *http.Request) (*http.Response, error) {
		q, ok := parseRequest(h)
		if s.over.Load() || !ok || q.verb == "list" || q.verb == "watch" || q.resource == "events" {
			return next.RoundTrip(h)
		}
		s.requests.Add(1)
		way := s.dice(apiFaults, 3)
		if way >= 0 {
			s.failed.Add(1)
		}
		switch way {
		case 0:
			return nil, errLost
		case 1:
			if r, err := next.RoundTrip(h); err == nil {
				_ = r.Body.Close()
			}
			return nil, errLost
		case 2:
			return internalError(h), nil
		}
		return next.RoundTrip(h)
	})
}

func internalError(h *http.Request) *http.Response {
	body := []byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"etcdserver: request timed out","code":500}`)
	return &http.Response{
		StatusCode: http.StatusInternalServerError, Request: h, ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
	}
}
