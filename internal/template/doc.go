// Package template renders the data of a published Secret from a user's
// text/template sources and the default keys of a credential.
//
// The sources come from people who may write a custom resource and nothing else,
// and they run inside the operator. So a source can only read the keys it is
// given ({{ .username }}, {{ index . "tls.crt" }}) and call pure functions of a
// closed list. It cannot loop or recurse: range, define, template and block are
// refused when the source is parsed. What remains takes a time that is linear in
// the source, and the functions draw on a budget, so no clock and no goroutine is
// needed to end a render and the outcome never depends on the machine's load.
//
// Errors name the key, the line and the remedy. They never quote what a template
// was given, because that is a credential.
//
// # Functions
//
//	and or not, eq ne lt le gt ge, len, print   as in text/template
//	index . "a-b"         the value of a key whose name is no identifier, in quotes
//	hasKey . "a"          whether there is such a key
//	printf "%s:%s" .a .b  with %s, %v, %d and %%, without width or flags
//	default "x" .a        the first text where the second is empty
//	trim, upper, lower, trimPrefix "p" .a, trimSuffix "s" .a, replace "old" "new" .a
//	quote .a              as a JSON string, which YAML and TOML read too
//	squote .a             as one word of a POSIX shell
//	dotenv "NAME" .a      as a line of an .env file
//	toJson .              a JSON object of all keys; with one value, a JSON string
//	b64enc .a, b64dec .a  standard base64
//	urlquery .a           percent-encoded for any part of a URL, user info included
//	indent 4 .a           every line moved right; nindent starts with a new line
package template
