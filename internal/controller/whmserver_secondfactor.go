// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"errors"
	"fmt"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/whm"
)

// toleratedSkew is how far the clocks of both sides may be apart before the codes are blamed on them: one step of codes.
const toleratedSkew = 30 * time.Second

// twoFactorRequired says what to do after the server asked for a one-time code or did not take the one it got. now is the
// time when it answered.
func twoFactorRequired(server v1alpha1.Server, err error, now time.Time) error {
	return outcome.Stall(v1alpha1.TwoFactorRequiredReason, "%s", secondFactorAdvice(server, err, now))
}

func secondFactorAdvice(server v1alpha1.Server, err error, now time.Time) string {
	user, auth := upstream.User(server), server.ServerSpec().Auth
	switch {
	case errors.Is(err, whm.ErrSecondFactorNotSetUp):
		return fmt.Sprintf("the server wants %s to set up two-factor authentication first: do that in WHM and let "+
			"spec.auth.password.otpSecretRef name a Secret with what it shows, or use an API token, which needs none", user)
	case auth.Password == nil:
		return "the server asks for a one-time code, which goes with no API token and no access hash: let its security " +
			"policies leave API requests out, or log in with spec.auth.password and its otpSecretRef"
	case auth.Password.OTPSecretRef == nil:
		return "the server asks for a valid one-time code: let spec.auth.password have an otpSecretRef, or use an API token, " +
			"which needs none"
	}
	advice := fmt.Sprintf("the server did not accept the one-time code of %s: ", user)
	if skew := skewOf(err, now); skew != "" {
		return advice + skew
	}
	return advice + fmt.Sprintf("put the secret that WHM showed when two-factor authentication was set up into the Secret %s, "+
		"or use an API token, which needs none", auth.Password.OTPSecretRef.Name)
}

// skewOf says how the server's clock differs from the operator's; nothing if it is near enough or the server did not say.
func skewOf(err error, now time.Time) string {
	e, ok := errors.AsType[*whm.Error](err)
	if !ok || e.ServerTime.IsZero() {
		return ""
	}
	ahead, way := e.ServerTime.Sub(now).Round(time.Second), "ahead of"
	if ahead < 0 {
		ahead, way = -ahead, "behind"
	}
	if ahead <= toleratedSkew {
		return ""
	}
	return fmt.Sprintf("its clock is %s %s the operator's, and codes are good for about 30s; set the clock that is wrong", ahead, way)
}
