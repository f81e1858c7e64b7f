// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// contentForm is how parameters travel.
const contentForm = "application/x-www-form-urlencoded"

// request is one as a server gets it.
type request struct {
	method, path, query, body string
	head                      http.Header
}

var sessionPrefix = regexp.MustCompile(`^/cpsess[0-9]+(/json-api/|/execute/)`)

// asked are the functions and pages that a request is for: what it carries
// first, then what carries it.
func (all table) asked(r request) []string {
	path := sessionPrefix.ReplaceAllString(r.path, "$1")
	if name, ok := strings.CutPrefix(path, "/execute/"); ok {
		return []string{strings.Replace(name, "/", "::", 1)}
	}
	name, isFunction := strings.CutPrefix(path, "/json-api/")
	form, _ := url.ParseQuery(r.body)
	switch {
	case isFunction && name == "uapi_cpanel":
		return []string{form.Get("cpanel.module") + "::" + form.Get("cpanel.function"), name}
	case isFunction && name == "cpanel":
		return []string{form.Get("cpanel_jsonapi_module") + "::" + form.Get("cpanel_jsonapi_func"), name}
	case isFunction:
		return []string{name}
	}
	for _, page := range all.Pages {
		if regexp.MustCompile(page.Path).MatchString(path) {
			return []string{page.Name}
		}
	}
	return []string{r.method + " " + path}
}

// wrongWith is how a request departs from what the sources say. Values are not
// quoted: they may be secrets.
func (all table) wrongWith(r request) []string {
	asked := all.asked(r)
	for _, page := range all.Pages {
		if page.Name == asked[0] {
			return all.wrongWithPage(r, page.Method, page.Parameters)
		}
	}
	form, err := url.ParseQuery(r.body)
	if err != nil {
		return []string{"the body is no form"}
	}
	found := wrongWithCarriage(r, form)
	known := map[string]parameter{}
	for _, name := range asked {
		fn, ok := all.functions[name]
		if !ok {
			return append(found, "the function "+name+" is not described")
		}
		maps.Copy(known, fn.Parameters)
	}
	if !strings.Contains(r.path, "/execute/") {
		known["api.version"] = parameter{Type: "integer", Required: true, Values: []string{"1"}}
	}
	return append(found, wrongWithParameters(form, known)...)
}

func wrongWithCarriage(r request, form url.Values) []string {
	var found []string
	if r.method != http.MethodPost {
		found = append(found, "the method is "+r.method)
	}
	if r.query != "" {
		found = append(found, "there are parameters in the URL")
	}
	if r.head.Get("Content-Type") != contentForm && len(form) > 0 {
		found = append(found, "the content type is "+r.head.Get("Content-Type"))
	}
	return found
}

// wrongWithPage is the same for pages. A link has its parameters in the URL,
// because the server made it so.
func (table) wrongWithPage(r request, method string, known map[string]parameter) []string {
	var found []string
	if r.method != method {
		found = append(found, "the method is "+r.method)
	}
	where, other := r.body, r.query
	if method == http.MethodGet {
		where, other = other, where
	}
	if other != "" {
		found = append(found, "there are parameters where they do not belong")
	}
	form, err := url.ParseQuery(where)
	if err != nil {
		return append(found, "the parameters are no form")
	}
	return append(found, wrongWithParameters(form, known)...)
}

