package schedule

import "time"

// window is open in [o, o+duration) for every instant o of opens.
type window struct {
	opens    *recurrence
	duration time.Duration
}

// stretch is one opening of a window; end is outside it.
type stretch struct {
	start, end time.Time
}

// covering returns the opening of w that t lies in. Where several overlap it is
// the one that opened first, which stays the same while that one is open.
func (w window) covering(t time.Time) (stretch, bool) {
	start := w.opens.next(t.Add(-w.duration))
	if start.IsZero() || start.After(t) {
		return stretch{}, false
	}
	return stretch{start: start, end: start.Add(w.duration)}, true
}

// Permitted reports whether a rotation may happen at now: some window is open,
// or there are none.
func (s *Schedule) Permitted(now time.Time) bool {
	if len(s.windows) == 0 {
		return true
	}
	_, open := s.covering(now)
	return open
}

// NextPermitted returns the first permitted instant that is not before from:
// from itself, or the next opening of a window.
func (s *Schedule) NextPermitted(from time.Time) time.Time {
	from = from.UTC().Round(0)
	if s.Permitted(from) {
		return from
	}
	return s.opening(from).start
}

// covering returns the opening that t lies in, over all windows the one that
// opened first and of those the longest.
func (s *Schedule) covering(t time.Time) (stretch, bool) {
	var found stretch
	var open bool
	for _, w := range s.windows {
		if st, ok := w.covering(t); ok && (!open || st.precedes(found)) {
			found, open = st, true
		}
	}
	return found, open
}

// opening returns the next opening after t; there is one, because Parse refuses
// windows that never open.
func (s *Schedule) opening(t time.Time) stretch {
	var found stretch
	for i, w := range s.windows {
		start := w.opens.next(t)
		st := stretch{start: start, end: start.Add(w.duration)}
		if i == 0 || st.precedes(found) {
			found = st
		}
	}
	return found
}

func (st stretch) precedes(other stretch) bool {
	if st.start.Equal(other.start) {
		return st.end.After(other.end)
	}
	return st.start.Before(other.start)
}

// remaining returns how long t may be delayed without leaving the windows that
// are open at t, at most limit.
func (s *Schedule) remaining(t time.Time, limit time.Duration) time.Duration {
	if len(s.windows) == 0 {
		return limit
	}
	var left time.Duration
	for _, w := range s.windows {
		if st, open := w.covering(t); open {
			left = max(left, st.end.Sub(t))
		}
	}
	return min(left, limit)
}
