package schedule

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseRejects(t *testing.T) {
	t.Parallel()
	open := Window{Cron: "0 3 * * *", Duration: time.Hour}
	tests := map[string]struct {
		spec   Spec
		field  string
		reason string
	}{
		"both cadences":       {Spec{Every: time.Hour, Cron: "0 3 * * *"}, "cron", "keep one of them"},
		"interval too short":  {Spec{Every: 59 * time.Second}, "every", "write at least 1m"},
		"negative interval":   {Spec{Every: -time.Hour}, "every", "write at least 1m"},
		"unknown zone":        {Spec{Cron: "0 3 * * *", TimeZone: "Europe/Atlantis"}, "timeZone", "IANA name"},
		"the node's own zone": {Spec{Cron: "0 3 * * *", TimeZone: "Local"}, "timeZone", "IANA name"},
		"zone outside the db": {Spec{Cron: "0 3 * * *", TimeZone: "../../etc/passwd"}, "timeZone", "IANA name"},
		"too few fields":      {Spec{Cron: "0 3 * *"}, "cron", "write minute, hour"},
		"seconds field":       {Spec{Cron: "0 0 3 * * *"}, "cron", "write minute, hour"},
		"minute out of range": {Spec{Cron: "60 3 * * *"}, "cron", "write minute, hour"},
		"unknown descriptor":  {Spec{Cron: "@fortnightly"}, "cron", "write minute, hour"},
		"blank expression":    {Spec{Cron: "  "}, "cron", "is empty"},
		"interval as cron":    {Spec{Cron: "@every 1h"}, "cron", "use every"},
		"zone in cron":        {Spec{Cron: "CRON_TZ=Asia/Tokyo 0 3 * * *"}, "cron", "use timeZone"},
		"old zone in cron":    {Spec{Cron: "TZ=Asia/Tokyo 0 3 * * *"}, "cron", "use timeZone"},
		"31 February":         {Spec{Cron: "0 0 31 2 *"}, "cron", "never happens"},
		"31 April or June":    {Spec{Cron: "0 0 31 4,6 *"}, "cron", "never happens"},
		"window without cron": {Spec{Windows: []Window{{Duration: time.Hour}}}, "windows[0].cron", "is empty"},
		"window never opens": {Spec{Windows: []Window{open, {Cron: "0 0 30 2 *", Duration: time.Hour}}},
			"windows[1].cron", "never happens"},
		"window without duration": {Spec{Windows: []Window{{Cron: "0 3 * * *"}}}, "windows[0].duration", "write at least 1m"},
		"window in unknown zone": {Spec{Windows: []Window{{Cron: "0 3 * * *", TimeZone: "Mars/Base", Duration: time.Hour}}},
			"windows[0].timeZone", "IANA name"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(tc.spec)
			invalid, ok := errors.AsType[*InvalidError](err)
			if !ok {
				t.Fatalf("Parse(%+v) = %v, want an *InvalidError", tc.spec, err)
			}
			if invalid.Field != tc.field || !strings.Contains(invalid.Reason, tc.reason) {
				t.Errorf("got %v, want field %q and a reason with %q", invalid, tc.field, tc.reason)
			}
		})
	}
}

func TestInvalidErrorReadsAsOneLine(t *testing.T) {
	t.Parallel()
	_, err := Parse(Spec{Every: 30 * time.Second})
	if want := `every "30s": the interval is too short; write at least 1m`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]Spec{
		"only on demand":   {},
		"shortest":         {Every: MinEvery},
		"descriptor":       {Cron: "@daily"},
		"names and ranges": {Cron: "*/15 8-17 * jan-jun MON-FRI"},
		"sunday as seven":  {Cron: "0 3 * * 7"},
		"leap day":         {Cron: "0 0 29 2 *"},
		"either day field": {Cron: "0 0 31 2 MON"},
		"surrounded":       {Cron: " 0 3 * * * "},
		"window":           {Windows: []Window{{Cron: "@weekly", Duration: MinWindow}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse(spec); err != nil {
				t.Errorf("Parse(%+v): %v", spec, err)
			}
		})
	}
}
