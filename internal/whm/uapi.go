// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"strings"
)

// ErrAccountUnknown is wrapped by the errors of [Client.Passwd] and of functions
// that run as an account, when the server does not know the account or does not
// let the caller act for it: WHM says the same of both.
var ErrAccountUnknown = errors.New("there is no such account, or the caller may not act for it")

var unknownAccountPhrases = []string{"do not have a user named", "user parameter is invalid"}

// uapiCall is one call of a UAPI function, which runs as a cPanel account.
type uapiCall struct {
	module, function string
	params           url.Values
	secrets          []Secret // values among params that must not come back in an error
	changes          bool     // has an effect, so it is sent at most once
}

// name is what errors and the guard call it, whichever way it is sent.
func (u uapiCall) name() string { return u.module + "::" + u.function }

// asAccount calls the function as one of the server's accounts through WHM,
// which needs the privilege cpanel-api. The proxy function of 86 is tried first;
// a server that does not know it has run nothing, so the older one follows.
func (c *Client) asAccount(ctx context.Context, account string, u uapiCall) (*reply, error) {
	if account == "" || !sendableUser(account) {
		return nil, invalid(u.name(), "the account name is empty or contains a space, a colon or a control character", nil)
	}
	if !c.sender.noUAPIProxy.Load() {
		r, err := c.invoke(ctx, u.throughUAPIProxy(account))
		if !proxyUnknown(err) {
			return r, accountError(err)
		}
		c.sender.noUAPIProxy.Store(true)
	}
	r, err := c.invoke(ctx, u.throughProxy(account))
	return r, accountError(err)
}

// accountError marks what WHM itself says about the account; the function that it
// calls may use the same words for something else.
func accountError(err error) error {
	if e, ok := functionSaidNo(err); ok && !e.nested && containsAny(e.Reason, unknownAccountPhrases) {
		e.err = ErrAccountUnknown
	}
	return err
}

// proxyUnknown tells a server without the proxy function from one that has it
// but not the function that it was to call.
func proxyUnknown(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Class == ClassUnsupported && !e.nested
}

func (u uapiCall) throughUAPIProxy(account string) call {
	return u.carriedBy("uapi_cpanel", url.Values{
		"cpanel.user": {strings.ToLower(account)}, "cpanel.module": {u.module}, "cpanel.function": {u.function},
	})
}

// throughProxy asks for version 3, which is UAPI; without it the answer would be
// one of API 2. The account's name must be lower case.
func (u uapiCall) throughProxy(account string) call {
	return u.carriedBy("cpanel", url.Values{
		"cpanel_jsonapi_user": {strings.ToLower(account)}, "cpanel_jsonapi_module": {u.module},
		"cpanel_jsonapi_func": {u.function}, "cpanel_jsonapi_apiversion": {"3"},
	})
}

func (u uapiCall) carriedBy(proxy string, params url.Values) call {
	maps.Copy(params, u.params)
	return call{
		function: u.name(), path: pathWHM + proxy, params: params, secrets: u.secrets, changes: u.changes, forms: formUAPI,
	}
}

// execute calls the function as the account that the client's credential belongs
// to, on the cPanel port.
func (c *Client) execute(ctx context.Context, u uapiCall) (*reply, error) {
	return c.invoke(ctx, call{
		function: u.name(), path: pathUAPI + u.module + "/" + u.function,
		params: u.params, secrets: u.secrets, changes: u.changes, forms: formUAPI,
	})
}
