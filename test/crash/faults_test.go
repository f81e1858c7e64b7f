// SPDX-License-Identifier: Apache-2.0

package crash_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/whm-credentials/operator/internal/whm/simulator"
	"github.com/whm-credentials/operator/test/crash"
)

// lateBy is longer than the operator waits for an answer and shorter than it waits before it takes the call for lost.
const lateBy = 3 * time.Second

var _ = Describe("A call that goes wrong once", func() {
	It("is recovered from with one regeneration", func(ctx SpecContext) {
		playAll(ctx, slices.Concat(
			faultyCalls("accesshash", crash.ForeignForced, crash.SelfToken, crash.SelfSession),
			faultyCalls("api_token_create", crash.SelfToken),
			faultyCalls("api_token_revoke", crash.SelfToken),
			faultyCalls("create_user_session", crash.SelfSession),
			faultyCalls("login", crash.SelfSession), // what opening the URL of a session is called there
		))
	})

	It("is recovered from without a moment without a token", func(ctx SpecContext) {
		playAll(ctx, slices.Concat(
			faultyCalls("api_token_create", crash.TokenForced, crash.ResellerForced),
			faultyCalls("api_token_revoke", crash.TokenForced),
			faultyCalls("api_token_update", crash.TokenChanged),
			faultyCalls("Tokens::create_full_access", crash.AccountForced),
			faultyCalls("Tokens::revoke", crash.AccountDeleted),
			faultyCalls("create_user_session", crash.ResellerForced),
			faultyCalls("login", crash.ResellerForced),
			faultyReads("api_token_get_details", crash.TokenForced),
			faultyReads("api_token_list", crash.TokenForced, crash.TokenDeleted),
			faultyReads("myprivs", crash.TokenOld),
			faultyReads("Tokens::list", crash.AccountForced),
		))
	})

	It("is recovered from with one password", func(ctx SpecContext) {
		playAll(ctx, slices.Concat(
			faultyCalls("Email::passwd_pop", crash.MailboxForced),
			faultyCalls("Mysql::set_password", crash.DatabaseForced),
			faultyCalls("passwd", crash.PasswordSelf, crash.PasswordSelfOld),
			faultyCalls("api_token_create", crash.PasswordSelf),
			faultyReads("Email::verify_password", crash.MailboxForced),
			faultyReads("get_password_strength", crash.MailboxForced),
		))
	})

	It("is recovered from with another session", func(ctx SpecContext) {
		playAll(ctx, slices.Concat(
			faultyCalls("create_user_session", crash.SessionForced),
			faultyCalls("Session::create_webmail_session_for_mail_user", crash.WebmailForced),
			faultyCalls("login", crash.DatabaseLent),
			faultyCalls("Session::create_temp_user", crash.DatabaseLent),
		))
	})

	It("does not have a login token used twice", func(ctx SpecContext) {
		playAll(ctx, faultyCalls("validate_login_token", crash.StoreFirst, crash.StoreForced))
	})
})

// faultyCall is one way in which one call of a scenario goes wrong.
type faultyCall struct {
	scenario crash.Scenario
	fault    simulator.Fault
	// late delivers the call when nobody waits for it any more; there is no fault then.
	late bool
}

// faultyCalls are those of a call that changes something.
func faultyCalls(function string, scenarios ...crash.Scenario) []faultyCall {
	calls := faultyReads(function, scenarios...)
	for _, sc := range scenarios {
		for _, kind := range []simulator.FaultKind{
			simulator.FaultReset, simulator.FaultHang, simulator.FaultStatus, simulator.FaultHTML,
		} {
			calls = append(calls, faultyCall{scenario: sc, fault: once(simulator.Fault{Kind: kind, Function: function, After: true})})
		}
		calls = append(calls, faultyCall{scenario: sc, fault: simulator.Fault{Function: function}, late: true})
	}
	return calls
}

// faultyReads are those of a call of which it does not matter whether it was made.
func faultyReads(function string, scenarios ...crash.Scenario) []faultyCall {
	var calls []faultyCall
	for _, sc := range scenarios {
		for _, f := range []simulator.Fault{
			{Kind: simulator.FaultReset}, {Kind: simulator.FaultHang}, {Kind: simulator.FaultStatus}, {Kind: simulator.FaultHTML},
			{Kind: simulator.FaultTruncate}, {Kind: simulator.FaultStatus, Status: http.StatusOK, Body: malformed},
		} {
			f.Function = function
			calls = append(calls, faultyCall{scenario: sc, fault: once(f)})
		}
	}
	return calls
}

// malformed is JSON that ends too early, in an answer that is complete.
const malformed = `{"metadata":{"result":1},"data":`

func once(f simulator.Fault) simulator.Fault {
	f.Max = 1
	f.Mutating = f.Function == "accesshash" // which also reads
	return f
}

func (c faultyCall) String() string {
	what := string(c.fault.Kind)
	switch {
	case c.late:
		what = "late"
	case c.fault.Body != "":
		what = "malformed"
	case c.fault.After:
		what += " after it was applied"
	}
	return fmt.Sprintf("%s: %s %s", c.scenario.Name, c.fault.Function, what)
}

func (c faultyCall) play(ctx context.Context) error {
	var hit func() bool
	result, err := bed.Run(ctx, c.scenario, crash.Trouble{Arrange: func(r *crash.Rig) (err error) {
		hit, err = c.arrange(r)
		return err
	}})
	if err != nil {
		return err
	}
	GinkgoWriter.Printf("%s: %d recoveries\n", c, result.Recoveries)
	if !hit() {
		return errNotCome
	}
	return nil
}

// arrange breaks the call, and returns what tells whether it came.
func (c faultyCall) arrange(r *crash.Rig) (hit func() bool, err error) {
	if c.late {
		what := c.fault.Function
		if what == "login" {
			what = crash.SessionURL
		}
		r.WHMProxy.DeliverLate(what, lateBy)
		r.CPanelProxy.DeliverLate(what, lateBy)
		return func() bool { return r.WHMProxy.Delivered(what) || r.CPanelProxy.Delivered(what) }, nil
	}
	_, err = r.Simulator.AddFault(c.fault)
	return func() bool { return r.Simulator.Faults()[0].Hits == 1 }, err
}
