// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"strconv"
	"strings"
)

// details is how create, update and get_details describe a token.
func (c *credential) details() object {
	entry := object{
		"name": c.name, "acls": c.acls.names(), "create_time": c.createdAt.Unix(),
		"expires_at": nil, "whitelist_ips": nil,
	}
	if c.acls == nil {
		entry["acls"] = []string{aclAll}
	}
	if !c.expiresAt.IsZero() {
		entry["expires_at"] = c.expiresAt.Unix()
	}
	if len(c.networks) > 0 {
		texts := make([]string, 0, len(c.networks))
		for _, network := range c.networks {
			texts = append(texts, expanded(network))
		}
		entry["whitelist_ips"] = texts
	}
	return entry
}

// aclFlags writes the list form of sets of privileges, an object of 1 and 0,
// and remembers each: most of hundreds of tokens have the same few.
type aclFlags struct {
	u *Unverified
	// held is what the user of the tokens holds: a list names nothing else.
	held aclSet
	seen map[string]json.RawMessage
}

func (f aclFlags) of(c *credential) json.RawMessage {
	set := aclAll
	if c.acls != nil {
		set = strings.Join(c.acls.names(), ",")
	}
	if _, known := f.seen[set]; !known {
		f.seen[set] = encode(f.u.numbers(f.flags(c)))
	}
	return f.seen[set]
}

// flags is one such object. How it looks for a token that holds all is a
// switch.
func (f aclFlags) flags(c *credential) object {
	all := c.acls == nil || c.acls[aclAll]
	if all && f.u.AllInTokenList == "alone" {
		return object{aclAll: 1}
	}
	flags := object{}
	for _, name := range aclNames {
		if !f.held.has(name) && !c.acls[name] {
			continue
		}
		flags[name] = 0
		if c.acls[name] || (all && (name == aclAll || f.u.AllInTokenList == "each")) {
			flags[name] = 1
		}
	}
	return flags
}

// numbers writes the numbers of an entry as the switch says.
func (u *Unverified) numbers(entry object) object {
	if u.TokenNumbersAsString == no {
		return entry
	}
	for name, value := range entry {
		switch n := value.(type) {
		case int:
			entry[name] = strconv.Itoa(n)
		case int64:
			entry[name] = strconv.FormatInt(n, 10)
		}
	}
	return entry
}

func dropNulls(entry object) {
	for name, value := range entry {
		if value == nil {
			delete(entry, name)
		}
	}
}
