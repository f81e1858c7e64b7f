// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"maps"
	"slices"
	"strings"
)

// mysqlFunctions look after the MySQL users of an account.
func mysqlFunctions() []uapiFunction {
	return []uapiFunction{
		{name: "Mysql::set_password", role: roleMySQL, mutating: true, handle: setMySQLPassword},
		{name: "Mysql::list_users", role: roleMySQL, handle: listMySQLUsers},
		{name: "Mysql::get_restrictions", role: roleMySQL, handle: mysqlRestrictions},
	}
}

// setMySQLPassword reports the hosts on which it failed, of which there are
// none here.
func setMySQLPassword(c *uapiCall) uapiOutcome {
	if no := c.setServiceUser(KindMySQL, c.form.get("user"), c.form.get("password"), "mysql"); no != nil {
		return *no
	}
	if c.st.unverified().SetPasswordData == "null" {
		return uapiDone(nil)
	}
	return uapiDone(object{"failures": []object{}})
}

// listMySQLUsers leaves out the user that is called like the account: it is not
// managed here.
func listMySQLUsers(c *uapiCall) uapiOutcome {
	entries, users := []object{}, c.st.inv.Accounts[c.account].MySQLUsers
	for _, name := range slices.Sorted(maps.Keys(users)) {
		if name != c.account {
			entries = append(entries, object{
				"user": name, "shortuser": strings.TrimPrefix(name, databasePrefix(c.account)),
				"databases": append([]string{}, users[name].Databases...),
			})
		}
	}
	return uapiDone(entries)
}

// mysqlRestrictions answers as a server with MySQL 5.7 or later does.
func mysqlRestrictions(c *uapiCall) uapiOutcome {
	var prefix any
	if !c.st.policies().NoDatabasePrefix {
		prefix = databasePrefix(c.account)
	}
	return uapiDone(object{"prefix": prefix, "max_username_length": 32, "max_database_name_length": 64})
}

// postgresqlFunctions look after the PostgreSQL users of an account.
func postgresqlFunctions() []uapiFunction {
	return []uapiFunction{
		{name: "Postgresql::set_password", role: rolePostgreSQL, mutating: true, handle: func(c *uapiCall) uapiOutcome {
			if no := c.setServiceUser(KindPostgreSQL, c.form.get("user"), c.form.get("password"), "postgres"); no != nil {
				return *no
			}
			return uapiDone(nil)
		}},
		{name: "Postgresql::list_users", role: rolePostgreSQL, handle: func(c *uapiCall) uapiOutcome {
			users := slices.Sorted(maps.Keys(c.st.inv.Accounts[c.account].PostgreSQLUsers))
			return uapiDone(slices.DeleteFunc(append([]string{}, users...), func(name string) bool { return name == c.account }))
		}},
	}
}
