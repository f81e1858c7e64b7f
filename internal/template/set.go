package template

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

var secretKey = regexp.MustCompile(`^[-._a-zA-Z0-9]{1,253}$`)

// Set is the checked template sources of one Secret. It is immutable and safe for
// concurrent use.
type Set struct {
	sources []source // by key, so that results and errors are deterministic
}

type source struct {
	key    string
	tree   *parse.Tree
	fields map[string]bool // the keys it names, to recognise a missing one
}

// Parse checks template sources, by key of the Secret. Every error is an *Error
// and stays until the sources change.
func Parse(sources map[string]string) (*Set, error) {
	set, total := &Set{}, 0
	for _, key := range slices.Sorted(maps.Keys(sources)) {
		text := sources[key]
		if total += len(key) + len(text); total > MaxSources {
			return nil, &Error{Key: key, Reason: "the templates together are longer than 256 KiB; shorten them"}
		}
		src, err := parseSource(key, text)
		if err != nil {
			return nil, err
		}
		set.sources = append(set.sources, src)
	}
	return set, nil
}

func parseSource(key, text string) (source, error) {
	// "." and names that start with ".." would leave the folder of a mounted Secret.
	if !secretKey.MatchString(key) || key == "." || strings.HasPrefix(key, "..") {
		return source{}, &Error{Key: key,
			Reason: "not a key of a Secret; use up to 253 of A-Z a-z 0-9 - _ . and no leading .."}
	}
	if len(text) > MaxValue {
		return source{}, &Error{Key: key, Reason: "the template is longer than 64 KiB; shorten it"}
	}
	name := namePrefix + key
	trees, err := parse.Parse(name, text, "", "", parseFuncs)
	if err != nil {
		return source{}, parseError(key, err)
	}
	c := checker{key: key, text: text, fields: map[string]bool{}}
	for _, other := range slices.Sorted(maps.Keys(trees)) {
		if other != name {
			return source{}, c.refuse(trees[other].Root, "define and block are not allowed; write the text out")
		}
	}
	if err := c.list(trees[name].Root, false); err != nil {
		return source{}, err
	}
	return source{key: key, tree: trees[name], fields: c.fields}, nil
}

// Render returns the data of the Secret, by key, from the default keys of a
// credential. A source that names a key that values lacks is an error, as is
// exceeding MaxValue or MaxTotal; every error is an *Error.
func (s *Set) Render(values map[string]string) (map[string][]byte, error) {
	m := &meter{work: maxWork}
	root := template.New("").Option("missingkey=error").Funcs(m.funcs())
	out, total := make(map[string][]byte, len(s.sources)), 0
	for _, src := range s.sources {
		w := &limitedBuffer{limit: min(MaxValue, MaxTotal-total)}
		t, err := root.AddParseTree(namePrefix+src.key, src.tree)
		if err == nil {
			err = t.Execute(w, values)
		}
		if err != nil {
			return nil, src.renderError(err, values)
		}
		total += w.Len()
		out[src.key] = w.Bytes()
	}
	return out, nil
}
