// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// maxTokenNetworks is the documented number of addresses per token.
const maxTokenNetworks = 100

// tokenLimits are the arguments that create and update share.
type tokenLimits struct {
	acls        aclSet
	expiresAt   time.Time
	networks    []netip.Prefix
	hasNetworks bool
}

// tokenLimits reads them. A release that is older than an argument ignores it,
// as it ignores any argument it does not know.
func (c *call) tokenLimits() (limits tokenLimits, refusal *outcome) {
	limits.acls = c.acls()
	for _, step := range []struct {
		since string
		read  func(*tokenLimits) *outcome
	}{{"68", c.readACLs}, {"82", c.readExpiry}, {"98", c.readNetworks}} {
		if c.st.release.atLeast(step.since) {
			if refusal = step.read(&limits); refusal != nil {
				return limits, refusal
			}
		}
	}
	return limits, nil
}

func (c *call) readACLs(limits *tokenLimits) *outcome {
	names := c.form.list("acl")
	if len(names) == 0 {
		return nil
	}
	if unknown := unknownACLs(names); len(unknown) > 0 {
		return new(refused("The following ACLs are not valid: %s", strings.Join(unknown, ", ")))
	}
	for _, name := range names {
		if !c.acls().has(name) {
			return new(refused("You do not have permission to grant the ACL “%s”.", name))
		}
	}
	limits.acls = newACLSet(names...)
	return nil
}

func (c *call) readExpiry(limits *tokenLimits) *outcome {
	at, complaint := parseExpiry(c.form.get("expires_at"), c.now)
	if complaint != "" {
		return new(refused("%s", complaint))
	}
	limits.expiresAt = at
	return nil
}

// parseExpiry reads an expires_at, where nothing and 0 mean never.
func parseExpiry(text string, now time.Time) (at time.Time, complaint string) {
	if text == "" || text == "0" {
		return time.Time{}, ""
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 {
		return time.Time{}, "“" + text + "” is not a valid expiry: use Unix time in seconds."
	}
	if at = time.Unix(seconds, 0).UTC(); !at.After(now) {
		return time.Time{}, "The expiry must be in the future."
	}
	return at, ""
}

func (c *call) readNetworks(limits *tokenLimits) *outcome {
	texts := c.form.list("whitelist_ip")
	limits.hasNetworks = len(texts) > 0
	if len(texts) == 0 || (len(texts) == 1 && texts[0] == "any") {
		return nil
	}
	if len(texts) > maxTokenNetworks {
		return new(refused("You cannot add more than %d IP addresses.", maxTokenNetworks))
	}
	for _, text := range texts {
		network, err := parseNetwork(text)
		if err != nil || (network.Addr().Is6() && !c.st.release.atLeast("110")) {
			return new(refused("“%s” is not a valid IP address or range.", text))
		}
		limits.networks = append(limits.networks, network)
	}
	return nil
}
