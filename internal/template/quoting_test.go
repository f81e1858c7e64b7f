package template

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"os/exec"
	"strings"
	"testing"
)

// awkward returns texts in which the characters that matter to some format are
// frequent, and logs its seed.
func awkward(t testing.TB, n int) []string {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("random seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	alphabet := []rune("ab09'\"\\$`!#%&*?~<>|;:@/+= \t\r\n{}[]()-_.,^é€😀\u2028\u007f")
	out := []string{"", "0123", "+5", "true", `a\`, "a'", "it's $HOME", "\n", "~", "a: b"}
	for range n {
		text := make([]rune, r.IntN(12))
		for i := range text {
			text[i] = alphabet[r.IntN(len(alphabet))]
		}
		out = append(out, string(text))
	}
	return out
}

func renderValue(t testing.TB, text, value string) string {
	t.Helper()
	set, err := Parse(map[string]string{"out": text})
	if err != nil {
		t.Fatal(err)
	}
	out, err := set.Render(map[string]string{"v": value})
	if err != nil {
		t.Fatalf("%s with %q: %v", text, value, err)
	}
	return string(out["out"])
}

// TestShellReadsItBack lets the shell that sources such a file decide.
func TestShellReadsItBack(t *testing.T) {
	t.Parallel()
	values := awkward(t, 150)
	var script strings.Builder
	for _, v := range values {
		script.WriteString(renderValue(t, `{{ dotenv "V" .v }}`, v) + "\nprintf '%s\\0' \"$V\"\n")
		script.WriteString(renderValue(t, `printf '%s\0' {{ squote .v }}`, v) + "\n")
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-eu")
	cmd.Stdin = strings.NewReader(script.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(string(out), "\x00")
	if len(got) != 2*len(values)+1 {
		t.Fatalf("the shell printed %d values, want %d", len(got)-1, 2*len(values))
	}
	for i, v := range values {
		if got[2*i] != v || got[2*i+1] != v {
			t.Errorf("%q came back as %q from dotenv and %q from squote", v, got[2*i], got[2*i+1])
		}
	}
}

func TestJSONReadsItBack(t *testing.T) {
	t.Parallel()
	for _, v := range awkward(t, 300) {
		for _, text := range []string{"{{ quote .v }}", "{{ toJson .v }}"} {
			var got string
			if err := json.Unmarshal([]byte(renderValue(t, text, v)), &got); err != nil || got != v {
				t.Errorf("%s: %q came back as %q, %v", text, v, got, err)
			}
		}
		var all map[string]string
		if err := json.Unmarshal([]byte(renderValue(t, "{{ toJson . }}", v)), &all); err != nil || len(all) != 1 || all["v"] != v {
			t.Errorf("%q came back in %v, %v", v, all, err)
		}
	}
}

func TestURLReadsItBackEverywhere(t *testing.T) {
	t.Parallel()
	const text = "https://{{ urlquery .v }}:{{ urlquery .v }}@host/{{ urlquery .v }}?q={{ urlquery .v }}"
	for _, v := range awkward(t, 300) {
		u, err := url.Parse(renderValue(t, text, v))
		if err != nil {
			t.Errorf("%q: %v", v, err)
			continue
		}
		password, _ := u.User.Password()
		for _, got := range []string{u.User.Username(), password, u.Path[1:], u.Query().Get("q")} {
			if got != v {
				t.Errorf("%q came back as %q in %v", v, got, u)
			}
		}
	}
}

func TestBase64ReadsItBack(t *testing.T) {
	t.Parallel()
	for _, v := range append(awkward(t, 100), "\xff\x00") {
		if got := renderValue(t, "{{ .v | b64enc | b64dec }}", v); got != v {
			t.Errorf("%q came back as %q", v, got)
		}
	}
}
