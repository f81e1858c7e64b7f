package schedule

import "time"

// wallOf returns what a clock in loc shows at t, written down as if it were UTC:
// a calendar without gaps and repetitions to calculate in.
func wallOf(t time.Time, loc *time.Location) time.Time {
	t = t.In(loc)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instantOf is the reverse of wallOf: the first instant at which a clock in loc
// shows wall. For a reading that the clock skips it is the first instant after
// the gap. Later readings never give earlier instants; the search in
// recurrence.next relies on that.
func instantOf(wall time.Time, loc *time.Location) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(),
		wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), loc)
	start, end := t.ZoneBounds()
	// For a skipped reading, time.Date picks either side of the gap.
	switch shown := wallOf(t, loc); {
	case shown.After(wall):
		return start.UTC()
	case shown.Before(wall):
		return end.UTC()
	}
	return firstOccurrence(t, start).UTC()
}

// firstOccurrence moves t back when the offset in force before start showed the
// same reading.
func firstOccurrence(t, start time.Time) time.Time {
	if start.IsZero() {
		return t
	}
	_, offset := t.Zone()
	_, before := start.Add(-time.Second).Zone()
	earlier := t.Add(time.Duration(offset-before) * time.Second)
	if before > offset && earlier.Before(start) {
		return earlier
	}
	return t
}
