package template

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

func (m *meter) quote(s string) (string, error) { return m.toJSON(s) }

// toJSON encodes one value or the map of all, with sorted keys. It is refused for
// bytes that JSON would silently replace.
func (m *meter) toJSON(value any) (string, error) {
	read := 0
	switch value := value.(type) {
	case map[string]string:
		for k, v := range value {
			if !utf8.ValidString(v) {
				return "", errNotText
			}
			read += len(k) + len(v)
		}
	default:
		text, err := scalar(value)
		if err != nil {
			return "", err
		}
		if !utf8.ValidString(text) {
			return "", errNotText
		}
		read = len(text)
	}
	if err := m.spend(6*read, 0); err != nil {
		return "", err
	}
	return m.encodeJSON(value)
}

// encodeJSON leaves <, > and & as they are; nothing here ends up in HTML.
func (m *meter) encodeJSON(value any) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return "", errNoScalar
	}
	text := strings.TrimSuffix(out.String(), "\n")
	return text, m.spend(0, len(text))
}

// squote quotes for a POSIX shell, where only the quote itself has to leave the
// quotes.
func (m *meter) squote(s string) (string, error) {
	if strings.Contains(s, "\x00") {
		return "", errHasNUL
	}
	out, err := m.replace("'", `'\''`, s)
	return "'" + out + "'", err
}

var (
	envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	// envPlain needs no quotes anywhere; docker --env-file would keep them.
	envPlain   = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]*$`)
	envEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`")
)

// dotenv writes the form that shells, systemd and the readers of .env files agree
// on: bare where possible, then single quotes, in which all is literal, and double
// quotes only for what holds a single one. The writer of the best-known .env
// library is no help: it turns "0123" into 123.
func (m *meter) dotenv(name, value string) (string, error) {
	if !envName.MatchString(name) {
		return "", errName
	}
	if strings.Contains(value, "\x00") {
		return "", errHasNUL
	}
	if err := m.spend(2*len(value), 0); err != nil {
		return "", err
	}
	line := name + "=" + envQuote(value)
	return line, m.spend(0, len(line))
}

func envQuote(value string) string {
	switch {
	case envPlain.MatchString(value):
		return value
	case !strings.Contains(value, "'"):
		return "'" + value + "'"
	default:
		return `"` + envEscaper.Replace(value) + `"`
	}
}

func encodeBase64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func (m *meter) decodeBase64(s string) (string, error) {
	if err := m.spend(len(s), len(s)); err != nil {
		return "", err
	}
	out, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", errNotB64
	}
	return string(out), nil
}
