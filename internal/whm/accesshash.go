// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
)

const functionAccessHash = "accesshash"

// noHashReason matches refusals that mean "this user has none". What WHM answers
// in that case is not documented.
var noHashReason = regexp.MustCompile(`(?i)(access ?hash|access key).*(not exist|not found|no such|not set|none|missing|empty)|(\bno\b|not have|missing|could not find|cannot find|unable to find).*(access ?hash|access key)`)

// AccessHash returns the user's access hash without changing it. If the user has
// none, the error wraps [ErrNoAccessHash]. It needs root's privileges.
func (c *Client) AccessHash(ctx context.Context, user string) (Secret, error) {
	r, err := c.accessHash(ctx, user, "0")
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok && e.Class == ClassRefused && noHashReason.MatchString(e.Reason) {
			e.err = ErrNoAccessHash
		}
		return Secret{}, err
	}
	if absent(r.envelope.data) {
		return Secret{}, noAccessHash(r)
	}
	hash, err := decodeAccessHash(r)
	if err == nil && hash.IsZero() {
		return Secret{}, noAccessHash(r)
	}
	return hash, err
}

// GenerateAccessHash replaces the user's access hash and returns the new one.
// WHM keeps a single hash per user, so the old one must be taken for dead. After
// an error with MayHaveApplied, [Client.AccessHash] tells which one is stored.
func (c *Client) GenerateAccessHash(ctx context.Context, user string) (Secret, error) {
	r, err := c.accessHash(ctx, user, "1")
	if err != nil {
		return Secret{}, err
	}
	hash, err := decodeAccessHash(r)
	if err == nil && hash.IsZero() {
		return Secret{}, r.malformed("the answer has no access hash")
	}
	return hash, err
}

func (c *Client) accessHash(ctx context.Context, user, generate string) (*reply, error) {
	if user == "" {
		return nil, invalid(functionAccessHash, "the user is empty", nil)
	}
	return c.invoke(ctx, call{
		function: functionAccessHash,
		params:   url.Values{"user": {user}, "generate": {generate}},
		changes:  generate == "1",
	})
}

// decodeAccessHash joins the lines of the hash, as its header form needs it. An
// absent or empty hash gives the zero Secret.
func decodeAccessHash(r *reply) (Secret, error) {
	var data struct {
		Hash string `json:"accesshash"`
	}
	if err := r.decode(&data); err != nil {
		return Secret{}, err
	}
	hash := strings.Join(strings.Fields(data.Hash), "")
	if strings.ContainsFunc(hash, unsendable) {
		return Secret{}, r.malformed("the access hash contains control characters")
	}
	return NewSecret(hash), nil
}

func noAccessHash(r *reply) *Error {
	return r.refused(r.status, finding{class: ClassRefused, result: r.envelope.result, cause: ErrNoAccessHash})
}
