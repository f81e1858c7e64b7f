// SPDX-License-Identifier: Apache-2.0

package simulator

import "time"

// accesshashFunctions read and regenerate the one access hash of a user.
func accesshashFunctions() []function {
	return []function{{
		name: "accesshash", since: "11", acl: aclAll, handle: accesshash,
		aclWhen:  func(u *Unverified) bool { return u.AccesshashForResellers == no },
		mutating: func(p params) bool { return p.get("generate") == "1" },
	}}
}

func accesshash(c *call) outcome {
	user := c.form.get("user")
	generate, valid := c.form.flag("generate")
	_, isUser := c.st.inv.Users[user]
	switch {
	case user == "":
		return refused("The parameter “user” is required.")
	case !valid:
		return refused("The parameter “generate” is required and must be 1 or 0.")
	case !isUser, c.who.user != user && !c.acls().has(aclAll):
		return refused("You do not have a user named “%s”.", user)
	case c.st.unverified().AccesshashRefusedWhenSwitchedOff == yes && !*c.st.policies().AllowDeprecatedAccessHash:
		return refused("Access hash authentication is disabled on this server.")
	case generate:
		return done(object{"accesshash": c.replaceHash(user)})
	default:
		return c.readHash(user)
	}
}

// replaceHash overwrites the stored hash. There is no second slot: whether the
// old one survives for a while is a switch.
func (c *call) replaceHash(user string) string {
	u := c.st.unverified()
	if old := c.st.only(KindHash, user); old != nil {
		old.revoke(c.by("accesshash"), c.now, time.Duration(u.OldHashDiesAfter))
	}
	fresh := c.st.issue(credential{
		kind: KindHash, user: user, value: newAccessHash(),
		usableFrom: c.now.Add(time.Duration(u.NewHashUsableAfter)),
	}, c.by("accesshash"), c.now)
	c.call.Applied = true
	return fresh.value
}

func (c *call) readHash(user string) outcome {
	if stored := c.st.only(KindHash, user); stored != nil {
		return done(object{"accesshash": stored.value})
	}
	switch c.st.unverified().HashReadWhenNone {
	case refuse:
		return refused("The user “%s” does not have an access hash.", user)
	case "create":
		return done(object{"accesshash": c.replaceHash(user)})
	case "absentData":
		return done(nil)
	default:
		return done(object{"accesshash": ""})
	}
}
