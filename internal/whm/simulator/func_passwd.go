// SPDX-License-Identifier: Apache-2.0

package simulator

import "slices"

// passwordFunctions set passwords from WHM and rate them.
func passwordFunctions() []function {
	return []function{
		{name: "passwd", since: "11", acl: "passwd", mutating: always, handle: passwd, old: oldPasswd},
		{name: "set_mysql_password", only1: true, acl: "mysql-info", mutating: always, handle: setMysqlPassword},
		{name: "get_password_strength", since: "11", handle: passwordStrength},
		{name: "getminimumpasswordstrengths", handle: minimumStrengths},
	}
}

// oldPasswd writes the services as a list of objects.
func oldPasswd(o outcome) object {
	services := []object{}
	names, _ := o.data["app"].([]string)
	for _, name := range names {
		services = append(services, object{"app": name})
	}
	o.data = object{"services": services}
	return statusList("passwd")(o)
}

// passwd changes the password of an account or of a WHM user, and unless told
// otherwise that of the database user of the same name.
func passwd(c *call) outcome {
	user, password := c.form.get("user"), c.form.get("password")
	withDatabase, valid := c.form.flag("db_pass_update")
	if !c.form.has("db_pass_update") {
		withDatabase, valid = true, true // the documented default
	}
	switch {
	case user == "":
		return refused("The parameter “user” is required.")
	case password == "":
		return refused("The parameter “password” is required.")
	case !valid:
		return refused("The parameter “db_pass_update” must be 1 or 0.")
	case !c.st.mayActFor(c.who.user, user):
		return refused("You do not have a user named “%s”.", user)
	}
	if complaint := c.st.tooWeak(password, "passwd"); complaint != "" {
		return refused("%s", complaint)
	}
	c.st.setPassword(c.exchange, credential{kind: KindPassword, user: user, value: password}, "passwd")
	services := []string{"system", "ftp", "mail"}
	if withDatabase && user != rootUser {
		services = append(services, c.setOwnDatabasePasswords(user, password)...)
	}
	c.st.endSessionsAfterPasswd(c.exchange, user)
	o := done(object{"app": services})
	o.reason = "Password changed for user “" + user + "”."
	return o
}

// setOwnDatabasePasswords changes the password of the database users that are
// called like the account, and names the services.
func (c *call) setOwnDatabasePasswords(user, password string) []string {
	var services []string
	for _, database := range []struct {
		kind    Kind
		service string
	}{{KindMySQL, "mySQL"}, {KindPostgreSQL, "postgresql"}} {
		if c.st.hasServiceUser(user, database.kind, user) {
			target := credential{kind: database.kind, user: user, account: user, value: password}
			c.st.setPassword(c.exchange, target, "passwd")
			services = append(services, database.service)
		}
	}
	return services
}

// setMysqlPassword changes a database user of any account of the caller.
func setMysqlPassword(c *call) outcome {
	user, password := c.form.get("user"), c.form.get("password")
	account := c.form.get("cpuser")
	if account == "" {
		account = c.st.accountOfMySQLUser(user)
	}
	switch {
	case user == "" || password == "":
		return refused("The parameters “user” and “password” are required.")
	case !c.st.mayActFor(c.who.user, account):
		return refused("You do not have a user named “%s”.", account)
	case !c.st.hasServiceUser(account, KindMySQL, user):
		return refused("The MySQL user “%s” does not exist.", user)
	}
	if complaint := c.st.tooWeak(password, "mysql"); complaint != "" {
		return refused("%s", complaint)
	}
	target := credential{kind: KindMySQL, user: user, account: account, value: password}
	c.st.setPassword(c.exchange, target, "set_mysql_password")
	return done(nil)
}

func (st *state) accountOfMySQLUser(user string) string {
	for account := range st.inv.Accounts {
		if st.hasServiceUser(account, KindMySQL, user) {
			return account
		}
	}
	return ""
}

func passwordStrength(c *call) outcome {
	if !c.form.has("password") {
		return refused("The parameter “password” is required.")
	}
	return done(object{"strength": strength(c.form.get("password"))})
}

// endSessionsAfterPasswd ends the sessions that a new password ends: those of
// root in WHM from 118, as documented, and others if a switch says so.
func (st *state) endSessionsAfterPasswd(x *exchange, user string) {
	all := st.unverified().PasswdEndsSessions == "all"
	documented := user == rootUser && st.release.atLeast("118")
	for _, s := range slices.Clone(st.sessions) {
		if s.user == user && (all || documented && s.service == serviceWHM) {
			st.purge(s, "", purgePassword, x.by("passwd"), x.now)
		}
	}
}
