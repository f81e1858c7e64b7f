// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/whm-credentials/operator/test/testbed"
)

// page is one Markdown file.
type page struct {
	// path from the root of the repository.
	path, text string
}

// block is a fenced block of a page.
type block struct {
	page string
	line int
	// info is what stands behind the opening fence.
	info, text string
}

// pages reads README.md and everything below docs/.
func pages(t *testing.T) []page {
	t.Helper()
	root := root(t)
	var found []page
	for _, pattern := range []string{"README.md", "docs/*.md", "docs/design/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, page{path: name, text: string(text)})
		}
	}
	return found
}

func root(t *testing.T) string {
	t.Helper()
	root, err := testbed.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// proseOf returns what pages say outside of their fenced blocks, because an example explains nothing.
func proseOf(t *testing.T, paths ...string) string {
	t.Helper()
	all, text := pages(t), ""
	for _, path := range paths {
		i := slices.IndexFunc(all, func(p page) bool { return p.path == path })
		if i < 0 {
			t.Fatalf("there is no page %s", path)
		}
		text += all[i].prose()
	}
	return text
}

// blocks returns the fenced blocks of a page.
func (p page) blocks() []block {
	var found []block
	var open *block
	for i, line := range strings.Split(p.text, "\n") {
		info, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && open == nil:
			open = &block{page: p.path, line: i + 1, info: info}
		case fence:
			found, open = append(found, *open), nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	return found
}

// prose returns the page without its fenced blocks.
func (p page) prose() string {
	text := p.text
	for _, b := range p.blocks() {
		text = strings.ReplaceAll(text, b.text, "")
	}
	return text
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	dropped = regexp.MustCompile("[^a-z0-9 _-]")
)

// anchors returns the names of a page's headings as links use them.
func (p page) anchors() []string {
	var found []string
	for _, m := range heading.FindAllStringSubmatch(p.prose(), -1) {
		name := dropped.ReplaceAllString(strings.ToLower(m[1]), "")
		found = append(found, strings.ReplaceAll(name, " ", "-"))
	}
	return found
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	root, all := root(t), pages(t)
	for _, p := range all {
		for _, m := range link.FindAllStringSubmatch(p.prose(), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			target := p.path
			if file != "" {
				target = filepath.Join(filepath.Dir(p.path), file)
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s links to %s, which does not exist", p.path, m[1])
			}
			i := slices.IndexFunc(all, func(other page) bool { return other.path == target })
			if anchor != "" && (i < 0 || !slices.Contains(all[i].anchors(), anchor)) {
				t.Errorf("%s links to %s, and there is no such heading", p.path, m[1])
			}
		}
	}
}
