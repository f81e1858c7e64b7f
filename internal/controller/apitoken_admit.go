// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"
	"strings"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/whm"
)

// ownPrivilege is what a token needs to rotate itself.
const ownPrivilege = "manage-api-tokens"

// Admit stalls if the server is too old for what is asked for, or if the operator would lock itself out.
func (d *apiTokenDriver) Admit(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	if err := d.supported(obj, server); err != nil {
		return err
	}
	spec := apiTokenOf(obj).Spec
	if d.Own(obj, server) && !spec.AllPrivileges && !slices.Contains(spec.ACLs, ownPrivilege) {
		return outcome.Stall(v1alpha1.WouldLockOutReason, "%s %s logs in with this token, which could not replace itself without "+
			"the privilege %s; add it to spec.acls", server.ServerKind(), server.GetName(), ownPrivilege).RetryAfter(conflictRetry)
	}
	if apiTokenOf(obj).Status.Revision == 0 {
		if err := d.neighbours.references.Quota(ctx, apiTokenOf(obj), server); err != nil {
			return err
		}
	}
	return d.Fits(ctx, obj, server)
}

// Fits tells whether no server object loses its way in.
func (d *apiTokenDriver) Fits(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	return d.neighbours.keepsLogins(ctx, obj, d, func(other v1alpha1.Server) bool {
		return concerns(other, server) && d.Own(obj, other)
	})
}

// demand is something that WHM has since a version.
type demand struct {
	made  bool
	since int
	field string
}

// supported stalls if the version is known and older than what the spec asks for. An older server ignores what it does not
// know, so the token would be more than was asked for.
func (d *apiTokenDriver) supported(obj Credential, server v1alpha1.Server) error {
	version := versionOf(server)
	if version.IsZero() {
		return nil
	}
	for _, need := range d.demands(obj, server) {
		if need.made && !version.AtLeast(need.since) {
			return outcome.Stall(v1alpha1.UnsupportedReason, "%s needs WHM %d or later, and the server has %s; change the spec, or "+
				"upgrade the server", need.field, need.since, version).RetryAfter(conflictRetry)
		}
	}
	return nil
}

func (d *apiTokenDriver) demands(obj Credential, server v1alpha1.Server) []demand {
	spec := apiTokenOf(obj).Spec
	if d.Account(obj, server).Type == v1alpha1.CPanelAccount {
		return []demand{
			{true, 80, "an API token of a cPanel account"},
			{spec.ExpiresAfter != nil, 82, "spec.expiresAfter"},
		}
	}
	v6 := slices.ContainsFunc(spec.AllowedIPs, func(a v1alpha1.AddressRange) bool { return strings.Contains(string(a), ":") })
	return []demand{
		{true, 64, "an API token"},
		{len(spec.ACLs) > 0, 68, "spec.acls"},
		{spec.ExpiresAfter != nil, 82, "spec.expiresAfter"},
		{len(spec.AllowedIPs) > 0, 98, "spec.allowedIPs"},
		{v6, 110, "an IPv6 address in spec.allowedIPs"},
	}
}

// versionOf returns the version of the server; zero if it is not known.
func versionOf(server v1alpha1.Server) whm.Version {
	// What does not look like a version is as good as none.
	version, _ := whm.ParseVersion(server.ServerStatus().Version)
	return version
}

// CanUpdate tells whether the server has api_token_update, which only WHM users' tokens have. The operator's own token is
// not limited to addresses in place: if the operator's is not among them, it could not take that back.
func (d *apiTokenDriver) CanUpdate(obj Credential, server v1alpha1.Server) bool {
	if d.Own(obj, server) && len(apiTokenOf(obj).Spec.AllowedIPs) > 0 {
		return false
	}
	version := versionOf(server)
	return d.Account(obj, server).Type == v1alpha1.WHMUser && (version.IsZero() || version.AtLeast(68))
}
