// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
)

// Version returns the server's version. Tokens with few privileges are refused
// this call on some servers, so it is no proof of a working credential;
// [Client.MyPrivs] is.
func (c *Client) Version(ctx context.Context) (Version, error) {
	// Some servers answer this function in the old form although version 1 of the
	// API was asked for.
	r, err := c.invoke(ctx, call{function: "version", forms: formWHM1 | formOld})
	if err != nil {
		return Version{}, err
	}
	var data struct {
		Version scalar `json:"version"`
	}
	if err := r.decode(&data); err != nil {
		return Version{}, err
	}
	v, err := ParseVersion(string(data.Version))
	if err != nil {
		return Version{}, r.malformed("the version is not made of numbers and dots")
	}
	return v, nil
}

// Privileges are the privileges (ACLs) that the calling credential holds.
type Privileges struct{ granted map[string]struct{} }

// NewPrivileges returns a set of the given names.
func NewPrivileges(names ...string) Privileges {
	p := Privileges{granted: make(map[string]struct{}, len(names))}
	for _, n := range names {
		p.granted[n] = struct{}{}
	}
	return p
}

// Has reports whether acl is granted, by its own name or by "all".
func (p Privileges) Has(acl string) bool {
	_, ok := p.granted[acl]
	return ok || p.All()
}

// All reports whether the credential may do everything, as root's may.
func (p Privileges) All() bool {
	_, ok := p.granted["all"]
	return ok
}

// Names returns the granted names, sorted.
func (p Privileges) Names() []string { return slices.Sorted(maps.Keys(p.granted)) }

// MyPrivs returns the privileges of the calling credential. Every credential may
// call it and it changes nothing, so it is the probe that proves one.
func (c *Client) MyPrivs(ctx context.Context) (Privileges, error) {
	r, err := c.invoke(ctx, call{function: "myprivs"})
	if err != nil {
		return Privileges{}, err
	}
	// An array with one object.
	var data struct {
		Privileges []map[string]json.RawMessage `json:"privileges"`
	}
	if err := r.decode(&data); err != nil {
		return Privileges{}, err
	}
	if data.Privileges == nil {
		return Privileges{}, r.malformed("the answer has no privileges")
	}
	p := NewPrivileges()
	for _, flags := range data.Privileges {
		for name, flag := range flags {
			var s scalar
			if json.Unmarshal(flag, &s) == nil && s.granted() {
				p.granted[name] = struct{}{}
			}
		}
	}
	return p, nil
}

// AppList returns the names of the functions that the credential may call,
// sorted.
func (c *Client) AppList(ctx context.Context) ([]string, error) {
	r, err := c.invoke(ctx, call{function: "applist"})
	if err != nil {
		return nil, err
	}
	var data struct {
		App []string `json:"app"`
	}
	if err := r.decode(&data); err != nil {
		return nil, err
	}
	if data.App == nil {
		return nil, r.malformed("the answer has no list of functions")
	}
	slices.Sort(data.App)
	return data.App, nil
}

// GetHostname returns the server's own hostname.
func (c *Client) GetHostname(ctx context.Context) (string, error) {
	r, err := c.invoke(ctx, call{function: "gethostname"})
	if err != nil {
		return "", err
	}
	var data struct {
		Hostname string `json:"hostname"`
	}
	if err := r.decode(&data); err != nil {
		return "", err
	}
	if data.Hostname == "" {
		return "", r.malformed("the answer has no hostname")
	}
	return data.Hostname, nil
}
