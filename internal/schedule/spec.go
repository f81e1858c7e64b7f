package schedule

import (
	"fmt"
	"time"
)

// MinEvery is the shortest accepted interval. WHM hosts block an address that
// logs in too often, and a consumer needs time to pick up a new value.
const MinEvery = time.Minute

// MinWindow is the shortest accepted window; cron has no finer grid.
const MinWindow = time.Minute

// Spec is what a user asked for. At most one of Every and Cron is set; with
// neither, only the first rotation is scheduled and every later one is on demand.
type Spec struct {
	// Every is the longest time between two rotations; zero means unset.
	Every time.Duration
	// Cron lists the wall-clock times of rotations; empty means unset.
	Cron string
	// TimeZone is the IANA name of the zone that Cron is read in; empty means UTC.
	TimeZone string
	// Windows limit rotations to the union of them; none means always permitted.
	Windows []Window
}

// Window is a recurring stretch of time in which rotations are permitted.
type Window struct {
	// Cron lists the wall-clock times at which the window opens.
	Cron string
	// TimeZone is the IANA name of the zone that Cron is read in; empty means UTC,
	// whatever the zone of the Spec.
	TimeZone string
	// Duration is how long the window stays open, in elapsed time.
	Duration time.Duration
}

// InvalidError says which field of a Spec cannot be used and what to write
// instead. It persists until the Spec changes.
type InvalidError struct {
	// Field is the path inside the Spec, such as "windows[1].cron".
	Field string
	// Value is what the field held.
	Value string
	// Reason says what is wrong and what to write instead.
	Reason string
}

// Error names the field, its value and the remedy in one line.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s %q: %s", e.Field, e.Value, e.Reason)
}

// Schedule is a checked Spec. It is immutable and safe for concurrent use.
type Schedule struct {
	every   time.Duration
	cron    *recurrence
	windows []window
}

// Parse checks a Spec completely, including that its expressions match at all.
// Every error is an *InvalidError.
func Parse(spec Spec) (*Schedule, error) {
	if err := checkCadence(spec); err != nil {
		return nil, err
	}
	loc, err := parseZone("timeZone", spec.TimeZone)
	if err != nil {
		return nil, err
	}
	s := &Schedule{every: spec.Every}
	if spec.Cron != "" {
		if s.cron, err = parseCron("cron", spec.Cron, loc); err != nil {
			return nil, err
		}
	}
	for i, w := range spec.Windows {
		parsed, err := parseWindow(fmt.Sprintf("windows[%d]", i), w)
		if err != nil {
			return nil, err
		}
		s.windows = append(s.windows, parsed)
	}
	return s, nil
}

func checkCadence(spec Spec) error {
	if spec.Every != 0 && spec.Cron != "" {
		return &InvalidError{Field: "cron", Value: spec.Cron,
			Reason: "every and cron exclude each other; keep one of them"}
	}
	if spec.Every != 0 && spec.Every < MinEvery {
		return &InvalidError{Field: "every", Value: spec.Every.String(),
			Reason: "the interval is too short; write at least 1m"}
	}
	return nil
}

func parseWindow(field string, w Window) (window, error) {
	loc, err := parseZone(field+".timeZone", w.TimeZone)
	if err != nil {
		return window{}, err
	}
	opens, err := parseCron(field+".cron", w.Cron, loc)
	if err != nil {
		return window{}, err
	}
	if w.Duration < MinWindow {
		return window{}, &InvalidError{Field: field + ".duration", Value: w.Duration.String(),
			Reason: "the window never opens for long enough; write at least 1m"}
	}
	return window{opens: opens, duration: w.Duration}, nil
}
