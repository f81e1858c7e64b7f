package template

import (
	"errors"
	"strings"
	"testing"
)

// credential is what a driver hands over, with every character that some format
// treats specially.
var credential = map[string]string{
	"username":      "root",
	"host":          "whm.example.com",
	"port":          "2087",
	"endpoint":      "https://whm.example.com:2087",
	"accesshash":    "0a1b\n2c3d\n",
	"authorization": "whm root:0a1b2c3d",
	"password":      "p@ss 'w\"o`r$d\\<&>+%\té",
	"tls.crt":       "dotted",
	"empty":         "",
}

func render(t testing.TB, text string) (string, error) {
	t.Helper()
	set, err := Parse(map[string]string{"out": text})
	if err != nil {
		return "", err
	}
	out, err := set.Render(credential)
	return string(out["out"]), err
}

func TestRender(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "",
		"fixed":                            "fixed",
		"{{ .username }}@{{ .host }}":      "root@whm.example.com",
		`{{ index . "tls.crt" }}`:          "dotted",
		"{{ $h := .host }}{{ $h }}":        "whm.example.com",
		"{{ with .host }}{{ . }}{{ end }}": "whm.example.com",
		"{{ with .empty }}a{{ else }}{{ .port }}{{ end }}":             "2087",
		"{{ with .host }}{{ $.port }}{{ end }}":                        "2087",
		`{{ if and (eq .port "2087") (hasKey . "host") }}tls{{ end }}`: "tls",
		`{{ if hasKey . "token" }}{{ .token }}{{ else }}-{{ end }}`:    "-",
		`{{ .empty | default "none" }}`:                                "none",
		`{{ default "none" .port }}`:                                   "2087",
		`{{ print .username ":" .port }}`:                              "root:2087",
		`{{ printf "%s:%v/%d%%" .username true 7 }}`:                   "root:true/7%",
		`{{ trim .accesshash | replace "\n" "" | upper }}`:             "0A1B2C3D",
		`{{ lower "ÀB" }}`:                                             "àb",
		`{{ .endpoint | trimPrefix "https://" | trimSuffix ":2087" }}`: "whm.example.com",
		`{{ quote "a\"<é\n" }}`:                                        `"a\"<é\n"`,
		`{{ squote "it's" }}`:                                          `'it'\''s'`,
		`{{ b64enc .username }}`:                                       "cm9vdA==",
		`{{ b64dec "cm9vdA==" }}`:                                      "root",
		`{{ urlquery "a b+c/d@e:f" }}`:                                 "a%20b%2Bc%2Fd%40e%3Af",
		`{{ indent 2 "a\nb" }}`:                                        "  a\n  b",
		`x:{{ nindent 2 "a\nb" }}`:                                     "x:\n  a\n  b",
		`{{ dotenv "HASH" "abc/1" }}`:                                  "HASH=abc/1",
		`{{ dotenv "HASH" .accesshash }}`:                              "HASH='0a1b\n2c3d\n'",
		`{{ len .port }}`:                                              "4",
	} {
		got, err := render(t, text)
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	const many = "{{ $a := .endpoint }}" // doubled below
	for text, reason := range map[string]string{
		"{{ range . }}x{{ end }}":                                   "range is not allowed",
		"{{ range 9223372036854775807 }}{{ end }}":                  "range is not allowed",
		`{{ define "x" }}{{ end }}`:                                 "define and block are not allowed",
		`{{ block "x" . }}{{ end }}`:                                "define and block are not allowed",
		`{{ template "data.out" . }}`:                               "is not allowed",
		`{{ define "data.out" }}{{ template "data.out" }}{{ end }}`: "is not allowed",
		"{{ break }}":                          "break",
		`{{ env "PATH" }}`:                     `function "env" not defined; available are and, b64dec`,
		`{{ call .host }}`:                     `function "call" not defined`,
		`{{ html .host }}`:                     `function "html" not defined`,
		`{{ slice .host 0 1 }}`:                `function "slice" not defined`,
		"{{ .host ":                            "unclosed action",
		"{{ . }}":                              "this prints all values",
		"{{ $ }}":                              "this prints all values",
		"{{ print . }}":                        "name one key",
		"{{ print nil }}":                      "nil is not allowed",
		"{{ .tls.crt }}":                       `write index $ "tls.crt"`,
		"{{ $.tls.crt }}":                      `write index $ "tls.crt"`,
		"{{ $h := .host }}{{ $h.name }}":       "values have no fields",
		"{{ (print .host).name }}":             "is not allowed",
		"{{ with .host }}{{ .port }}{{ end }}": "write $.port",
		"{{ .host .port }}":                    "is not a function",
		"{{ .host | .port }}":                  "is not a function",
		"{{ trim }}":                           "trim takes 1 argument, not 0",
		"{{ .host | trimPrefix }}":             "trimPrefix takes 2 arguments, not 1",
		"{{ eq .host }}":                       "eq takes at least 2 arguments, not 1",
		"{{ index . .host }}":                  `index takes the name of a key in quotes, such as index $ "tls.crt"`,
		`{{ "host" | index . }}`:               "index takes the name of a key in quotes",
		"{{ hasKey . (print .host) }}":         "hasKey takes the name of a key in quotes",
		"{{ .token }}":                         `no key "token"; available are accesshash, authorization, empty`,
		`{{ index . "token" }}`:                `no key "token"; available are accesshash, authorization, empty`,
		`{{ printf "%1000000d" 1 }}`:           "without width or flags",
		`{{ printf "%*d" 1000000 1 }}`:         "without width or flags",
		`{{ printf "%q" .host }}`:              "use quote",
		`{{ printf "%d" .host }}`:              "without width or flags",
		`{{ printf "100%" }}`:                  "without width or flags",
		`{{ printf "%s" }}`:                    "as many values",
		`{{ printf "%s" 1 2 }}`:                "as many values",
		"{{ indent 65 .host }}":                "0 to 64",
		"{{ indent -1 .host }}":                "0 to 64",
		`{{ b64dec .password }}`:               "not standard base64",
		`{{ toJson (b64dec "/w==") }}`:         "use b64enc",
		`{{ dotenv "A B" .host }}`:             "dotenv takes a name",
		`{{ dotenv "A" "\x00" }}`:              "NUL",
		`{{ squote "\x00" }}`:                  "NUL",
		`{{ upper 5 }}`:                        "check the types",
		many + strings.Repeat("{{ $a = print $a $a }}", 40):     "longer than 64 KiB",
		many + strings.Repeat(`{{ $a = replace "" $a $a }}`, 9): "longer than 64 KiB",
		strings.Repeat("x", MaxValue+1):                         "the template is longer than 64 KiB",
	} {
		got, err := render(t, text)
		typed, ok := errors.AsType[*Error](err)
		if !ok || typed.Key != "out" || !strings.Contains(typed.Reason, reason) {
			t.Errorf("%.60s: got %.60q, %v, want a reason with %q", text, got, err, reason)
		}
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"{{ range . }}{{ end }}", "{{ .token }}", "{{ trim }}", "{{ env }}", "{{ indent 65 .host }}"} {
		_, err := render(t, "a\nb\n"+action+"\nc")
		if err == nil || !strings.HasPrefix(err.Error(), `template "out", line 3: `) {
			t.Errorf("%s: got %v, want line 3", action, err)
		}
	}
}

func TestParseChecksKeysOfTheSecret(t *testing.T) {
	t.Parallel()
	for key, ok := range map[string]bool{
		"config.php": true, ".netrc": true, "A_b-1": true, strings.Repeat("k", 253): true,
		"": false, ".": false, "..": false, "..data": false, "a/b": false, "a b": false, "ä": false,
		strings.Repeat("k", 254): false,
	} {
		if _, err := Parse(map[string]string{key: "x"}); (err == nil) != ok {
			t.Errorf("key %.20q: got %v, want accepted %v", key, err, ok)
		}
	}
}

func TestFirstFaultyKeyIsReported(t *testing.T) {
	t.Parallel()
	sources := map[string]string{"c": "{{ .nope }}", "b": "{{ .no }}", "a": "{{ .host }}"}
	for range 20 {
		set, err := Parse(sources)
		if err != nil {
			t.Fatal(err)
		}
		_, err = set.Render(credential)
		if typed, ok := errors.AsType[*Error](err); !ok || typed.Key != "b" {
			t.Fatalf("got %v, want key b", err)
		}
	}
}
