package schedule

import (
	"strings"
	"time"
	_ "time/tzdata" // images without a zone database must know every zone

	"github.com/netresearch/go-cron"
)

// searchYears bounds the search for a match. 29 February can be eight years
// away, around a century that is no leap year.
const searchYears = 9

var cronParser = cron.MustNewParser(
	cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor | cron.DowOrDom,
).WithMaxSearchYears(searchYears)

// recurrence lists the instants at which a cron expression matches the wall
// clock of a zone.
type recurrence struct {
	// spec runs on wall-clock readings written down as UTC. Left to handle zones
	// itself, the library fires twice in a repeated hour, and whether it fires
	// after a skipped one depends on where the search started.
	spec *cron.SpecSchedule
	loc  *time.Location
}

// next returns the first match after t, or the zero time when there is none.
func (r *recurrence) next(t time.Time) time.Time {
	for wall := wallOf(t, r.loc); ; {
		if wall = r.spec.Next(wall); wall.IsZero() {
			return time.Time{}
		}
		// A repeated reading lies in the past when t is its second occurrence.
		if at := instantOf(wall, r.loc); at.After(t) {
			return at
		}
	}
}

func parseZone(field, name string) (*time.Location, error) {
	loc, err := time.LoadLocation(name) // no name means UTC
	// "Local" would make the schedule depend on the node the operator runs on.
	if err != nil || loc == time.Local {
		return nil, &InvalidError{Field: field, Value: name,
			Reason: `the time zone is unknown; write an IANA name such as "Europe/Berlin" or "UTC"`}
	}
	return loc, nil
}

func parseCron(field, expr string, loc *time.Location) (*recurrence, error) {
	expr = strings.TrimSpace(expr)
	if reason := refuseCron(expr); reason != "" {
		return nil, &InvalidError{Field: field, Value: expr, Reason: reason}
	}
	parsed, err := cronParser.Parse(expr)
	if err != nil {
		return nil, &InvalidError{Field: field, Value: expr, Reason: `not a cron expression of five fields; write minute, hour, day of month, month and day of week, such as "0 3 * * 0"`}
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, &InvalidError{Field: field, Value: expr,
			Reason: "an interval is not a cron expression; for a rotation use every"}
	}
	spec.Location = time.UTC
	// Any start does: within searchYears of it lies a 29 February.
	if spec.Next(time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, &InvalidError{Field: field, Value: expr,
			Reason: "no calendar has such a day, so this never happens; correct the day of month or the month"}
	}
	return &recurrence{spec: spec, loc: loc}, nil
}

// refuseCron rejects what the library accepts but a Spec says elsewhere.
func refuseCron(expr string) string {
	switch {
	case expr == "":
		return `the expression is empty; write five fields, such as "0 3 * * 0"`
	case strings.HasPrefix(expr, "CRON_TZ="), strings.HasPrefix(expr, "TZ="):
		return "a zone inside the expression is not supported; use timeZone"
	default:
		return ""
	}
}
