// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"slices"
	"testing"
	"unicode/utf8"
)

func FuzzDecodeEnvelope(f *testing.F) {
	for _, r := range slices.Concat(oddSuccesses, oddFailures) {
		f.Add(r.status, []byte(r.body))
	}
	for _, data := range []string{
		`{"payload":"https://h/"}`, `{"payload":[{"access_token":"A","refresh_token":"R"}]}`, `{"secret":"S","otpauth_str":"o"}`,
		`{"success":0}`, `{"users_modified":[],"failed":{"bob":"No."}}`, `{"bob":{"is_enabled":1}}`, `{"mysql":"65","strength":7}`,
	} {
		f.Add(200, []byte(`{"metadata":{"result":1},"data":`+data+`}`))
	}
	secret := NewSecret(testToken)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		env, err := decodeEnvelope(body)
		if err == nil && env.form == 0 {
			t.Error("no form and no error")
		}
		if err == nil && env.ok != (env.result == "1") {
			t.Errorf("ok is %v with result %q", env.ok, env.result)
		}
		_, found, ok := judge(answer{status: status, body: body}, formWHM1)
		if ok && (err != nil || !env.ok || status >= 300) {
			t.Errorf("success for HTTP %d: %v, %+v", status, err, env)
		}
		if !ok && found.class == "" {
			t.Error("a failure without a class")
		}
		reason := newMask([]Secret{secret}).clean(found.reason)
		if !utf8.ValidString(reason) || utf8.RuneCountInString(reason) > maxReason {
			t.Errorf("bad reason %q", reason)
		}
		readStoreAndTwoFactor(t, &reply{status: status, envelope: env})
		if markupPattern.MatchString(reason) || credentialPattern.MatchString(reason) {
			t.Errorf("the reason quotes markup or a credential: %q", reason)
		}
	})
}

func FuzzDecodeUAPI(f *testing.F) {
	for _, wrap := range uapiShapes {
		for _, r := range uapiAnswers {
			f.Add(200, []byte(wrap(r.body)))
		}
	}
	for _, r := range slices.Concat(outerReplies, oddSuccesses, oddFailures) {
		f.Add(r.status, []byte(r.body))
	}
	for _, tc := range lists {
		f.Add(200, []byte(`{"status":1,"data":`+tc.data+`}`))
	}
	for _, data := range []string{webmailData, `{"failures":[{"host":"h","error":"x"}]}`, `{"session_temp_user":"u","created":1}`} {
		f.Add(200, []byte(`{"status":1,"data":`+data+`}`))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		env, err := decodeUAPI(body)
		if err == nil && (env.form == 0 || env.ok != (env.result == "1")) {
			t.Errorf("ok is %v with result %q and form %d", env.ok, env.result, env.form)
		}
		_, found, ok := judge(answer{status: status, body: body}, formUAPI)
		if ok && (err != nil || !env.ok || env.form != formUAPI || status >= 300) {
			t.Errorf("success for HTTP %d: %v, %+v", status, err, env)
		}
		if !ok && found.class == "" {
			t.Error("a failure without a class")
		}
		if !ok && found.nested && (found.class == ClassUnauthenticated && status < 300 || found.class == ClassTwoFactorRequired) {
			t.Errorf("an inner answer passes for a rejected login: %+v", found)
		}
		// Whatever data is, it is read or refused.
		r := &reply{status: status, envelope: env}
		if tokens, err := accountTokens(r, nil); err == nil && tokens == nil {
			t.Error("neither a list nor an error")
		}
		readServices(t, r)
	})
}

// readServices reads data as the answer of every function of an account's
// services: it is understood, or it is an error of a form.
func readServices(t *testing.T, r *reply) {
	t.Helper()
	boxes, mail := mailboxes(r, nil)
	users, ftp := ftpUsers(r, nil)
	databases, mysql := mySQLUsers(r, nil)
	names, postgresql := postgreSQLUsers(r, nil)
	session, webmail := decodeWebmailSession(r)
	temporary, temp := decodeTempUser(r)
	rating, rated := strength(r, nil)
	for what, read := range map[string]struct {
		err  error
		good bool
	}{
		"mailboxes":        {mail, boxes != nil},
		"FTP users":        {ftp, users != nil},
		"MySQL users":      {mysql, databases != nil},
		"PostgreSQL users": {postgresql, names != nil},
		"webmail session":  {webmail, !session.Session.IsZero() && !session.SecurityToken.IsZero()},
		"temporary user":   {temp, !temporary.Name.IsZero()},
		"strength":         {rated, rating >= 0 && rating <= maxStrength},
	} {
		if read.err == nil && !read.good || read.err != nil && !IsMalformed(read.err) {
			t.Errorf("%s: %v", what, read.err)
		}
	}
	if failures, err := hostFailures(r); (err == nil || IsMalformed(err)) != (failures == nil) {
		t.Errorf("hosts: %v with %v", failures, err)
	}
}

// readStoreAndTwoFactor is the same for functions of WHM.
func readStoreAndTwoFactor(t *testing.T, r *reply) {
	t.Helper()
	link, store := decodeLoginURL(r)
	tokens, exchanged := decodeStoreTokens(r)
	proposed, generated := decodeTFAConfig(r)
	configs, listed := decodeTFAUserConfigs(r)
	least, strengths := minimumStrengths(r)
	for what, read := range map[string]struct {
		err  error
		good bool
	}{
		"login URL":     {store, webURL(link)},
		"store tokens":  {exchanged, !tokens.Access.IsZero()},
		"second factor": {generated, !proposed.Secret.IsZero() && !proposed.OTPAuth.IsZero()},
		"configs":       {listed, configs != nil},
		"strengths":     {strengths, len(least) > 0},
	} {
		if read.err == nil && !read.good || read.err != nil && !IsMalformed(read.err) {
			t.Errorf("%s: %v", what, read.err)
		}
	}
	for what, err := range map[string]error{"set": tfaWasSet(r), "removed": tfaWasRemoved(r, "bob")} {
		if err != nil && !IsMalformed(err) && !IsRefused(err) && !IsInvalidInput(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
