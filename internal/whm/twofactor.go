// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"slices"
)

// ErrWrongCode is wrapped by the errors of [Client.SetTFAConfig] when the server
// did not accept the code. A clock that is wrong, here or there, looks the same.
var ErrWrongCode = errors.New("the server did not accept the one-time code; a wrong clock has the same effect")

var sixDigits = regexp.MustCompile(`^[0-9]{6}$`)

// The functions of second factors are on servers from 54 on.
const prefixTFA = "twofactorauth_"

// TFAConfig is a second factor that the server proposes.
type TFAConfig struct {
	// Secret is what codes are made from, in base32.
	Secret Secret
	// OTPAuth is the otpauth URL for apps, which contains the secret.
	OTPAuth Secret
}

// GenerateTFAConfig returns a new second factor for the calling user. It has no
// effect before [Client.SetTFAConfig]. Resellers need the privilege create-acct.
func (c *Client) GenerateTFAConfig(ctx context.Context) (TFAConfig, error) {
	r, err := c.invoke(ctx, call{function: prefixTFA + "generate_tfa_config"})
	if err != nil {
		return TFAConfig{}, err
	}
	return decodeTFAConfig(r)
}

func decodeTFAConfig(r *reply) (TFAConfig, error) {
	var data struct {
		Secret  Secret `json:"secret"`
		OTPAuth Secret `json:"otpauth_str"`
	}
	if err := r.decode(&data); err != nil {
		return TFAConfig{}, err
	}
	if data.Secret.IsZero() || data.OTPAuth.IsZero() {
		return TFAConfig{}, r.malformed("the answer has no secret or no otpauth URL")
	}
	return TFAConfig(data), nil
}

// SetTFAConfig makes secret the second factor of the calling user, in place of
// the one before; code, six digits made from it, shows that the caller has it. If
// the code is wrong, the error wraps [ErrWrongCode] and nothing has changed.
// After an error with MayHaveApplied either secret may be in force.
func (c *Client) SetTFAConfig(ctx context.Context, secret, code Secret) error {
	const function = prefixTFA + "set_tfa_config"
	switch {
	case secret.IsZero():
		return invalid(function, "the secret is empty", nil)
	case !sixDigits.MatchString(code.Reveal()):
		return invalid(function, "the code is not made of six digits", nil)
	}
	r, err := c.invoke(ctx, call{
		function: function, secrets: []Secret{secret, code}, changes: true,
		params: url.Values{"secret": {secret.Reveal()}, "tfa_token": {code.Reveal()}},
	})
	if err != nil {
		return err
	}
	return tfaWasSet(r)
}

// tfaWasSet reads the flag beside metadata.result. Which of the two says that a
// code is wrong is not verified.
func tfaWasSet(r *reply) error {
	var data struct {
		Success json.RawMessage `json:"success"`
	}
	if err := r.decode(&data); err != nil {
		return err
	}
	done, err := verdict(r, data.Success)
	if err != nil || done {
		return err
	}
	return r.refused(r.status, finding{class: ClassInvalidInput, result: r.envelope.result, cause: ErrWrongCode})
}

// RemoveTFA removes the second factor of a user, of the calling one or of one
// that the caller owns. It succeeds for users without one too, so it can be
// repeated; [Client.TFAUserConfigs] is the proof.
func (c *Client) RemoveTFA(ctx context.Context, user string) error {
	const function = prefixTFA + "remove_user_config"
	if user == "" {
		return invalid(function, "the user is empty", nil)
	}
	r, err := c.invoke(ctx, call{function: function, params: url.Values{"user": {user}}, changes: true})
	if err != nil {
		return err
	}
	return tfaWasRemoved(r, user)
}

// tfaWasRemoved looks for the user among the failures, which come with a result
// of 1.
func tfaWasRemoved(r *reply, user string) error {
	var data struct {
		Modified lines           `json:"users_modified"`
		Failed   json.RawMessage `json:"failed"`
	}
	if err := r.decode(&data); err != nil {
		return err
	}
	var failed map[string]scalar
	// Without failures it may be an empty list.
	_ = json.Unmarshal(data.Failed, &failed)
	if reason, no := failed[user]; no {
		return r.refused(r.status, finding{class: ClassRefused, result: r.envelope.result, reason: string(reason)})
	}
	if !slices.Contains(data.Modified, user) {
		return r.malformed("the answer does not say what became of the user")
	}
	return nil
}
