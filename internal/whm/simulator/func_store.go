// SPDX-License-Identifier: Apache-2.0

package simulator

// storeFunctions log in to the vendor's store for WHM.
func storeFunctions() []function {
	return []function{
		{name: "get_login_url", since: "62", only1: true, handle: func(c *call) outcome {
			provider, after := c.form.get("provider"), c.form.get("url_after_login")
			if complaint := c.st.checkStore(provider, after); complaint != "" {
				return refused("%s", complaint)
			}
			return done(object{"payload": c.srv.storeLoginURL(provider, after)})
		}},
		{
			name: "validate_login_token", since: "62", only1: true, mutating: always,
			secret: []string{"login_token"}, handle: validateLoginToken,
		},
	}
}

func validateLoginToken(c *call) outcome {
	complaint, access, refresh := c.st.exchangeLogin(c.exchange, c.who.user, c.fn.name)
	if complaint != "" {
		return refused("%s", complaint)
	}
	tokens := object{"access_token": access.value, "refresh_token": refresh.value}
	if c.st.unverified().StorePayload == "object" {
		return done(object{"payload": tokens})
	}
	return done(object{"payload": []object{tokens}})
}

// marketFunctions are the twins for cPanel accounts, which get no refresh token.
func marketFunctions() []uapiFunction {
	return []uapiFunction{
		{name: "Market::get_login_url", handle: func(c *uapiCall) uapiOutcome {
			provider, after := c.form.get("provider"), c.form.get("url_after_login")
			if complaint := c.st.checkStore(provider, after); complaint != "" {
				return uapiFailed("%s", complaint)
			}
			return uapiDone(c.srv.storeLoginURL(provider, after))
		}},
		{name: "Market::validate_login_token", mutating: true, handle: func(c *uapiCall) uapiOutcome {
			complaint, access, _ := c.st.exchangeLogin(c.exchange, c.account, c.fn.name)
			if complaint != "" {
				return uapiFailed("%s", complaint)
			}
			return uapiDone(object{"access_token": access.value})
		}},
	}
}
