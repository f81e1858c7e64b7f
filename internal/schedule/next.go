package schedule

import "time"

// Next returns the first instant at which the rotation after last is due and
// permitted. It is always later than last, and the zero time when the schedule
// has neither interval nor cron expression.
//
// A zero last means that the object was never rotated, so it has been due since
// the Unix epoch, or the first opening of a window after it. The answer may lie
// in the past, outside the windows that are open today; At is what a controller
// acts on.
func (s *Schedule) Next(last time.Time, seed string) time.Time {
	if last.IsZero() {
		return s.NextPermitted(time.Unix(0, 0))
	}
	// Seconds are what survives in a status or journal.
	last = last.UTC().Truncate(time.Second)
	f := shareOf(seed)
	switch {
	case s.every > 0:
		return s.settle(last.Add(s.every-f.interval(s.every)).Truncate(time.Second), f)
	case s.cron != nil:
		return s.nextMatch(last, f)
	default:
		return time.Time{}
	}
}

// At returns when to rotate, as seen at now: now itself when a rotation is due
// and permitted, otherwise the instant to wake up at. It is the zero time when
// no rotation is scheduled. A window that passed while nobody looked is made up
// for in the next one.
func (s *Schedule) At(last, now time.Time, seed string) time.Time {
	now = now.UTC().Round(0)
	if last.IsZero() {
		return s.NextPermitted(now)
	}
	due := s.Next(last, seed)
	if due.IsZero() || !due.Before(now) || len(s.windows) == 0 {
		return later(due, now)
	}
	st, open := s.covering(now)
	if !open {
		return shareOf(seed).within(s.opening(now))
	}
	if st.start.After(due) {
		return later(shareOf(seed).within(st), now)
	}
	return now
}

// settle moves a due time that no window permits into the next opening.
func (s *Schedule) settle(due time.Time, f share) time.Time {
	if s.Permitted(due) {
		return due
	}
	return f.within(s.opening(due))
}

func (s *Schedule) nextMatch(last time.Time, f share) time.Time {
	match := s.cron.next(last)
	if !s.Permitted(match) {
		return f.within(s.opening(match))
	}
	gap := s.cron.next(match).Sub(match)
	return match.Add(f.of(s.remaining(match, min(gap/10, MaxDelay))))
}

// later returns the later of due and now, keeping the zero time of a schedule
// that never fires.
func later(due, now time.Time) time.Time {
	if due.IsZero() || due.After(now) {
		return due
	}
	return now
}
