// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

func TestSimulatorAnswersWhatIsDescribed(t *testing.T) {
	t.Parallel()
	all := load(t)
	answered := map[string]bool{}
	for _, fn := range simulator.Functions() {
		key := fn.Name
		if fn.API == simulator.API2 {
			key = fn.API + " " + fn.Name
		}
		answered[key] = true
		_, described := all.functions[key]
		switch {
		case all.Absent[key] != "":
			t.Errorf("%s is answered, and no source has it: %s", key, all.Absent[key])
		case !described && all.Undescribed[key] == "":
			t.Errorf("%s is answered and not described", key)
		case described && fn.API != simulator.APIUAPI && fn.API != simulator.APIWHM:
			t.Errorf("%s is of %s", key, fn.API)
		}
	}
	for _, names := range [][]string{all.names(), slices.Sorted(maps.Keys(all.Undescribed)), slices.Sorted(maps.Keys(probes))} {
		for _, name := range names {
			if !answered[name] {
				t.Errorf("%s stands in a table, and the simulator has no such function", name)
			}
		}
	}
	for _, name := range all.names() {
		if _, asked := probes[name]; !asked {
			t.Errorf("there is no call of %s", name)
		}
	}
}

func TestAnswersHaveTheDescribedShape(t *testing.T) {
	t.Parallel()
	all := load(t)
	for name, p := range probes {
		fn := all.functions[name]
		for _, release := range fn.releases() {
			for _, way := range p.ways(all, name, release) {
				t.Run(name+" by "+way+" on "+release, func(t *testing.T) {
					t.Parallel()
					b := newStage(t, release)
					asked, got := b.ask(p, name, way, p.values(b))
					for _, wrong := range all.wrongWith(asked) {
						if p.json == "" {
							t.Errorf("the request: %s", wrong)
						}
					}
					all.checkAnswer(t, fn, way, release, got)
				})
			}
		}
		if before := lastBefore(fn.Since); before != "" {
			for _, way := range p.ways(all, name, before) {
				t.Run(name+" by "+way+" on "+before, func(t *testing.T) {
					t.Parallel()
					b := newStage(t, before)
					_, got := b.ask(p, name, way, p.values(b))
					all.checkAbsent(t, way, got)
				})
			}
		}
	}
}

// releases are those on which an answer can differ: the first, the newest, and
// those around a member that came or went.
func (f function) releases() []string {
	found := []string{firstOf(f.Since), newest}
	for _, bound := range bounds(f.Answer) {
		for _, release := range []string{lastBefore(bound), firstOf(bound)} {
			if !olderThan(release, found[0]) && !slices.Contains(found, release) {
				found = append(found, release)
			}
		}
	}
	return found
}

func (p probe) values(b *stage) url.Values {
	if p.form == nil {
		return nil
	}
	return p.form(b)
}

// checkAnswer compares a success with the envelope of its way and the shape of
// its function.
func (all table) checkAnswer(t *testing.T, fn function, way, release string, got answer) {
	t.Helper()
	if got.status != 200 {
		t.Fatalf("HTTP status %d: %.300s", got.status, got.body)
	}
	body := parsed(t, got.body)
	var found []string
	switch {
	case way == viaExecute:
		found = all.inUAPI(fn, body, release)
	case way == viaUAPI:
		carrier := all.functions[viaUAPI]
		found = append(all.inWHM(carrier, body, release), all.inUAPI(fn, at(body, "data", "uapi"), release)...)
	case way == viaCPanel:
		found = append(differences(all.functions[viaCPanel].Answer, body, release, "body"), all.inUAPI(fn, at(body, "result"), release)...)
	case fn.Root == "body":
		found = compared(fn, body, release)
	default:
		found = all.inWHM(fn, body, release)
	}
	for _, wrong := range found {
		t.Error(wrong)
	}
}

func (all table) inWHM(fn function, body any, release string) []string {
	found := differences(all.Envelopes["whm"], body, release, "body")
	if at(body, "metadata", "result") != json.Number("1") {
		found = append(found, "metadata.result is not 1")
	}
	if at(body, "metadata", "command") != fn.Name {
		found = append(found, "metadata.command is another function")
	}
	if reason, _ := at(body, "metadata", "reason").(string); fn.Reason != "" && !like(fn.Reason, reason) {
		found = append(found, "metadata.reason is not "+fn.Reason)
	}
	whole, _ := body.(map[string]any)
	data, there := whole["data"]
	switch {
	case fn.Answer == nil && there:
		found = append(found, "there is data")
	case fn.Answer != nil:
		found = append(found, compared(fn, data, release)...)
	}
	return found
}

func (all table) inUAPI(fn function, bare any, release string) []string {
	found := differences(all.Envelopes["uapi"], bare, release, "body")
	if at(bare, "status") != json.Number("1") {
		found = append(found, "status is not 1")
	}
	return append(found, compared(fn, at(bare, "data"), release)...)
}

// compared is what is wrong with data. Empty lists and objects have no wrong
// entry, so that the calls have to bring entries about.
func compared(fn function, data any, release string) []string {
	found := differences(fn.Answer, data, release, "data")
	if fn.Carries {
		return found // what is carried is looked at by itself
	}
	for _, path := range empty(data, "data") {
		if !slices.Contains(emptyByNature[fn.Name], path) {
			found = append(found, path+" is empty, which shows nothing")
		}
	}
	return found
}

// emptyByNature are lists and objects that are empty in a success, or for what
// the simulator has.
var emptyByNature = map[string][]string{
	"Mysql::set_password":                   {"data.failures"},
	"Tokens::list":                          {"data[0].features"},
	"twofactorauth_remove_user_config":      {"data.failed"},
	"twofactorauth_get_tfa_config_for_user": {"data.bob.team"},
}

func empty(value any, path string) []string {
	var found []string
	switch value := value.(type) {
	case []any:
		if len(value) == 0 {
			return []string{path}
		}
		return empty(value[0], path+"[0]")
	case map[string]any:
		if len(value) == 0 {
			return []string{path}
		}
		for name, member := range value {
			found = append(found, empty(member, path+"."+name)...)
		}
	}
	return found
}

// checkAbsent wants the refusal of a function that the release does not have.
func (all table) checkAbsent(t *testing.T, way string, got answer) {
	t.Helper()
	body := parsed(t, got.body)
	if way == viaWHM {
		unknown := all.failure(t, "unknown function")
		reason, _ := at(body, "metadata", "reason").(string)
		if got.status != unknown.Status || !regexp.MustCompile(unknown.Reason).MatchString(reason) {
			t.Errorf("a release that is too old answers %d: %.300s", got.status, got.body)
		}
		return
	}
	inner := map[string]any{viaExecute: body, viaUAPI: at(body, "data", "uapi"), viaCPanel: at(body, "result")}[way]
	for _, wrong := range differences(all.failure(t, "refusal of UAPI").Shape, inner, newest, "body") {
		t.Errorf("a release that is too old: %s", wrong)
	}
}

func (all table) failure(t *testing.T, name string) failure {
	t.Helper()
	i := slices.IndexFunc(all.Errors, func(f failure) bool { return f.Case == name })
	if i < 0 {
		t.Fatalf("there is no failure %q", name)
	}
	return all.Errors[i]
}

// at follows names into objects; nil if there is no such member.
func at(value any, names ...string) any {
	for _, name := range names {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// like compares a text with a pattern in which a star stands for anything.
func like(pattern, text string) bool {
	before, after, _ := strings.Cut(pattern, "*")
	return strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}
