// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
)

// handler serves one listener.
func (s *Server) handler(svc service) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.cutByFirewall(r) {
			reset(w)
			return
		}
		x, err := newExchange(s, svc, w, r)
		if err != nil {
			htmlReply(http.StatusBadRequest, "<html><body>Bad Request</body></html>").send(w, false)
			return
		}
		s.serve(x)
	})
}

// serve takes one request through fault rules, the server and the answer. A
// delay or hang never holds the server's lock.
func (s *Server) serve(x *exchange) {
	rule := s.enter(x)
	if rule == nil {
		rule = s.chosen(x)
	}
	if rule == nil {
		s.run(x, nil).send(x.w, false)
		return
	}
	x.call.Fault = rule.Kind
	rule.wait(x)
	if rule.before() {
		own, _ := rule.reply()
		s.record(x, func() reply { return own })
		s.breakAnswer(x, rule)
		return
	}
	answer := s.run(x, rule)
	if rule.After && rule.breaks() {
		s.breakAnswer(x, rule)
		return
	}
	answer.send(x.w, rule.Kind == FaultTruncate)
}

// enter numbers the call and finds the rule that breaks it, if any.
func (s *Server) enter(x *exchange) *activeFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastCall++
	x.call.ID = s.lastCall
	x.describe(s.st)
	return s.faults.pick(x)
}

// run does what the request asks for and enters it into the ledger. When a
// rule replaces the answer, the ledger shows the status that is really sent
// and the result that was lost.
func (s *Server) run(x *exchange, rule *activeFault) reply {
	var deny *Fault
	if rule != nil && rule.Kind == FaultDeny {
		deny = &rule.Fault
	}
	var answer reply
	s.record(x, func() reply {
		answer = s.st.respond(x, deny)
		answer.header.Set("Date", s.st.wallClock(x.now).Format(http.TimeFormat))
		shown := answer
		if rule != nil && rule.After && rule.breaks() {
			own, _ := rule.reply()
			shown.status = own.status
		}
		return shown
	})
	return answer
}

// breakAnswer does what the rule says to the client.
func (s *Server) breakAnswer(x *exchange, rule *activeFault) {
	if own, ok := rule.reply(); ok {
		own.send(x.w, false)
		return
	}
	if rule.Kind == FaultHang {
		select {
		case <-rule.released:
		case <-x.r.Context().Done():
		case <-s.closing:
		}
	}
	reset(x.w)
}

// record enters the call into the ledger in the moment it takes effect, before
// its answer leaves, and then tells the hook.
func (s *Server) record(x *exchange, effect func() reply) {
	s.mu.Lock()
	shown := effect()
	x.call.Status, x.call.Result, x.call.Reason = shown.status, shown.result, shown.reason
	if s.st.isSecret(x.call.Reason) {
		x.call.Reason = mask
	}
	s.st.ledger.calls = append(s.st.ledger.calls, x.call)
	hook := s.onCall
	s.mu.Unlock()
	if hook != nil {
		hook(x.call)
	}
}
