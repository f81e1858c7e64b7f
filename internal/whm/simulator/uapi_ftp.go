// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"maps"
	"slices"
	"strings"
)

// ftpFunctions look after the FTP logins of an account.
func ftpFunctions() []uapiFunction {
	return []uapiFunction{
		// The argument is pass here, and password everywhere else.
		{name: "Ftp::passwd", role: roleFTP, mutating: true, handle: func(c *uapiCall) uapiOutcome {
			if no := c.setServiceUser(KindFTP, c.login(c.form.get("user")), c.form.get("pass"), "ftp"); no != nil {
				return *no
			}
			return uapiDone(nil)
		}},
		{name: "Ftp::list_ftp", role: roleFTP, handle: listFTPUsers},
	}
}

// listFTPUsers lists the logins that every account has before the further ones.
func listFTPUsers(c *uapiCall) uapiOutcome {
	home := "/home/" + c.account
	entries := []object{
		{"user": c.account, "type": "main", "homedir": home},
		{"user": "anonymous", "type": "anonymous", "homedir": home + "/public_ftp"},
		{"user": c.account + "_logs", "type": "logaccess", "homedir": "/etc/apache2/logs/domlogs/" + c.account},
	}
	users := c.st.inv.Accounts[c.account].FTPUsers
	for _, login := range slices.Sorted(maps.Keys(users)) {
		entries = append(entries, object{
			"user": login, "type": "sub", "homedir": orDefault(users[login].HomeDir, home+"/public_html"),
		})
	}
	include, skip := pipeSeparated(c.form.get("include_acct_types")), pipeSeparated(c.form.get("skip_acct_types"))
	return uapiDone(slices.DeleteFunc(entries, func(entry object) bool {
		kind, _ := entry["type"].(string)
		return len(include) > 0 && !slices.Contains(include, kind) || slices.Contains(skip, kind)
	}))
}

func pipeSeparated(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "|"), func(part string) bool { return part == "" })
}

// webDiskFunctions look after the Web Disk logins of an account. A list of them
// is in no public description.
func webDiskFunctions() []uapiFunction {
	return []uapiFunction{{name: "WebDisk::set_password", role: roleWebDisk, mutating: true, handle: func(c *uapiCall) uapiOutcome {
		if no := c.setServiceUser(KindWebDisk, c.form.get("user"), c.form.get("password"), "webdisk"); no != nil {
			return *no
		}
		return uapiDone(nil)
	}}}
}
