package template

import "bytes"

const (
	// MaxValue is the longest source, rendered value and result of a function, in
	// bytes.
	MaxValue = 64 << 10
	// MaxTotal is the longest all rendered values may be together, in bytes. The
	// API server takes 1 MiB per Secret, and the operator adds to it.
	MaxTotal = 512 << 10
	// MaxSources is the longest all sources and their keys may be together, in bytes.
	MaxSources = 256 << 10
	// maxWork is how many bytes the functions of one render may read and write. It
	// stands for a time limit of some tenths of a second.
	maxWork = 16 << 20
)

const (
	errTooLong  refusal = "a value gets longer than 64 KiB, or all of them longer than 512 KiB; shorten the template"
	errTooMuch  refusal = "the functions have more to do than one Secret can need; simplify the template"
	errNotText  refusal = "the value is not UTF-8 text; use b64enc"
	errHasNUL   refusal = "the value holds a NUL byte, which neither a shell nor an .env file can; use b64enc"
	errNotB64   refusal = "b64dec: the value is not standard base64"
	errIndent   refusal = "indent and nindent take 0 to 64 blanks"
	errName     refusal = `dotenv takes a name such as "WHM_TOKEN" and a value`
	errFormat   refusal = "printf takes %s, %v, %d and %% without width or flags; for %q use quote"
	errArgs     refusal = "printf takes as many values as its format has verbs"
	errNoScalar refusal = "a text, number or boolean is needed; name one key, such as .username"
)

// limitedBuffer refuses what would make it longer than limit.
type limitedBuffer struct {
	bytes.Buffer
	limit int
}

// Write appends p or nothing.
func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.limit {
		return 0, errTooLong
	}
	return b.Buffer.Write(p)
}

// meter counts what the functions of one render do.
type meter struct {
	work int
}

// spend must be called with the length of a result before the result is built.
func (m *meter) spend(read, written int) error {
	if written > MaxValue {
		return errTooLong
	}
	if m.work -= read + written; m.work < 0 {
		return errTooMuch
	}
	return nil
}
