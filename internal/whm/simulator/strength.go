// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// defaultStrength is the least strength of a new installation.
const defaultStrength = 65

// strengthDefault is the application that stands for all others.
const strengthDefault = "default"

// Applications that have a least strength of their own, by the names of WHM and
// by those of cPanel. Mail and Web Disk appear in WHM as virtual.
var (
	whmApplications    = []string{strengthDefault, "createacct", "list", "mysql", "passwd", "postgres", "sshkey", "virtual"}
	cpanelApplications = []string{"createacct", "htaccess", "mysql", "passwd", "pop", "postgres", "sshkey", "webdisk", "virtual"}
)

// sinceFTPStrength is the release in which the set of WHM got ftp and lost
// cpaddons.
const sinceFTPStrength = "136"

// applications adds what the release has beside the constant set.
func (st *state) applications(constant []string) []string {
	if st.release.atLeast(sinceFTPStrength) {
		return append(slices.Clone(constant), "ftp")
	}
	return append(slices.Clone(constant), "cpaddons")
}

// minimumStrength is what a password for an application needs.
func (st *state) minimumStrength(application string) int {
	set := st.policies().PasswordStrength
	for _, name := range []string{application, underVirtual[application], strengthDefault} {
		if least, ok := set[name]; ok {
			return least
		}
	}
	return defaultStrength
}

// underVirtual names the application of WHM that one of cPanel falls under.
var underVirtual = map[string]string{"pop": "virtual", "webdisk": "virtual", "ftp": "virtual"}

// tooWeak is the complaint about a weak password, or "".
func (st *state) tooWeak(password, application string) string {
	least := st.minimumStrength(application)
	if strength(password) >= least {
		return ""
	}
	return fmt.Sprintf("Sorry, the password cannot be used because it is too weak and would be too easy to %s. "+
		"Please select a password with strength rating of %d or higher.", st.unverified().WeakPasswordWord, least)
}

// strength rates a password from 0 to 100. How the real rating works is not
// documented: this one asks for length and variety, and a random password of 16
// characters or more is rated 100.
func strength(password string) int {
	distinct, classes := map[rune]bool{}, map[string]bool{}
	for _, r := range password {
		distinct[r] = true
		classes[classOf(r)] = true
	}
	rating := 5*len(distinct) + 10*max(len(classes)-1, 0)
	lower := strings.ToLower(password)
	for _, guess := range []string{"password", "qwerty", "12345", "abcdef", "letmein"} {
		if strings.Contains(lower, guess) {
			rating /= 2
		}
	}
	return min(rating, 100)
}

func classOf(r rune) string {
	switch {
	case unicode.IsLower(r):
		return "lower"
	case unicode.IsUpper(r):
		return "upper"
	case unicode.IsDigit(r):
		return "digit"
	default:
		return "other"
	}
}

// checkServices refuses roles and applications that no server has.
func (p Policies) checkServices() error {
	for _, role := range p.DisabledRoles {
		if !slices.Contains(roles, role) {
			return fmt.Errorf("disabledRoles: %q is none of %s", role, strings.Join(roles, ", "))
		}
	}
	known := slices.Concat(whmApplications, cpanelApplications, []string{"ftp", "cpaddons"})
	for application, least := range p.PasswordStrength {
		if !slices.Contains(known, application) || least < 0 || least > 100 {
			return fmt.Errorf("passwordStrength: %s=%d: use 0 to 100 for an application that exists", application, least)
		}
	}
	return nil
}

// Server roles that functions depend on.
const (
	roleMail       = "Receive Mail"
	roleFTP        = "FTP"
	roleMySQL      = "MySQL"
	rolePostgreSQL = "PostgreSQL"
	roleWebDisk    = "Web Disk"
)

var roles = []string{roleMail, roleFTP, roleMySQL, rolePostgreSQL, roleWebDisk}

// strengthFunctions tell an account what its passwords need.
func strengthFunctions() []uapiFunction {
	return []uapiFunction{{name: "PasswdStrength::get_required_strength", handle: func(c *uapiCall) uapiOutcome {
		application := c.form.get("app")
		if !slices.Contains(append(slices.Clone(cpanelApplications), "ftp", "cpaddons"), application) {
			return uapiFailed("The application “%s” does not exist.", application)
		}
		return uapiDone(object{"strength": c.st.minimumStrength(application)})
	}}}
}

// minimumStrengths answers for all applications, or for the one that is named.
func minimumStrengths(c *call) outcome {
	all := object{}
	for _, application := range c.st.applications(whmApplications) {
		all[application] = c.st.minimumStrength(application)
	}
	name := c.form.get("name")
	if name == "" {
		return done(all)
	}
	if _, ok := all[name]; !ok {
		return refused("The application “%s” does not exist: use one of %s.", name, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	return done(object{name: all[name]})
}
