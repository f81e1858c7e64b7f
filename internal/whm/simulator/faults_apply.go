// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"slices"
	"time"
)

// activeFault is a rule in force; released is closed with its removal.
type activeFault struct {
	FaultState
	released chan struct{}
}

// faults are the rules in force, in the order they were added.
type faults struct {
	last  FaultID
	rules []*activeFault
}

// pick returns the first rule that breaks this call, or nil. Rules that only
// count a call (still skipping) or are used up let later ones look.
func (fs *faults) pick(x *exchange) *activeFault {
	for _, rule := range fs.rules {
		if !rule.matches(x) || (rule.Max > 0 && rule.Hits >= rule.Max) {
			continue
		}
		rule.Seen++
		if rule.Seen > rule.Skip {
			rule.Hits++
			return rule
		}
	}
	return nil
}

// wait sleeps for the delay of a rule in real time, or until the client left
// or the server closes.
func (f *Fault) wait(x *exchange) {
	if f.Delay == 0 {
		return
	}
	timer := time.NewTimer(time.Duration(f.Delay))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-x.r.Context().Done():
	}
}

// breaks reports whether the kind keeps the server's answer from the client.
func (f *Fault) breaks() bool {
	switch f.Kind {
	case FaultHang, FaultStatus, FaultHTML, FaultReset:
		return true
	default:
		return false
	}
}

// before reports whether the rule acts without running the call.
func (f *Fault) before() bool { return f.breaks() && !f.After }

// reply is the answer that status and html put in place of the real one.
func (f *Fault) reply() (reply, bool) {
	switch f.Kind {
	case FaultStatus:
		return newReply(f.Status, contentPlain, []byte(f.Body)), true
	case FaultHTML:
		return htmlReply(f.Status, f.Body), true
	default:
		return reply{}, false
	}
}

// ChooseFaults sets a hook that is asked about every call that no rule breaks,
// before it runs, and may return a fault for it: a storm with a seed of its own.
// Criteria, skip and max of the fault count for nothing. nil removes the hook.
func (s *Server) ChooseFaults(choose func(Call) *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.choose = choose
}

// chosen asks the hook, without the lock, so that it may look at the server.
func (s *Server) chosen(x *exchange) *activeFault {
	s.mu.Lock()
	choose := s.choose
	s.mu.Unlock()
	if choose == nil {
		return nil
	}
	fault := choose(x.call)
	if fault == nil {
		return nil
	}
	f, err := checked(*fault)
	if err != nil {
		panic("simulator: " + err.Error())
	}
	f.Function = x.call.Function // tells a carrier's refusal from that of what it carries
	return &activeFault{FaultState: FaultState{Fault: f}, released: make(chan struct{})}
}

// AddFault puts a rule behind the ones in force; the first that matches wins.
func (s *Server) AddFault(f Fault) (FaultID, error) {
	f, err := checked(f)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.last++
	rule := &activeFault{FaultState: FaultState{ID: s.faults.last, Fault: f}, released: make(chan struct{})}
	s.faults.rules = append(s.faults.rules, rule)
	return rule.ID, nil
}

// RemoveFault takes a rule away, lets go of the calls that hang in it, and
// reports whether it existed.
func (s *Server) RemoveFault(id FaultID) bool {
	return s.removeFaults(func(rule *activeFault) bool { return rule.ID == id }) > 0
}

// ClearFaults takes all rules away.
func (s *Server) ClearFaults() {
	s.removeFaults(func(*activeFault) bool { return true })
}

func (s *Server) removeFaults(which func(*activeFault) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.faults.rules)
	s.faults.rules = slices.DeleteFunc(s.faults.rules, func(rule *activeFault) bool {
		remove := which(rule)
		if remove {
			close(rule.released)
		}
		return remove
	})
	return before - len(s.faults.rules)
}

// Faults lists the rules in force with their counters.
func (s *Server) Faults() []FaultState {
	s.mu.Lock()
	defer s.mu.Unlock()
	states := make([]FaultState, 0, len(s.faults.rules))
	for _, rule := range s.faults.rules {
		states = append(states, rule.FaultState)
	}
	return states
}
