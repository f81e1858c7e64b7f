package template

import (
	"fmt"
	"strings"
	"testing"
)

func TestRenderedValuesAreBounded(t *testing.T) {
	t.Parallel()
	values := map[string]string{"half": strings.Repeat("x", MaxValue/2)}
	for name, tc := range map[string]struct {
		text   string
		copies int
		fits   bool
	}{
		"one value at the limit":   {"{{ .half }}{{ .half }}", 1, true},
		"one value over the limit": {"{{ .half }}{{ .half }}x", 1, false},
		"total at the limit":       {"{{ .half }}{{ .half }}", MaxTotal / MaxValue, true},
		"total over the limit":     {"{{ .half }}{{ .half }}", MaxTotal/MaxValue + 1, false},
		"a result over the limit":  {"{{ if print .half .half .half }}{{ end }}", 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sources := map[string]string{}
			for i := range tc.copies {
				sources[fmt.Sprint(i)] = tc.text
			}
			set, err := Parse(sources)
			if err != nil {
				t.Fatal(err)
			}
			_, err = set.Render(values)
			if (err == nil) != tc.fits || err != nil && !strings.Contains(err.Error(), "longer than 64 KiB") {
				t.Errorf("got %v, want it to fit: %v", err, tc.fits)
			}
		})
	}
}

// TestWorkIsBounded has sources that write nothing and ask for work in every way.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	values := map[string]string{"big": strings.Repeat("\"", MaxValue/8)}
	for _, call := range []string{
		"print .big .big", "upper .big", "quote .big", "toJson .", `replace "\"" "'" .big`, "indent 1 .big",
		`dotenv "A" .big`, "squote .big", "urlquery .big", "b64enc .big", `printf "%s%s" .big .big`,
	} {
		set, err := Parse(map[string]string{"out": strings.Repeat("{{ if "+call+" }}{{ end }}", 1500)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := set.Render(values); err == nil || !strings.Contains(err.Error(), "more to do") {
			t.Errorf("%s: got %v, want the budget to end it", call, err)
		}
	}
}

func TestSourcesTogetherAreBounded(t *testing.T) {
	t.Parallel()
	sources := map[string]string{}
	for i := range MaxSources / MaxValue {
		sources[fmt.Sprint(i)] = strings.Repeat("x", MaxValue)
	}
	if _, err := Parse(sources); err == nil || !strings.Contains(err.Error(), "256 KiB") {
		t.Errorf("got %v, want a refusal of the total", err)
	}
}