func wrongWithParameters(form url.Values, known map[string]parameter) []string {
	var found []string
	left := maps.Clone(form)
	for _, name := range slices.Sorted(maps.Keys(known)) {
		values, complaint := take(left, name, known[name].List)
		if complaint != "" {
			found = append(found, complaint)
		}
		if len(values) == 0 && known[name].Required {
			found = append(found, name+" is missing")
		}
		for _, value := range values {
			if complaint := known[name].refuses(value); complaint != "" {
				found = append(found, name+" "+complaint)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		found = append(found, "the parameter "+name+" is not described")
	}
	return found
}

// take removes a parameter from the form, in whichever way it may be written.
func take(form url.Values, name, list string) (values []string, complaint string) {
	values = form[name]
	delete(form, name)
	if len(values) > 1 && list != "repeated" {
		return values, name + " is there more than once"
	}
	var first int
	if _, err := fmt.Sscanf(list, "from %d", &first); err != nil {
		return values, ""
	}
	for n := first; ; n++ {
		numbered, there := form[name+"-"+strconv.Itoa(n)]
		switch {
		case !there:
			return values, complaint
		case len(values) > 0 && n == first:
			complaint = name + " is there with and without a number"
		}
		values = append(values, numbered...)
		delete(form, name+"-"+strconv.Itoa(n))
	}
}

func (p parameter) refuses(value string) string {
	_, err := strconv.ParseUint(value, 10, 63)
	switch {
	case value == "":
		return "is empty"
	case p.Type == "flag" && value != "1" && value != "0":
		return "is neither 1 nor 0"
	case p.Type == "integer" && err != nil:
		return "is no number"
	case p.MaxLength > 0 && len(value) > p.MaxLength:
		return "is too long"
	case len(p.Values) > 0 && !slices.Contains(p.Values, value):
		return "has none of the values that are described"
	case p.Pattern != "" && !regexp.MustCompile(p.Pattern).MatchString(value):
		return "has another form"
	default:
		return ""
	}
}

func TestRequestsAreCompared(t *testing.T) {
	t.Parallel()
	all := load(t)
	form := http.Header{"Content-Type": {contentForm}}
	const whm = "/json-api/"
	for _, c := range []struct {
		r    request
		want string
	}{
		{request{"POST", whm + "accesshash", "", "api.version=1&user=bob&generate=0", form}, ""},
		{request{"POST", "/cpsess12" + whm + "version", "", "api.version=1", form}, ""},
		{request{"GET", whm + "version", "api.version=1", "", form}, "the method is GET; there are parameters in the URL; api.version is missing"},
		{request{"POST", whm + "version", "", "", form}, "api.version is missing"},
		{request{"POST", whm + "version", "", "api.version=2", form}, "api.version has none of the values that are described"},
		{request{"POST", whm + "version", "", "api.version=1", http.Header{"Content-Type": {"text/plain"}}}, "the content type is text/plain"},
		{request{"POST", whm + "nosuch", "", "api.version=1", form}, "the function nosuch is not described"},
		{request{"POST", whm + "accesshash", "", "api.version=1&user=bob", form}, "generate is missing"},
		{request{"POST", whm + "accesshash", "", "api.version=1&username=bob&generate=0", form}, "user is missing; the parameter username is not described"},
		{request{"POST", whm + "accesshash", "", "api.version=1&user=bob&generate=true", form}, "generate is neither 1 nor 0"},
		{request{"POST", whm + "accesshash", "", "api.version=1&user=&generate=0", form}, "user is empty"},
		{request{"POST", whm + "accesshash", "", "api.version=1&user=a&user=b&generate=0", form}, "user is there more than once"},
		{request{"POST", whm + "api_token_create", "", "api.version=1&token_name=n&acl-0=a&acl-1=b", form}, ""},
		{request{"POST", whm + "api_token_create", "", "api.version=1&token_name=n&acl-1=a", form}, "the parameter acl-1 is not described"},
		{request{"POST", whm + "api_token_create", "", "api.version=1&token_name=n&acl=a&acl-0=b", form}, "acl is there with and without a number"},
		{request{"POST", whm + "api_token_create", "", "api.version=1&token_name=a.b&expires_at=soon", form}, "expires_at is no number; token_name has another form"},
		{request{"POST", whm + "create_user_session", "", "api.version=1&user=u&service=cpanel", form}, "service has none of the values that are described"},
		{request{"POST", "/execute/Tokens/list", "", "", form}, ""},
		{request{"POST", "/execute/Tokens/list", "", "api.version=1", form}, "the parameter api.version is not described"},
		{request{"POST", whm + "uapi_cpanel", "", "api.version=1&cpanel.user=u&cpanel.module=Tokens&cpanel.function=revoke&name=n", form}, ""},
		{request{"POST", whm + "uapi_cpanel", "", "api.version=1&cpanel.user=u&cpanel.module=Tokens&cpanel.function=revoke", form}, "name is missing"},
		{request{"POST", "/login", "", "user=u&pass=p&login_only=1", form}, ""},
		{request{"POST", "/login", "", "user=u&pass=p", form}, "login_only is missing"},
		{request{"GET", "/cpsess1/login/", "session=s", "", nil}, ""},
		{request{"GET", "/elsewhere", "", "", nil}, "the method is GET; the function GET /elsewhere is not described"},
	} {
		if got := strings.Join(all.wrongWith(c.r), "; "); got != c.want {
			t.Errorf("%s %s with %s: got %q, want %q", c.r.method, c.r.path, c.r.body, got, c.want)
		}
	}
}
