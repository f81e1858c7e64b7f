// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"bytes"
	"image/png"
	"net/url"
	"sync"

	"github.com/pquerna/otp"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
)

const (
	// qrKey is the default key of the QR code.
	qrKey = "qr.png"
	// qrSize is its width and height in pixels.
	qrSize = 256

	sampleTwoFactorSecret = "ABCDEFGHIJKLMNOP"
	sampleOTPAuth         = "otpauth://totp/server.example.com:root?issuer=server.example.com&secret=" + sampleTwoFactorSecret
)

// sampleQR is made once: the sample is looked at in every run.
var sampleQR = sync.OnceValue(func() string { return drawQR(sampleOTPAuth) })

// Sample returns a secret of the form that WHM's documentation shows: 16 characters.
func (d *twoFactorDriver) Sample(Credential) *rotation.Entry {
	return &rotation.Entry{ID: twoFactorID, Value: rotation.Value{
		twoFactorSecretKey: sampleTwoFactorSecret, twoFactorOTPAuthKey: sampleOTPAuth,
	}}
}

// Keys returns username, secret, the otpauth URL, its QR code as PNG and the issuer.
func (d *twoFactorDriver) Keys(_ Credential, server v1alpha1.Server, e *rotation.Entry) map[string]string {
	user, secret := upstream.User(server), e.Value[twoFactorSecretKey]
	link, issuer := otpauthURL(user, secret, e.Value[twoFactorOTPAuthKey])
	return map[string]string{
		"username": user, twoFactorSecretKey: secret, twoFactorOTPAuthKey: link, qrKey: qrCode(link), "issuer": issuer,
	}
}

// otpauthURL returns the URL that the server made and the issuer in it. Where there is none, as after the journal was lost,
// or it is of another secret, it is made from user and secret.
func otpauthURL(user, secret, given string) (link, issuer string) {
	if key, err := otp.NewKeyFromURL(given); err == nil && given != "" && key.Secret() == secret {
		return given, key.Issuer()
	}
	made := url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/" + user, RawQuery: url.Values{"secret": {secret}}.Encode(),
	}
	return made.String(), ""
}

func qrCode(link string) string {
	if link == sampleOTPAuth {
		return sampleQR()
	}
	return drawQR(link)
}

// drawQR returns the QR code of a URL as PNG; empty if the URL is too long for one.
func drawQR(link string) string {
	key, err := otp.NewKeyFromURL(link)
	if err != nil {
		return ""
	}
	image, err := key.Image(qrSize, qrSize)
	if err != nil {
		return ""
	}
	var b bytes.Buffer
	if png.Encode(&b, image) != nil {
		return ""
	}
	return b.String()
}
